"""Function bundles: ZIP archives named by function, made the same at every build.

A `.zip` is sent as it is; a `.js` file, or a folder with `NAME.js` or `index.js` in it, is packed. The runtime is
`js`, or what a `netlify-toolchain` file in the archive says.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from presswork.errors import ConfigError, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Bundle", "bundles", "cargo"]


@dataclass(frozen=True)
class Bundle:
    """One function: its archive and the archive's SHA-256 in hex."""

    name: str
    content: bytes
    runtime: str

    @cached_property
    def sha256(self) -> str:
        """The digest the deploy names it by."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def facts(self) -> dict[str, str]:
        """What an upload says of it; a name that ends in `-background` means that its caller does not wait."""
        facts = {"runtime": self.runtime}
        return {**facts, "invocation_mode": "background"} if self.name.endswith("-background") else facts


def bundles(folder: Path) -> dict[str, Bundle]:
    """Return the bundles of a folder by name; `Refused` names a file that is no function and no bundle."""
    try:
        found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise ConfigError(
            f"`functions`: {folder} cannot be read: {error.strerror}.", hint="Name the folder of the functions."
        ) from error
    made = [_bundle(path) for path in found if path.name != "node_modules"]
    return {bundle.name: bundle for bundle in made}


def cargo(functions: Mapping[str, Bundle]) -> str:
    """Return one digest of all bundles; empty where there are none."""
    listed = "".join(f"{name} {bundle.sha256}\n" for name, bundle in sorted(functions.items()))
    return "sha256:" + hashlib.sha256(listed.encode()).hexdigest() if listed else ""


def _bundle(path: Path) -> Bundle:
    if path.suffix == ".zip":
        content = path.read_bytes()
        return Bundle(path.stem, content, _runtime(content, path))
    if path.suffix in {".js", ".mjs", ".cjs"}:
        return Bundle(path.stem, _packed({path.name: path.read_bytes()}), "js")
    if path.is_dir() and any((path / name).is_file() for name in (f"{path.name}.js", "index.js")):
        inner = sorted(file for file in path.rglob("*") if file.is_file())
        return Bundle(path.name, _packed({f.relative_to(path).as_posix(): f.read_bytes() for f in inner}), "js")
    raise Refused(
        f"{path.name} in `functions` is neither a bundle (.zip) nor a JavaScript function.",
        hint="Bundle it to a .zip first: Presswork compiles nothing.",
        path=path.name,
    )


def _packed(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)  # its date is 1980: the same files make the same archive
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return out.getvalue()


def _runtime(content: bytes, path: Path) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if "netlify-toolchain" not in archive.namelist():
                return "js"
            said = msgspec.json.decode(archive.read("netlify-toolchain"), type=dict[str, object])
    except (zipfile.BadZipFile, msgspec.MsgspecError) as error:
        raise Refused(
            f"{path.name} in `functions` is not a sound archive: {error}.", hint="Bundle it anew.", path=path.name
        ) from error
    return str(said.get("runtime") or "js")
