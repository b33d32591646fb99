"""What Canvas Drop takes and what it does not, and which of the two ways to send a site is the quicker one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from presswork.findings import Finding
from presswork.host import Limits
from presswork.plan import Estimate
from presswork.zipped import zipped_size

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from presswork.host import Intent
    from presswork.manifest import Entry, Manifest

__all__ = ["LIMITS", "estimate", "key_findings", "name_findings", "unpackable", "zip_pays"]

LIMITS: Final = Limits(files=2000, file_bytes=25 << 20, total_bytes=100 << 20)
"""What a version may have (Deploy API page, "Limits"); "MB" there are MiB, as the server counts."""

_ARCHIVE: Final = 110 << 20
"""The most bytes of an archive (Deploy API page, "Limits")."""
_BLOBS: Final = 150
"""Files a second that the server takes one by one: one thread does all the work, so that width does not help."""
_PACKED: Final = 590
"""Files a second that it takes out of an archive, where it has none of them yet."""
_LINE: Final = 1_250_000
"""Bytes a second to reckon with: 10 Mbit/s. An archive repeats what the server has, and a slow line makes that dear."""
_GAIN: Final = 1.0
"""Seconds that an archive must save to be chosen: single files need not be sent again if something goes wrong."""
_QUIET: Final = frozenset({".nojekyll", ".buildinfo", ".doctrees", ".gitattributes", ".gitignore", ".gitkeep"})
"""Names that mean nothing to a server: nobody misses them there."""
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_KEY: Final = re.compile(rb"\bcd_[A-Za-z0-9_-]{40,}")
_OVERLAP: Final = 128


def zip_pays(manifest: Manifest, missing: Collection[str]) -> bool:
    """Say whether one archive is much quicker than the missing contents, named by hash, one by one."""
    if unpackable(manifest):
        return False
    sizes = {entry.sha256: entry.size for entry in manifest}
    lacking = sum(sizes[digest] for digest in missing if digest in sizes)
    staged = len(missing) / _BLOBS + lacking / _LINE
    return staged - len(manifest) / _PACKED - manifest.size / _LINE > _GAIN


def unpackable(manifest: Manifest) -> str | None:
    """Say why a site cannot go as an archive; None where it can."""
    if zipped_size(manifest) > _ARCHIVE:
        return f"as an archive it has more than {_ARCHIVE:,} bytes"
    drive = next((entry.path for entry in manifest if _DRIVE.match(entry.path)), None)
    return None if drive is None else f"the server takes no archive with the name {drive}"


def estimate(manifest: Manifest, missing: Sequence[Entry], *, packed: bool, asked: bool) -> Estimate:
    """Return the cost of a deploy, with the seconds that the server's own speed allows at best."""
    contents = {entry.sha256: entry.size for entry in missing}
    if packed:
        reason = "it is asked for" if asked else "one archive is quicker than so many files"
        return Estimate("zip", reason, 1, manifest.size, len(manifest) / _PACKED)
    reason = "only the files the server lacks are sent"
    return Estimate("staged", reason, 2 + len(contents), sum(contents.values()), len(contents) / _BLOBS)


def name_findings(path: str) -> Iterator[Finding]:
    """Say of one name that the server drops it, or changes it, or shows no page of it."""
    hidden = next((part for part in path.split("/") if part.startswith(".")), None)
    if hidden in _QUIET:
        yield Finding(
            severity="info",
            code="canvasdrop-hidden",
            message="Canvas Drop has no use for this file, and it is left out.",
            path=path,
            hint="Nothing is to be done.",
            leave_out=True,
        )
    elif hidden is not None:
        yield Finding(
            severity="warning",
            code="canvasdrop-left-out",
            message="Canvas Drop keeps nothing whose name, or folder's name, begins with a dot: it is left out.",
            path=path,
            hint="Rename it if the site needs it, or leave it out everywhere with `ignore`.",
            leave_out=True,
        )
    elif path in {"__proto__", "constructor"} or re.search(r"[#?%\\]", path):
        yield Finding(
            severity="error",
            code="canvasdrop-name",
            message="Canvas Drop does not serve a file of this name (no #, ?, %, \\; no __proto__, no constructor).",
            path=path,
            hint="Rename the page or file, or leave it out with `ignore`.",
        )


def key_findings(intent: Intent, key: str) -> Iterator[Finding]:
    """Refuse files to be sent that hold the canvas's key, and warn of what looks like another canvas's."""
    ours = key.strip().encode()
    for entry in intent.manifest:
        if any(finding.leave_out for finding in name_findings(entry.path)):
            continue
        found: set[bytes] = set()
        before = b""
        for piece in intent.source.open(entry).pieces():
            window = before + piece
            found.update(_KEY.findall(window), [ours] if ours in window else ())
            before = window[-_OVERLAP:]
        if ours in found:
            yield Finding(
                severity="error",
                code="canvasdrop-key",
                message="The file holds this canvas's key: whoever reads the page could publish there.",
                path=entry.path,
                hint="Take it out, build again, and make a new key for the canvas if the file was ever shared.",
            )
        elif found:
            yield Finding(
                severity="warning",
                code="canvasdrop-key-like",
                message="The file seems to hold a canvas's key.",
                path=entry.path,
                hint="Take it out, and make a new key for that canvas.",
            )
