"""The rules for the files of a version: their names, types, limits and warnings, and the files of a ZIP."""

from __future__ import annotations

import hashlib
import re
import zlib
from typing import IO, TYPE_CHECKING, Any, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from presswork.mediatypes import media_type
from presswork_canvasdrop.emulator.store import File
from presswork_canvasdrop.emulator.wire import broken, is_number, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

__all__ = ["FILE_BYTES", "manifest", "mime", "normal", "only_page", "unpacked", "warnings"]

FILES: Final = 2000
FILE_BYTES: Final = 25 * 1024 * 1024
CANVAS_BYTES: Final = 100 * 1024 * 1024

_TEXT: Final = "text/plain; charset=utf-8"
_KNOWN: Final = re.compile(
    "html?|css|m?js|json|map|txt|md|xml|svg|png|jpe?g|gif|webp|avif|ico|bmp|"
    "woff2?|ttf|otf|eot|mp4|webm|ogg|mp3|wav|pdf|wasm|csv"
)
_READABLE: Final = re.compile("text/|application/(json|xml)|image/svg")
_HASH: Final = re.compile("[0-9a-f]{64}")
_KEY: Final = re.compile(rb"\bcd_[A-Za-z0-9_-]{40,}")
_ABSOLUTE: Final = re.compile("/|[A-Za-z]:")


def normal(path: str) -> str | None:
    """Return the path a file is kept under, None where it is dropped; `Refusal` where it cannot be."""
    path = path.replace("\\", "/")
    path = path[1:] if path.startswith("/") else path.removeprefix("./")
    if not path or path.endswith("/") or path == "__proto__":
        return None
    for segment in path.split("/"):
        if segment == "..":
            raise refusal(400, "ZIP_SLIP_REJECTED", "path leaves the canvas", path)
        if segment.startswith("."):
            return None
    if path.startswith("/"):
        raise refusal(400, "INVALID_PATH", "path is absolute", path)
    return path


def _check_limits(files: Collection[str], sizes: Iterable[float], *, status: int) -> None:
    """Refuse too many files, or too many bytes in all, with the status that the flow gives."""
    if len(files) > FILES:
        raise refusal(status, "TOO_MANY_FILES", f"more than {FILES} files")
    if sum(sizes) > CANVAS_BYTES:
        raise refusal(status, "CANVAS_TOO_LARGE", f"canvas exceeds {CANVAS_BYTES} bytes")


def manifest(body: Any) -> tuple[dict[str, File], dict[str, float]]:
    """Return path to file, the last of a path, and hash to declared size, the first of a hash; or refuse."""
    if body is None:
        raise broken()
    entries = body.get("manifest") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise refusal(400, "INVALID_MANIFEST", "manifest must be an array")
    if not entries:
        raise refusal(400, "INVALID_MANIFEST", "manifest is empty")
    files: dict[str, File] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
            raise broken()
        path = normal(entry["path"])
        if path is None:
            continue
        digest, size = entry.get("hash"), entry.get("size")
        if not isinstance(digest, str) or not _HASH.fullmatch(digest) or not is_number(size) or size < 0:
            raise refusal(400, "INVALID_MANIFEST", "hash or size is not valid", path)
        files[path] = File(digest, size)
    if not files:
        raise refusal(400, "INVALID_MANIFEST", "manifest has no deployable files")
    if any(file.size > FILE_BYTES for file in files.values()):
        raise refusal(413, "FILE_TOO_LARGE", f"a file exceeds {FILE_BYTES} bytes")
    _check_limits(files, (file.size for file in files.values()), status=413)
    return files, {file.hash: file.size for file in reversed(files.values())}


def mime(path: str) -> str:
    """Return the type a file is served with, by its last extension, or by its whole name where it has no dot."""
    extension = path.rpartition(".")[2].lower()
    return media_type(f".{extension}") if _KNOWN.fullmatch(extension) else _TEXT


def only_page(files: Iterable[str]) -> str | None:
    """Return what a canvas shows at its root: `index.html`, or its only HTML file."""
    pages = [path for path in files if mime(path).startswith("text/html")]
    return "index.html" if "index.html" in pages else pages[0] if len(pages) == 1 else None


def warnings(files: Iterable[str]) -> list[str]:
    """Return what a publish warns of, but for keys."""
    files = list(files)
    plain = [path for path in files if not _KNOWN.fullmatch(path.rpartition(".")[2].lower())]
    found = [f"{path} will be served as text/plain" for path in plain]
    if only_page(files) is None:
        found.append("No index.html at the root: visitors of the canvas will see a 404")
    return found


def unpacked(body: IO[bytes], keep: Callable[[str, bytes], None]) -> tuple[list[tuple[str, File]], list[str]]:
    """Return the files of a ZIP, a name given twice included, and warnings of keys in them; `keep` gets the content."""
    files: list[tuple[str, File]] = []
    keys: list[str] = []
    path: str | None = None
    try:
        with ZipFile(body) as archive:
            for path, info in _chosen(archive.infolist()):
                content = archive.read(info)
                digest = hashlib.sha256(content).hexdigest()
                keep(digest, content)
                files.append((path, File(digest, len(content))))
                if _READABLE.match(mime(path)) and _KEY.search(content):
                    keys.append(f"{path} may contain a canvas API key: anybody who can see the canvas can read it")
    except (BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise refusal(400, "INVALID_ZIP", "the archive cannot be read", path) from error
    return files, keys


def _chosen(entries: list[ZipInfo]) -> list[tuple[str, ZipInfo]]:
    for info in entries:
        name = info.orig_filename.replace("\\", "/")  # the archive's reader refuses before the rules above are asked
        if _ABSOLUTE.match(name) or ".." in name.split("/"):
            raise refusal(400, "ZIP_SLIP_REJECTED", "an entry leaves the archive")
        if info.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise refusal(400, "INVALID_ZIP", "unsupported compression", name)
    chosen = [(path, info) for info in entries if (path := normal(info.orig_filename)) is not None]
    if any(info.file_size > FILE_BYTES for _, info in chosen):
        raise refusal(400, "ZIP_BOMB_REJECTED", f"an entry exceeds {FILE_BYTES} bytes")
    _check_limits([path for path, _ in chosen], (info.file_size for _, info in chosen), status=400)
    if not chosen:
        raise refusal(400, "EMPTY_DEPLOY", "the archive has no deployable files")
    return chosen
