"""A plugin as somebody else would write it. Nobody runs this file: type checkers must accept it as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, assert_type

from msgspec import Struct

from presswork import (
    Change,
    Draft,
    Entry,
    Finding,
    Manifest,
    Page,
    Plan,
    Plugins,
    PressworkError,
    Project,
    Report,
    Settings,
    Site,
    after_build,
    compare,
    hookimpl,
    read_settings,
)
from presswork.deploy import deploy
from presswork.errors import Gone, HostError, Refused, Stale
from presswork.events import Event, PartSent
from presswork.host import SHA1, Capabilities, Host, HostType, Intent, Kit, Limits, Part, Release, Upload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from presswork.abilities import Activates, Lists, Reads
    from presswork.checksettings import CheckSettings
    from presswork.mask import Mask
    from presswork.source import Source


class MoonOptions(Struct, frozen=True, kw_only=True):
    site: str
    path: Path | None = None


class Moon:
    """A host with some of the abilities."""

    capabilities = Capabilities(
        digest=SHA1, atomic=True, previews=True, proof=("listing", "read"), limits=Limits(files=1000)
    )

    def __init__(self, options: MoonOptions, kit: Kit) -> None:
        self._options = options
        self._kit = kit

    @property
    def place(self) -> str:
        return self._options.site

    def live(self) -> Release | None:
        token = self._kit.secret("token")
        self._kit.memory.put("seen", token, secret=True)
        return Release(id="r1", url="https://moon.example/", live=True)

    def begin(self, intent: Intent, session: str | None) -> MoonUpload:
        return MoonUpload(intent, session or "s1")

    def close(self) -> None:
        self._kit.note(Finding(severity="info", code="moon-set", message="The moon has set."))

    def files(self) -> Iterable[tuple[str, str]]:
        yield "index.html", "da39a3ee5e6b4b0d3255bfef95601890afd80709"

    def read(self, path: str) -> Iterator[bytes]:
        raise Gone(f"{path} is not there.", hint="Deploy it.", path=path)

    def activate(self, release: str) -> Release:
        return Release(id=release, url="https://moon.example/", live=True)


class MoonUpload:
    def __init__(self, intent: Intent, session: str) -> None:
        self._intent = intent
        self.session = session

    def wanted(self) -> Sequence[Part]:
        return [Part(entry.sha256, entry.size, (entry,)) for entry in self._intent.manifest]

    def put(self, part: Part) -> None:
        body = self._intent.source.open(part.entries[0])
        assert_type(body.size, int)
        for piece in body.pieces():
            assert_type(piece, bytes)
        raise Stale("The session has expired.")

    def finish(self) -> Release:
        raise HostError("The moon is full.", hint="Wait two weeks.", retryable=True)


@hookimpl
def presswork_hosts() -> Iterable[HostType]:
    yield HostType(
        name="moon",
        summary="The moon.",
        options=MoonOptions,
        load=lambda: Moon,
        secrets={"token": "MOON_TOKEN"},
    )


@hookimpl
def presswork_edit_manifest(site: Site, entries: Draft) -> None:
    for entry in entries:
        assert_type(entry, Entry)
    assert_type(entries.add("robots.txt", b"User-agent: *\n"), Entry)
    entries.annotate("robots.txt", type="text/plain")
    if "secret.txt" in entries and site.base_url:
        entries.drop("secret.txt")


@hookimpl
def presswork_check(
    site: Site, manifest: Manifest, plan: Plan, source: Source, checks: CheckSettings, mask: Mask
) -> Iterable[Finding]:
    assert_type(site.pages, tuple[Page, ...])
    assert_type(manifest["index.html"], Entry)
    assert_type(plan.changes, tuple[Change, ...])
    assert_type(plan.counts, dict[str, int])
    if plan.counts["removed"] > manifest.size:
        raise Refused("Too much would go.", hint="Look at the plan.")
    if checks.wants("pages") and mask.leak(source.open(manifest["index.html"]).read()) >= 0:
        yield from checks.weighed("pages", [])
    yield Finding(severity="error", code="no-page", message="There is no page.", path="index.html", hint="Write one.")


@hookimpl
def presswork_event(event: Event) -> None:
    if isinstance(event, PartSent):
        assert_type(event.bytes, int)
    assert_type(event.target, str)


@hookimpl
def presswork_finished(report: Report) -> None:
    assert_type(report.exit_code, int)
    assert_type(report.to_json(), bytes)
    for target in report.targets:
        assert_type(target.target, str)


@hookimpl
def presswork_secret(host: str, target: str, name: str) -> str | None:
    return f"{host}-{target}-{name}" if host == "moon" else None


def is_a_host(moon: Moon, upload: MoonUpload) -> tuple[Host, Upload, Lists, Reads, Activates]:
    """What is returned must have every method of the protocol it is returned as."""
    return moon, upload, moon, moon, moon


def embed(folder: Path) -> Report:
    """What a generator's adapter, or a script, does."""
    settings = read_settings({"host": "moon", "site": "x"}, door="script", folder=folder)
    assert_type(settings, Settings)
    project = Project(settings, Plugins([("mine", object())]))
    site = Site(root=str(folder / "site"), generator="mine 1", pages=(Page("index.html", "Home"),))
    try:
        assert_type(after_build(site, project, print), Report | None)
    except PressworkError as error:
        assert_type(error.hint, str)
    assert_type(compare({"a": "1"}, {"a": "2"}), tuple[Change, ...])
    return deploy(site, project, ["default"], preview=True, alias="draft", dry_run=True)
