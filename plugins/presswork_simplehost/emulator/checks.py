"""What the service looks at in what it is sent: the manifest when it comes, the content before it goes live."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET, Struct, UnsetType

from presswork_simplehost.emulator.records import File
from presswork_simplehost.emulator.wire import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from presswork_simplehost.emulator.behaviour import Behaviour

__all__ = ["Draft", "Viewer", "manifest", "secrets_in"]


class Viewer(Struct, kw_only=True, rename="camel"):
    """The metadata that a site shows of itself; what is not sent stays as it is."""

    title: str | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    og_image_path: str | UnsetType | None = UNSET


class Draft(Struct, kw_only=True):
    """The body of create and update."""

    files: list[File]
    viewer: Viewer | None = None


_HASH: Final = re.compile("[0-9a-f]{64}")


def manifest(draft: Draft, behaviour: Behaviour) -> dict[str, File]:
    """Return the files of a draft by path; `Refusal` where one is not as it must be."""
    if not 1 <= len(draft.files) <= behaviour.files:
        raise Refusal("INVALID_REQUEST", f"files must have 1 to {behaviour.files} entries")
    files: dict[str, File] = {}
    for file in draft.files:
        path = file.path
        if not path or path.startswith("/") or ".." in path or len(path) > behaviour.path_characters:
            hint = f"Paths are relative, without '..', and have at most {behaviour.path_characters} characters."
            raise Refusal("INVALID_PATH", f"Invalid path: {path[:80]}", hint=hint)
        if file.size <= 0:
            raise Refusal("INVALID_REQUEST", f"size must be positive: {path}")
        if not file.content_type:
            raise Refusal("INVALID_REQUEST", f"contentType is missing: {path}")
        if file.hash is not None and not _HASH.fullmatch(file.hash):
            raise Refusal("INVALID_HASH", f"hash must be 64 lower-case hex digits: {path}")
        if path in files:
            raise Refusal("INVALID_REQUEST", f"path is there twice: {path}")
        files[path] = file
    image = draft.viewer.og_image_path if draft.viewer else None
    if image and image not in files:
        raise Refusal("INVALID_REQUEST", f"ogImagePath is not in files: {image}")
    return files


_DELIVERED: Final = re.compile("text/|.*(javascript|json|xml)", re.IGNORECASE)
_SECRETS: Final = {
    "private_key": re.compile(rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "stripe_test_key": re.compile(rb"sk_test_[0-9A-Za-z]{16,}"),
    "stripe_live_key": re.compile(rb"sk_live_[0-9A-Za-z]{16,}"),
    "simplehost_api_key": re.compile(rb"sh_live_[0-9a-f]{32}"),
}


def secrets_in(path: str, content_type: str, file: Path) -> list[dict[str, Any]]:
    """Return what looks like a secret in a file that browsers are given, as the service reports it."""
    if not _DELIVERED.match(content_type):
        return []
    content = file.read_bytes()
    return [
        {
            "path": path,
            "type": kind,
            "line": content.count(b"\n", 0, found.start()) + 1,
            "suggestedVariable": kind.upper(),
        }
        for kind, pattern in _SECRETS.items()
        for found in pattern.finditer(content)
    ]
