"""The Pelican plugin: hands the generated site to Presswork, after every other handler of `finalized`.

Nothing that Pelican hands to a plugin tells whether it watches for changes, which settings file it read, or whether
the run is a part of another one. The calls under way do.
"""

from __future__ import annotations

import inspect
import logging
import multiprocessing
import os
import pkgutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn

import pelican
from pelican import signals
from pelican.contents import Content
from pelican.generators import SourceFileGenerator, StaticGenerator
from pelican.log import console

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

    from pelican.generators import Generator

    from presswork.errors import PressworkError
    from presswork.project import Project
    from presswork.site import Page, Site

__all__ = ["register"]

_log = logging.getLogger(__name__)
_REMEDY: Final = "Build with settings that set SITEURL and not RELATIVE_URLS, such as pelican -s publishconf.py"
_deployed: dict[str, str] = {}
"""What this process has deployed, folder by place: a site in one language must not replace that in another."""


def register() -> None:
    """Wait for a run to begin. Without `PRESSWORK` among its settings nothing is done."""
    signals.get_generators.connect(_begin)


def _begin(instance: pelican.Pelican) -> None:
    """Take up a run before it generates anything, and say what is wrong with its settings.

    Never raises where Pelican watches: it would run again at once, and for ever.
    """
    if _watched():
        _log.info("presswork: a build that is repeated at every change is neither deployed nor recorded")
    elif not _part_of_another(instance):
        from presswork.errors import PressworkError

        try:
            _Run.under_way = _taken_up(instance)
        except PressworkError as error:
            _fail(error)


def _taken_up(instance: pelican.Pelican) -> _Run | None:
    from presswork.errors import ConfigError

    table = instance.settings.get("PRESSWORK")
    if table is None:
        if os.environ.get("PRESSWORK_DEPLOY") == "1":
            raise ConfigError(
                "PRESSWORK_DEPLOY is 1, and the settings of this build have no PRESSWORK.",
                hint="Build with those that have it (pelican -s publishconf.py?), or write PRESSWORK = {} into these.",
            )
        return None
    from presswork.builds import settle_date
    from presswork.doors import layered
    from presswork.project import Project

    file = _settings_file()
    door = f"PRESSWORK in {file.name}" if file else "PRESSWORK"
    if not isinstance(table, dict):
        raise ConfigError(f"{door} is not a dictionary.", hint="Write it as PRESSWORK = {}, or with settings in it.")
    project = Project(layered(table, door=door, folder=file.parent if file else Path.cwd()))
    project.check_settings()
    settle_date(project)
    _tell_unloaded(instance, project)
    return _Run(instance, project, file)


class _Run:
    """One run of Pelican, with those it makes of itself for parts of its site, and what they have written."""

    under_way: ClassVar[_Run | None] = None  # Pelican does not keep its handlers alive

    def __init__(self, instance: pelican.Pelican, project: Project, file: Path | None) -> None:
        self.instance = instance
        self.project = project
        self.file = file
        self.written: dict[Path, Content | None] = {}
        self.generators: list[Generator] = []
        signals.all_generators_finalized.connect(self.generated)
        signals.content_written.connect(self.wrote)
        signals.feed_written.connect(self.wrote)
        signals.get_writer.connect(self.come_last)

    def generated(self, generators: Sequence[Generator]) -> None:
        """Keep those that copy files, of which each run has one or two; a plugin's may be of any kind."""
        self.generators.extend(each for each in generators if isinstance(each, (StaticGenerator, SourceFileGenerator)))

    def wrote(self, path: str, context: Mapping[str, Any], **_: object) -> None:
        """Take note of a file and, where it is that of an article or page, of which."""
        item = context.get("article") or context.get("page")
        own = isinstance(item, Content) and item.save_as == context.get("output_file")
        self.written[_absolute(path)] = item if own else None

    def come_last(self, instance: pelican.Pelican) -> None:
        """Wait for the end: handlers run in the order in which they were connected, and this is the last chance."""
        if instance is self.instance:
            signals.finalized.connect(self.finish)

    def finish(self, instance: pelican.Pelican) -> None:
        """Deal with the site. Whatever goes wrong fails the build in Pelican's own clean way."""
        if instance is not self.instance:
            return
        _Run.under_way = None
        from presswork.builds import after_build
        from presswork.errors import PressworkError

        try:
            after_build(self._site(), self.project, _say, config=self.file, deployed=_deployed)
        except PressworkError as error:
            _fail(error)

    def _site(self) -> Site:
        from presswork.site import Site

        root = _absolute(self.instance.output_path)
        settings = self.instance.settings
        pages = tuple(sorted(self._pages(root), key=lambda page: page.path))
        return Site(
            root=str(root),
            generator=f"pelican {pelican.__version__}",
            base_url=settings["SITEURL"] or None,
            pages=pages,
            development=not settings["SITEURL"] or bool(settings["RELATIVE_URLS"]),
            remedy=_REMEDY,
            made=tuple(sorted({*self._made(root), *(page.path for page in pages)})),
        )

    def _pages(self, root: Path) -> Iterator[Page]:
        """Yield articles and pages, with those an earlier run made of sources that could not be read this time."""
        from markupsafe import Markup

        from presswork.builds import last_build
        from presswork.site import Page

        for path, item in self.written.items():
            if item is not None and path.is_relative_to(root):
                title = Markup(item.title).striptags()  # noqa: S704 -- to be rid of what is markup in it
                source = self._source(item.source_path) if item.source_path else None
                yield Page(path.relative_to(root).as_posix(), title, source)
        unread = set(self._unread())
        before = last_build(self.project.state)
        for page in before.site.pages if before else ():
            place = root / page.path
            if page.source in unread and place not in self.written and place.is_file():
                yield page

    def _unread(self) -> Iterator[str]:
        """Yield the sources that Pelican has told an error of, and left out."""
        for generator in self.generators:
            for path, item in generator.context["generated_content"].items():
                if item is None:
                    yield self._source(Path(generator.path, path))

    def _source(self, path: Path | str) -> str:
        return Path(os.path.relpath(path, self.project.state.root)).as_posix()

    def _made(self, root: Path) -> Iterator[str]:
        """Yield what Pelican itself wrote or copied, or would copy were it not there already.

        Other plugins are not asked for their files: one that keeps what it wrote in an earlier run still owns it.
        """
        copied = (
            _absolute(Path(generator.output_path, name)) for generator in self.generators for name in _copied(generator)
        )
        for path in (*self.written, *copied):
            if path.is_relative_to(root) and path.is_file():
                yield path.relative_to(root).as_posix()


