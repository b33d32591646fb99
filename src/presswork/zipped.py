"""A manifest's files as one ZIP archive that is never whole in memory nor on disk.

Files are stored, not compressed: the length is then known before the first byte, and the same site makes the same
archive. Format: PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

from presswork.errors import Refused
from presswork.source import PIECE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presswork.manifest import Entry, Manifest
    from presswork.source import Source

__all__ = ["Zipped", "zipped_size"]

_UTF8: Final = 0x0800
_DATE: Final = 0x0021  # 1980-01-01, the first there is
_MOST_FILES: Final = 0xFFFF
_MOST_BYTES: Final = 0xFFFFFFFF


def zipped_size(manifest: Manifest) -> int:
    """Return the bytes of a manifest's files as one archive."""
    names = sum(len(entry.path.encode()) for entry in manifest)
    return manifest.size + 2 * names + (30 + 46) * len(manifest) + 22


class Zipped:
    """The archive as a body to send: `size` in bytes, and `pieces()`, read anew for each try.

    `Refused` where the site is larger than a plain ZIP archive can be.
    """

    def __init__(self, manifest: Manifest, source: Source) -> None:
        self._entries = manifest.entries
        self._source = source
        self.size = zipped_size(manifest)
        if len(manifest) >= _MOST_FILES or self.size >= _MOST_BYTES:
            raise Refused("The site is too large for one ZIP archive.", hint="Choose another route.")

    def pieces(self) -> Iterator[bytes]:
        """Yield the archive; `ContentChanged` where a file is no longer what was hashed."""
        offset = 0
        directory = []
        for entry in self._entries:
            name = entry.path.encode()
            crc, content = self._crc(entry)
            fields = (20, _UTF8, 0, 0, _DATE, crc, entry.size, entry.size, len(name), 0)
            yield struct.pack("<4s5H3L2H", b"PK\3\4", *fields) + name
            yield from [content] if content is not None else self._source.open(entry).pieces()
            directory.append(struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, *fields, 0, 0, 0, 0, offset) + name)
            offset += 30 + len(name) + entry.size
        central = b"".join(directory)
        count = len(self._entries)
        yield central + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(central), offset, 0)

    def read(self) -> bytes:
        """Return the whole archive; for small ones."""
        return b"".join(self.pieces())

    def _crc(self, entry: Entry) -> tuple[int, bytes | None]:
        """Return a file's CRC-32, with its content where it is small enough to be read once."""
        body = self._source.open(entry)
        if entry.size <= PIECE:
            content = body.read()
            return zlib.crc32(content), content
        crc = 0
        for piece in body.pieces():
            crc = zlib.crc32(piece, crc)
        return crc, None
