"""Where the bytes of a manifest come from, and the check that they are still those that were hashed."""

from __future__ import annotations

import hashlib
from io import BytesIO, FileIO
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

from presswork.errors import ContentChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from presswork.manifest import Entry

__all__ = ["PIECE", "Body", "Content", "Folder", "Metered", "Source"]

PIECE: Final = 256 * 1024
"""How many bytes a body hands out at a time."""


class Body:
    """The bytes of one entry, opened anew for every try.

    `pieces()` holds the last piece back until everything read so far hashes to what the manifest says, so that a
    reader who counts on `size` never receives the whole of a file that has changed.
    """

    def __init__(self, entry: Entry, start: Callable[[], BinaryIO], meter: Callable[[int], None] | None = None) -> None:
        self.entry = entry
        self.size = entry.size
        self._start = start
        self._meter = meter

    def pieces(self) -> Iterator[bytes]:
        """Yield the content in pieces of at most `PIECE` bytes; `ContentChanged` where it is no longer the same."""
        hasher = hashlib.sha256()
        size = 0
        held = b""
        try:
            with self._start() as stream:
                while piece := stream.read(PIECE):
                    size += len(piece)
                    if size > self.size:
                        raise self._changed()
                    hasher.update(piece)
                    if held:
                        yield self._metered(held)
                    held = piece
        except OSError as error:
            raise self._changed() from error
        if size != self.size or hasher.hexdigest() != self.entry.sha256:
            raise self._changed()
        if held:
            yield self._metered(held)

    def read(self) -> bytes:
        """Return the whole content; for small files."""
        return b"".join(self.pieces())

    def _metered(self, piece: bytes) -> bytes:
        if self._meter is not None:
            self._meter(len(piece))
        return piece

    def _changed(self) -> ContentChanged:
        return ContentChanged(
            f"{self.entry.path} changed after it was hashed.",
            hint="Let the build finish, then run the same command again.",
            path=self.entry.path,
        )


class Content(Protocol):
    """Something to send: its size in bytes, and its bytes, read anew for each try."""

    size: int

    def pieces(self) -> Iterator[bytes]:
        """Yield it piece by piece."""
        ...

    def read(self) -> bytes:
        """Return it whole; for what is small."""
        ...


class Source(Protocol):
    """Opens the bytes of any entry of a manifest."""

    def open(self, entry: Entry) -> Body:
        """Return the entry's body; reading it raises `ContentChanged` where the bytes are not the entry's."""
        ...


class Folder:
    """A source that reads an output folder, and from memory what a plugin added to the manifest."""

    def __init__(self, root: str, added: Mapping[str, bytes] | None = None) -> None:
        self._root = root
        self._added = dict(added or {})

    def open(self, entry: Entry) -> Body:
        """Return the body of the file at the entry's path."""
        data = self._added.get(entry.path)
        if data is not None:
            return Body(entry, lambda: BytesIO(data))
        place = f"{self._root}/{entry.path}"
        return Body(entry, lambda: FileIO(place))


class Metered:
    """A source that counts the bytes handed out, for a progress display."""

    def __init__(self, source: Source, meter: Callable[[int], None]) -> None:
        self._source = source
        self._meter = meter

    def open(self, entry: Entry) -> Body:
        """Return the inner source's body, counted."""
        body = self._source.open(entry)
        body._meter = self._meter
        return body
