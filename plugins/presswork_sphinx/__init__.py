"""The Sphinx extension: hands the built site to Presswork at the very end of a build that succeeded.

The table in conf.py is taken out of Sphinx's configuration as soon as it is read, so that nothing of it is pickled.
Sphinx settles `-W` after its last event and answers an exception in a handler by asking for a bug report: the
warnings are counted here, and a failure is logged and set as the exit code.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import sphinx
from sphinx.builders.singlehtml import SingleFileHTMLBuilder
from sphinx.util.logging import getLogger

from presswork import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

    from presswork.errors import PressworkError
    from presswork.project import Project
    from presswork.site import Page

__all__ = ["setup"]

_log = getLogger(__name__)
_BUILDERS = frozenset({"html", "dirhtml", "singlehtml"})
_deployed: dict[str, str] = {}
"""What this process has deployed, root by place: some programs build several sites in one."""


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the setting `presswork` and the handlers of one build."""
    build = _Build()
    app.add_config_value("presswork", {}, "")
    app.connect("config-inited", build.take_table)
    app.connect("builder-inited", build.begin)
    app.connect("build-finished", build.finish, priority=900)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}


class _Build:
    """One run of Sphinx. `project` stays None where the run makes no site, or none that concerns us."""

    table: Any = None
    project: Project | None = None

    def take_table(self, _app: Sphinx, config: Config) -> None:
        """Take the table out of the configuration, and our state folder from among the sources."""
        self.table, config.presswork = config.presswork, {}
        config.exclude_patterns = [*config.exclude_patterns, ".presswork", "**/.presswork"]

    def begin(self, app: Sphinx) -> None:
        """Say what is wrong with the settings before anything is read; None for a table switches us off."""
        if self.table is None or not _makes_site(app.builder.name, self.table):
            return
        from presswork.builds import settle_date
        from presswork.doors import layered
        from presswork.errors import PressworkError
        from presswork.project import Project

        try:
            settings = layered(_without_builders(self.table), door="conf.py", folder=Path(app.confdir))
            if "esbonio" in sys.modules or _watched(os.getppid()):  # a language server builds at every save
                return
            self.project = Project(settings, environ=_environment())
            self.project.check_settings()
            settle_date(self.project)
        except PressworkError as error:
            _refuse(error)
        self._leave_if_partial(app)

    def finish(self, app: Sphinx, exception: Exception | None) -> None:
        """Deal with the site of a build that nothing fails any more."""
        if self.project is None or exception is not None or app.statuscode != 0 or _failed_by_warnings(app):
            return
        from presswork.builds import after_build
        from presswork.errors import PressworkError
        from presswork.site import Site

        pages, copied = tuple(_pages(app, self.project.state.root)), (*_copied_sources(app), *_copied_files(app))
        site = Site(
            root=str(app.outdir),
            generator=f"sphinx {sphinx.__version__}",
            base_url=app.config.html_baseurl or None,
            pages=pages,
            made=(*(page.path for page in pages), *copied) if pages else None,
        )
        try:
            after_build(site, self.project, _say, config=Path(app.confdir, "conf.py"), deployed=_deployed)
        except PressworkError as error:
            _tell(error)
            app.statuscode = 1

    def _leave_if_partial(self, app: Sphinx) -> None:
        """Learn of `sphinx-build SOURCE OUT FILE…`, which writes these pages and no others; no event tells of it."""
        specific = app.builder.build_specific

        def build_specific(filenames: Sequence[Path]) -> None:
            self.project = None
            _say("a build of some files only is neither deployed nor recorded: build without naming files for that")
            specific(filenames)

        app.builder.build_specific = build_specific  # type: ignore[method-assign,misc]


def _failed_by_warnings(app: Sphinx) -> bool:
    """Say whether `-W` will fail this build; that is kept in one place since Sphinx 8.1, and was in two before."""
    strict = any(getattr(app, name, False) for name in ("_fail_on_warnings", "keep_going", "warningiserror"))
    warnings: int = getattr(app, "_warncount", 0)
    return strict and warnings > 0


