"""Why a file changed although nobody wrote anything: the plan's reasons, from two digests kept beside the manifest."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from presswork.manifest import Manifest
from presswork.mediatypes import is_page
from presswork.noise import body, causes, looked_into, marks, unmarked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from presswork.manifest import Entry
    from presswork.plan import Change
    from presswork.source import Source

__all__ = ["explained", "with_digests"]

_NAMES: Final = ("stable", "body")


def explained(changes: Iterable[Change], before: Manifest, after: Manifest, source: Source) -> Iterator[Change]:
    """Yield the changes, those of changed files with a reason of their own where one can be told.

    A reason that begins with `only` says that the build changed the file, not a writer.
    """
    for change in changes:
        if change.change == "changed" and (reason := _reason(change.path, before, after, source)):
            yield replace(change, reason=reason)
        else:
            yield change


def with_digests(manifest: Manifest, before: Manifest | None, source: Source) -> Manifest:
    """Return the manifest with the tables `explained` needs the next time; what is the same keeps its digests."""
    tables: dict[str, dict[str, str]] = {name: {} for name in _NAMES}
    for entry in manifest:
        known = _known(entry, before) or _digests(entry, source)
        for name, digest in known.items():
            tables[name][entry.path] = digest
    return Manifest(manifest.entries, manifest.types, {**manifest.digests, **tables})


def _reason(path: str, before: Manifest, after: Manifest, source: Source) -> str | None:
    old = {name: before.digests.get(name, {}).get(path) for name in _NAMES}
    if not any(old.values()):
        return None
    content = source.open(after[path]).read()
    new = _told(after[path], content)
    if old["stable"] == new["stable"]:
        return causes(marks(content))
    if old["body"] and old["body"] == new["body"]:
        return "only in its header, navigation or footer"
    return None


def _known(entry: Entry, before: Manifest | None) -> dict[str, str] | None:
    if before is None or entry.path not in before or before[entry.path] != entry:
        return None
    if any(name not in before.digests for name in _NAMES):
        return None
    return {name: before.digests[name][entry.path] for name in _NAMES}


def _digests(entry: Entry, source: Source) -> dict[str, str]:
    """Return a file's two digests; empty ones, equal to none, where it is not looked into."""
    if not looked_into(entry.path, entry.size):
        return dict.fromkeys(_NAMES, "")
    return _told(entry, source.open(entry).read())


def _told(entry: Entry, content: bytes) -> dict[str, str]:
    """Return the digests of a file's content: without what a build writes anew, and of what a page says."""
    plain = unmarked(content)
    stable = entry.sha256 if plain is content else sha256(plain).hexdigest()
    if not is_page(entry.path):
        return {"stable": stable, "body": ""}
    said = body(plain)
    return {"stable": stable, "body": stable if said is plain else sha256(said).hexdigest()}
