"""What a client says a deploy consists of: a manifest as JSON, or an archive."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Annotated, Any, Final
from zipfile import BadZipFile, ZipFile

from msgspec import Meta, Struct

from presswork.paths import path_trouble
from presswork_netlify.emulator.wire import PIECE, Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from presswork_netlify.emulator.store import Store

__all__ = ["DeployFiles", "unpacked"]

_BROKEN: Final = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError, OSError)


class Variable(Struct, kw_only=True):
    """One environment variable of a deploy; all four are required."""

    key: str
    value: str
    is_secret: bool
    scopes: list[str]


class DeployFiles(Struct, kw_only=True, rename={"prepare": "async"}):
    """The body of a deploy: `files` by SHA-1, `functions` by SHA-256, and how it is to be made."""

    files: dict[str, Annotated[str, Meta(pattern="^[0-9a-f]{40}$")]] | None = None
    functions: dict[str, str] | None = None
    prepare: bool | None = None
    draft: bool | None = None
    branch: Annotated[str, Meta(max_length=37)] | None = None
    framework: str | None = None
    framework_version: str | None = None
    function_schedules: list[dict[str, Any]] | None = None
    functions_config: dict[str, Any] | None = None
    environment: list[Variable] | None = None
    zip: str | None = None

    def listed(self) -> dict[str, str]:
        """Return path to SHA-1, the paths without their leading slash; `Refusal` for a path no site may have."""
        listed: dict[str, str] = {}
        for key, sha in (self.files or {}).items():
            path = _admitted(key)
            if listed.setdefault(path, sha) != sha:
                raise Refusal(422, f"{path} is listed twice")
        return listed


def unpacked(store: Store, archive: Path, most: int) -> dict[str, str]:
    """Take the files of an archive into the store; return path to SHA-1; `Refusal` where it is none, or too big."""
    listed = {}
    try:
        with ZipFile(archive) as opened:
            files = [entry for entry in opened.infolist() if not entry.is_dir()]
            if len(files) > most:
                raise Refusal(422, f"The archive holds more than {most} files")
            for entry in files:
                path = _admitted(entry.filename)
                with opened.open(entry) as stream, store.incoming("sha1") as blob:
                    while piece := stream.read(PIECE):
                        blob.write(piece)
                    listed[path] = blob.keep()
    except _BROKEN as error:
        raise Refusal(422, f"The archive cannot be extracted: {error}") from error
    return listed


def _admitted(name: str) -> str:
    path = name.removeprefix("/")
    if trouble := path_trouble(path):
        raise Refusal(422, f"The path {name!r} {trouble}")
    if "#" in path or "?" in path:
        raise Refusal(422, f"The path {name!r} holds # or ?")
    return path