def _pages(app: Sphinx, project: Path) -> Iterator[Page]:
    """Yield the page of every document there is now; a builder that does not say where its pages are has none."""
    from presswork.site import Page

    if not hasattr(app.builder, "get_outfilename"):
        return
    single = isinstance(app.builder, SingleFileHTMLBuilder)
    for document in [app.config.root_doc] if single else sorted(app.env.found_docs):
        path = os.path.relpath(app.builder.get_outfilename(document), os.fspath(app.outdir))
        source = os.path.relpath(os.fspath(app.env.doc2path(document)), project)
        title = app.env.titles.get(document)  # None for a document that an extension kept from being read
        yield Page(Path(path).as_posix(), title.astext() if title else document, Path(source).as_posix())


def _copied_sources(app: Sphinx) -> Iterator[str]:
    """Yield the files behind the pages' "Show source"."""
    if getattr(app.builder, "copysource", False) and app.config.html_copy_source:
        link = app.config.html_sourcelink_suffix
        for document in sorted(app.env.found_docs):
            name = Path(app.env.doc2path(document, base=False)).as_posix()
            yield f"_sources/{name}" if name.endswith(link) else f"_sources/{name}{link}"


def _copied_files(app: Sphinx) -> Iterator[str]:
    """Yield the images and downloads of the documents there are now, less those of other kinds than HTML shows."""
    images = (Path(app.builder.imagedir, name) for _, name in app.env.images.values())
    downloads = (Path("_downloads", name) for _, name in app.env.dlfiles.values())
    for path in (*images, *downloads):
        if Path(app.outdir, path).is_file():
            yield path.as_posix()


def _makes_site(builder: str, table: object) -> bool:
    """Say whether what a builder makes is a site: Sphinx's own three, and those that the key `builders` names."""
    named = table.get("builders") if isinstance(table, dict) else None
    return builder in _BUILDERS or (isinstance(named, list | tuple) and builder in named)


def _without_builders(table: object) -> dict[str, Any]:
    """Return the table as the core knows it; `ConfigError` where it is none, or `builders` is no list of names."""
    from presswork.errors import ConfigError

    if not isinstance(table, dict):
        raise ConfigError(
            f"conf.py: `presswork` is a {type(table).__name__}, not a dictionary.",
            hint="Write it as presswork = {}, or with settings in it.",
        )
    named = table.get("builders", ())
    if not isinstance(named, list | tuple) or not all(isinstance(name, str) for name in named):
        raise ConfigError(
            "conf.py: `builders` is not a list of names.", hint='Write it as {"builders": ["NAME"]}, as in `-b NAME`.'
        )
    return {key: value for key, value in table.items() if key != "builders"}


def _environment() -> dict[str, str]:
    """Return the environment; on Read the Docs, which publishes by itself, a build is off unless it is told to."""
    environ = dict(os.environ)
    if environ.get("READTHEDOCS") == "True" and not environ.get("PRESSWORK_DEPLOY"):
        environ["PRESSWORK_DEPLOY"] = "0"
    return environ


def _watched(parent: int) -> bool:
    """Say whether sphinx-autobuild is the process that started this one: nothing but its command line tells."""
    return any(Path(word).stem in {"sphinx-autobuild", "sphinx_autobuild"} for word in _command_line(parent))


def _command_line(process: int, processes: Path = Path("/proc")) -> list[str]:
    try:
        return (processes / str(process) / "cmdline").read_text(errors="replace").split("\0")
    except OSError:
        pass  # not on Linux
    try:
        done = subprocess.run(["ps", "-o", "command=", "-p", str(process)], capture_output=True, text=True, check=False)
    except OSError:
        return []
    return done.stdout.split()


def _say(line: str) -> None:
    _log.info("presswork: %s", line)


def _tell(error: PressworkError) -> None:
    _log.error("presswork: %s\nhint: %s", error.message, error.hint)


def _refuse(error: PressworkError) -> NoReturn:
    """End the run before it reads anything, in the one way that Sphinx takes for no fault of its own."""
    _tell(error)
    raise SystemExit(error.exit_code)