def _copied(generator: Generator) -> Iterator[Path]:
    """Yield the places in its output folder that a generator copies files to, if it does not leave them out."""
    settings, context = generator.settings, generator.context
    if isinstance(generator, StaticGenerator):
        yield from (Path(file.save_as) for file in context["staticfiles"])
        for path in settings["THEME_STATIC_PATHS"]:
            source = Path(generator.theme, path)
            for name in [source.name] if source.is_file() else _files_in(source):
                yield Path(settings["THEME_STATIC_DIR"], name)
    elif isinstance(generator, SourceFileGenerator):
        for item in [*context["articles"], *context["pages"]]:
            for one in [item, *item.translations]:
                page, _ = os.path.splitext(one.save_as)  # noqa: PTH122 -- as the generator does it
                yield Path(page + settings["OUTPUT_SOURCES_EXTENSION"])


def _files_in(folder: Path) -> Iterator[str]:
    for parent, _, names in os.walk(folder, followlinks=True):
        for name in names:
            yield os.path.relpath(Path(parent, name), folder)


def _absolute(path: Path | str) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 -- links are left as they are


def _tell_unloaded(instance: pelican.Pelican, project: Project) -> None:
    """Name, until a first build is recorded, the plugins that Pelican would load if `PLUGINS` were not set."""
    from presswork.builds import last_build

    found = pkgutil.iter_modules(pelican.plugins.__path__, "pelican.plugins.")
    installed = {module.name for module in found if module.ispkg}
    unloaded = sorted(name.rpartition(".")[2] for name in installed - set(instance.settings["PLUGINS"]))
    if unloaded and last_build(project.state) is None:
        _say(f"PLUGINS is set, so Pelican loads no others by itself. Installed and not in it: {', '.join(unloaded)}")


def _watched() -> bool:
    """Say whether the run is one of many: `-r`, the process that does it for `-r -l`, a task built on livereload."""
    return (
        multiprocessing.parent_process() is not None
        or "livereload" in sys.modules
        or any(_is_pelicans(call, "autoreload") for call in _calls())
    )


def _part_of_another(instance: pelican.Pelican) -> bool:
    """Say whether another run has made this one, for the pages in one language say."""
    owners = (call.f_locals.get("self") for call in _calls())
    return any(isinstance(owner, pelican.Pelican) and owner is not instance for owner in owners)


def _settings_file() -> Path | None:
    """Return the settings file; None where Pelican was not started by its command, or without one."""
    for call in _calls():
        if _is_pelicans(call, "main"):
            name = getattr(call.f_locals.get("args"), "settings", None)
            return _absolute(name) if name else None
    return None


def _is_pelicans(call: FrameType, function: str) -> bool:
    return call.f_code.co_name == function and call.f_globals.get("__name__") == "pelican"


def _calls() -> Iterator[FrameType]:
    call = inspect.currentframe()
    while call is not None:
        yield call
        call = call.f_back


def _say(line: str) -> None:
    """Print a line beside Pelican's own summary, for its log shows warnings only; nothing where it is quiet."""
    if logging.getLogger("pelican").isEnabledFor(logging.WARNING):
        console.out(f"presswork: {line}", highlight=False)


def _fail(error: PressworkError) -> NoReturn:
    raise SystemExit(f"error: {error.message}\nhint: {error.hint}") from None
