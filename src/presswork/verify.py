"""Proof that what is live is what was built, by the ways a host offers, and in the host's own order."""

from __future__ import annotations

import hashlib
import random
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from presswork.abilities import Lists, Reads
from presswork.errors import Gone
from presswork.report import Verified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from presswork.host import Host, Proof, Release
    from presswork.manifest import Manifest

__all__ = ["prove"]


def prove(host: Host, release: Release, manifest: Manifest, *, full: bool = False) -> Verified | None:
    """Compare a release with its manifest; None where no way of the host's can answer.

    A live release is proved by the first way in `capabilities.proof`, with `full` by all of them and without a sample;
    one that is not live by its own address; `Gone` where nothing is there. `mismatches` names every path that is
    missing, is too much, or differs.
    """
    if not release.live:
        return _by_address(release, manifest)
    ways: dict[Proof, Callable[[Host, Manifest], Verified | None]] = {
        "listing": _by_listing,
        "read": partial(_by_reading, full=full),
    }
    proved: Verified | None = None
    for way in host.capabilities.proof:
        answer = ways[way](host, manifest) if way in ways else _by_address(release, manifest)
        if answer is None:
            continue
        proved = answer
        if not full or not answer.ok:
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


def _by_reading(host: Host, manifest: Manifest, *, full: bool) -> Verified | None:
    if not isinstance(host, Reads):
        return None
    entries, most = manifest.entries, host.capabilities.sample
    wrong: list[str] = []
    if most is not None and len(entries) > most and not full:
        listed = _by_listing(host, manifest)
        if listed is not None and not listed.ok:
            return listed
        entries = tuple(random.sample(entries, most))
    for entry in entries:
        try:
            if _sha256(host.read(entry.path)) != entry.sha256:
                wrong.append(entry.path)
        except Gone:
            wrong.append(entry.path)
    of = None if len(entries) == len(manifest) else len(manifest)
    return Verified("read", len(entries), ok=not wrong, mismatches=tuple(sorted(wrong)), of=of)


def _by_address(release: Release, manifest: Manifest) -> Verified | None:
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
