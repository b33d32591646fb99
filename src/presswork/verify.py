"""Proof that what is live is what was built, by the ways a host offers, and in the host's own order."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import msgspec

from presswork.abilities import Lists, Reads
from presswork.errors import Gone
from presswork.report import Verified
from presswork.source import Body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from presswork.host import Host, Proof, Release
    from presswork.manifest import Entry, Manifest
    from presswork.visit import Visit

__all__ = ["by_folder", "prove"]


def prove(
    host: Host,
    release: Release,
    manifest: Manifest,
    *,
    visit: Visit,
    further: bool = False,
    full: bool = False,
) -> Verified | None:
    """Compare a release with its manifest; None where no way can answer.

    A live release is proved by the first way in `capabilities.proof` that answers, with `further` by its public address
    besides, with `full` by all ways and without a sample, until one finds a difference. One that is not live is
    proved by its own address; `Gone` where nothing is there. `mismatches` names every path that is missing, is too
    much, or differs.
    """
    if not release.live:
        return visit.prove(release.url, manifest) if _is_web(release.url) else by_folder(release, manifest)
    listed = cache(lambda: _by_listing(host, manifest))
    ways: dict[Proof, Callable[[], Verified | None]] = {
        "listing": listed,
        "read": lambda: _by_reading(host, manifest, listed, full=full),
        "http": lambda: _by_visit(host, release, manifest, visit),
    }
    visited: tuple[Proof, ...] = ("http",) if further or full else ()
    proved: Verified | None = None
    for way in dict.fromkeys([*host.capabilities.proof, *visited]):
        enough = proved is not None and not full and way != "http"
        answer = None if enough else ways[way]()
        if answer is None:
            continue
        if not answer.ok:
            return answer
        if proved is None:
            proved = answer
        else:
            proved = msgspec.structs.replace(proved, also=(*proved.also, answer.method), rewritten=answer.rewritten)
        if not visited:
            break
    return proved


def _by_listing(host: Host, manifest: Manifest) -> Verified | None:
    if not isinstance(host, Lists):
        return None
    digest = host.capabilities.digest.name
    if digest != "sha256" and digest not in manifest.digests:  # it was archived for another kind of host
        return None
    try:
        there = dict(host.files())
    except Gone:  # this one cannot tell
        return None
    wanted = manifest.listing(digest)
    wrong = [path for path in sorted(there.keys() | wanted.keys()) if there.get(path) != wanted.get(path)]
    return _verdict("listing", len(wanted), wrong)


def _by_reading(
    host: Host, manifest: Manifest, listed: Callable[[], Verified | None], *, full: bool
) -> Verified | None:
    if not isinstance(host, Reads):
        return None
    names = listed()  # reading what was built shows nothing of what is too much
    if names is not None and not names.ok:
        return names
    entries, most = manifest.entries, host.capabilities.sample
    if most is not None and len(entries) > most and not full:
        entries = tuple(random.sample(entries, most))
    wrong = [entry.path for entry in entries if _read_hash(host, entry.path) != entry.sha256]
    of = None if len(entries) == len(manifest) else len(manifest)
    return Verified("read", len(entries), ok=not wrong, mismatches=tuple(sorted(wrong)), of=of)


def _read_hash(host: Reads, path: str) -> str | None:
    try:
        return _sha256(host.read(path))
    except Gone:
        return None


def _by_visit(host: Host, release: Release, manifest: Manifest, visit: Visit) -> Verified | None:
    if not _is_web(release.url):
        return None
    if visit.source is None and isinstance(host, Reads):
        visit = replace(visit, source=_ReadBack(host))
    return visit.prove(release.url, manifest)


class _ReadBack:
    """A source of what is live."""

    def __init__(self, host: Reads) -> None:
        self._host = host

    def open(self, entry: Entry) -> Body:
        return Body(entry, lambda: BytesIO(b"".join(self._host.read(entry.path))))


def _is_web(url: str) -> bool:
    return urlsplit(url).scheme in {"http", "https"}


def by_folder(release: Release, manifest: Manifest) -> Verified | None:
    """Compare a release whose files lie on this machine with its manifest; None for any other."""
    address = urlsplit(release.url)
    if address.scheme != "file":
        return None
    root = Path(unquote(address.path))
    if not root.is_dir():
        raise Gone(f"The files of {release.id} are no longer kept.", hint="Deploy that state of the site again.")
    there = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    wrong = sorted(there - {entry.path for entry in manifest})
    wrong += [e.path for e in manifest if e.path not in there or _sha256([(root / e.path).read_bytes()]) != e.sha256]
    return _verdict("read", len(manifest), wrong)


def _sha256(pieces: Iterable[bytes]) -> str:
    hasher = hashlib.sha256()
    for piece in pieces:
        hasher.update(piece)
    return hasher.hexdigest()


def _verdict(method: str, files: int, wrong: list[str]) -> Verified:
    return Verified(method, files, ok=not wrong, mismatches=tuple(wrong))
