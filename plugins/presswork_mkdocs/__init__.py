"""The MkDocs plugin: hands the built site to Presswork once it is sure that the build succeeded.

MkDocs settles `--strict` after its post-build event, so the site is staged there, last of all, and dealt with at
shutdown. Runs unmodified under ProperDocs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
import mkdocs
from mkdocs.config.base import ValidationError
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, event_priority, get_plugin_logger

from presswork.errors import ConfigError, PressworkError
from presswork.site import Page, Site

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jinja2 import Environment
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

    from presswork.project import Project

__all__ = ["PressworkPlugin"]

_log = get_plugin_logger("presswork")
_deployed: dict[str, str] = {}
"""What this process has deployed, root by place: some programs build several sites in one."""


class PressworkPlugin(BasePlugin):  # type: ignore[type-arg,no-untyped-call]  # its table has no fixed keys
    """Deploys after a build, or leaves a record for `presswork deploy`; does nothing while serving.

    It defines both `on_startup` and `on_shutdown`, so that one instance lives through every rebuild.
    """

    _staged: Site | None = None
    _project: Project | None = None
    _active = False
    _pages: tuple[Page, ...] = ()

    def load_config(
        self, options: Mapping[str, Any], config_file_path: str | None = None
    ) -> tuple[list[tuple[str, Exception]], list[tuple[str, str]]]:
        """Validate the table; which keys a host knows is settled when the build begins.

        Raises `ValidationError`, which MkDocs tells as it stands; what is returned it would lay to one option.
        """
        from presswork.doors import layered

        path = Path(config_file_path or "mkdocs.yml").absolute()
        self._file = path
        try:
            self._settings = layered(dict(options), door=path.name, folder=path.parent)
        except ConfigError as error:
            raise ValidationError(_in_one(error)) from None
        return [], []

    def on_startup(self, *, command: str, dirty: bool) -> None:
        """Learn whether this is a whole build: `serve --clean` calls itself one, and is none."""
        context = click.get_current_context(silent=True)
        serving = context is not None and context.command.name == "serve"
        versioned = "MIKE_DOCS_VERSION" in os.environ  # mike sets it for its builds, and for nothing else
        self._active = command == "build" and not dirty and not serving and not versioned
        if versioned and command == "build":
            _log.info("what mike builds is one version: deploy the branch it commits them all to")
        if dirty and command == "build":
            _log.info("a dirty build is neither deployed nor recorded: build without --dirty for that")

    def on_config(self, config: MkDocsConfig) -> None:
        """Say what is wrong with the settings before the build begins; forget what an earlier one staged."""
        self._staged = None
        if not self._active:
            return
        if sum(isinstance(plugin, PressworkPlugin) for plugin in config.plugins.values()) > 1:
            raise PluginError("presswork is enabled twice. Enable it once; several places go under `targets:`.")
        from presswork.builds import settle_date
        from presswork.project import Project

        self._project = Project(self._settings)
        try:
            self._project.check_settings()
            settle_date(self._project)
        except PressworkError as error:
            raise PluginError(_in_one(error)) from None

    def on_env(self, env: Environment, *, files: Files, **_: object) -> Environment:
        """Keep what MkDocs knows of its pages: their titles are settled by now."""
        if self._project is not None:
            self._pages = tuple(self._known_pages(files, self._project.state.root))
        return env

    @event_priority(-1000)
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Stage the site, after every other plugin has written to it."""
        if self._active:
            self._staged = Site(
                root=config.site_dir,
                generator=f"{mkdocs.__name__} {mkdocs.__version__}",
                base_url=config.site_url or None,
                pages=self._pages,
                development=urlsplit(config.site_url or "").netloc == str(config.dev_addr),
            )

    def on_build_error(self, **_: object) -> None:
        """Drop the site of a build that failed, in strict mode too."""
        self._staged = None

    @event_priority(-1000)
    def on_shutdown(self) -> None:
        """Deal with the staged site, when every other plugin has shut down well.

        Whatever goes wrong fails the build in MkDocs' own clean way. `on_build_error` is not told of a hook's
        `sys.exit` nor of Ctrl-C, but they are under way here.
        """
        if self._staged is None or self._project is None or sys.exc_info()[0] is not None:
            return
        from presswork.builds import after_build

        try:
            after_build(self._staged, self._project, _log.info, config=self._file, deployed=_deployed)
        except PressworkError as error:
            raise PluginError(_in_one(error)) from None

    def _known_pages(self, files: Files, root: Path) -> Iterable[Page]:
        for file in files.documentation_pages():
            if file.page is not None:
                source = os.path.relpath(file.abs_src_path, root) if file.abs_src_path else None
                yield Page(file.dest_uri, str(file.page.title or file.src_uri), source)


def _in_one(error: PressworkError) -> str:
    return f"{error.message}\nhint: {error.hint}"
