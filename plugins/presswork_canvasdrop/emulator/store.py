"""What the emulator knows, in a folder that outlives it: canvases with their versions, uploads, and blobs.

canvases/SLUG.json    a canvas with its versions; a publish is one rename
uploads/ID.json       an upload with its manifest
blobs/CANVAS/HASH     content by SHA-256: nothing is shared between canvases
tmp/                  what is half-written
"""

from __future__ import annotations

import shutil
from secrets import randbits, token_hex, token_urlsafe
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct, field

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Canvas", "File", "Store", "Upload", "Version"]

T = TypeVar("T")


class File(Struct):
    """One file of a manifest. `size` is what was declared: nobody checks it where the blob is there already."""

    hash: str
    size: int | float


class Version(Struct, kw_only=True):
    """One publish. `created_at` in milliseconds; the counts of a ZIP may be larger than those of `files`."""

    id: str
    number: int
    source: str
    created_at: int
    created_by: str
    file_count: int
    total_bytes: int | float
    files: dict[str, File]


class Canvas(Struct, kw_only=True):
    """One canvas. Its key opens it while its status is `active`; `current` is the id of the live version."""

    id: str
    slug: str
    key: str
    owner: str
    title: str = "Rehearsal"
    status: str = "active"
    private: bool = True
    single_page: bool = False
    current: str | None = None
    versions: list[Version] = field(default_factory=list)

    @property
    def live(self) -> Version | None:
        """The live version."""
        return next((version for version in self.versions if version.id == self.current), None)


class Upload(Struct, kw_only=True):
    """A staged upload. `sizes` are by hash; `expires` and `lease` are seconds since the epoch."""

    id: str
    canvas: str
    owner: str
    expires: float
    files: dict[str, File]
    sizes: dict[str, int | float]
    consumed: bool = False
    lease: float = 0.0


class Store:
    """All records in memory and on disk, the content on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.rmtree(folder / "tmp", ignore_errors=True)
        for name in ("canvases", "uploads", "blobs", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.canvases = {canvas.slug: canvas for canvas in self._read("canvases", Canvas)}
        self.uploads = {upload.id: upload for upload in self._read("uploads", Upload)}

    def make(self, slug: str, milliseconds: int) -> Canvas:
        """Make a canvas; its id is a UUIDv7."""
        number = milliseconds << 80 | 7 << 76 | randbits(12) << 64 | 2 << 62 | randbits(62)
        key = f"cd_{token_urlsafe(32)}"
        canvas = Canvas(id=str(UUID(int=number)), slug=slug, key=key, owner=f"user_{token_hex(8)}")
        (self._folder / "blobs" / canvas.id).mkdir(exist_ok=True)
        self.save(canvas)
        return canvas

    def save(self, record: Canvas | Upload) -> None:
        """Keep a new or changed record."""
        if isinstance(record, Canvas):
            self.canvases[record.slug] = record
            file = self._folder / "canvases" / f"{record.slug}.json"
        else:
            self.uploads[record.id] = record
            file = self._folder / "uploads" / f"{record.id}.json"
        self._write(file, msgspec.json.encode(record))

    def forget(self, upload: Upload) -> None:
        """Drop an upload."""
        del self.uploads[upload.id]
        (self._folder / "uploads" / f"{upload.id}.json").unlink()

    def blob(self, canvas: Canvas, digest: str) -> Path:
        """Return where content of a canvas lies, or would lie."""
        return self._folder / "blobs" / canvas.id / digest

    def blobs(self, canvas: Canvas) -> set[str]:
        """Return the hashes of a canvas's content."""
        return {blob.name for blob in (self._folder / "blobs" / canvas.id).iterdir()}

    def keep(self, canvas: Canvas, digest: str, content: bytes) -> None:
        """Keep content; what is there already is not written again."""
        blob = self.blob(canvas, digest)
        if not blob.exists():
            self._write(blob, content)

    def _read(self, kind: str, shape: type[T]) -> list[T]:
        return [msgspec.json.decode(file.read_bytes(), type=shape) for file in (self._folder / kind).glob("*.json")]

    def _write(self, file: Path, content: bytes) -> None:
        temporary = self._folder / "tmp" / uuid4().hex
        temporary.touch(0o600)
        temporary.write_bytes(content)
        temporary.replace(file)
