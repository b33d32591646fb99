"""Canvas Drop's messages, as far as a deploy reads them, and what its error codes ask for.

Sources: the Deploy API page, and the server's behaviour where that page is silent or wrong.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from presswork.host import Release
from presswork.transport import Answered

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["REMEDIES", "Begun", "Canvas", "Deployed", "File", "Listing", "Version", "Versions", "explained"]


class Canvas(Struct, frozen=True, rename="camel"):
    """The canvas itself. `current_version_id` is no version number; null where nothing is live."""

    url: str
    current_version_id: str | None = None


class Version(Struct, frozen=True, rename="camel"):
    """One version; `created_at` is in milliseconds."""

    number: int
    status: str = "ready"
    created_at: int | None = None
    current: bool = False

    def release(self, url: str) -> Release:
        """Return it in the core's words; `url` is the canvas's, which shows the current version only."""
        created = None
        if self.created_at is not None:
            moment = datetime.fromtimestamp(self.created_at / 1000, UTC)
            created = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return Release(id=str(self.number), url=url if self.current else "", live=self.current, created=created)


class Versions(Struct, frozen=True):
    """The versions kept, newest first."""

    versions: list[Version]


class File(Struct, frozen=True):
    """One live file; `hash` is the SHA-256 that its sender declared."""

    path: str
    hash: str


class Listing(Struct, frozen=True):
    """What the live version consists of."""

    version: int
    files: list[File]


class Begun(Struct, frozen=True, rename="camel"):
    """A staged upload: its handle, and the SHA-256 of what is to be sent, each once."""

    upload_id: str
    missing_hashes: list[str]


class Deployed(Struct, frozen=True):
    """A version that has just gone live."""

    url: str
    version: int
    warnings: list[str] = []

    def release(self) -> Release:
        """Return it in the core's words."""
        return Release(id=str(self.version), url=self.url, live=True)


_SMALLER: Final = "Make it smaller, or leave files out with `ignore`."
_RENAME: Final = "Rename the file, or leave it out with `ignore`."
_REPORT: Final = "Report it, with --trace: the two do not understand each other."
_AGAIN: Final = "Run the same command again: what the server has taken need not be sent again."
_KEY: Final = (
    "Set the variable that holds the key (CANVAS_KEY, or what `token_env` names) to the canvas's key. A key ends when "
    "another is made, and rests while its canvas is archived, disabled or deleted."
)
_OTHER: Final = (
    "The variable that holds the key (CANVAS_KEY, or what `token_env` names) has that of another canvas: check "
    "`canvas`, and give each of several targets a `token_env`."
)
_ADDRESS: Final = (
    "Check `url`: it is the base address of the server's API. An old server, or a proxy, may lack the call."
)

REMEDIES: Final[dict[str, tuple[str, bool]]] = {
    "BLOB_HASH_MISMATCH": (_AGAIN, True),
    "CANNOT_UNPUBLISH": ("Nothing is live: nothing is to be done.", False),
    "CANVAS_TOO_LARGE": (_SMALLER, False),
    "EMPTY_DEPLOY": ("Build the site first, and see what `ignore` leaves of it.", False),
    "FILE_TOO_LARGE": (_SMALLER, False),
    "INVALID_MANIFEST": (_REPORT, False),
    "INVALID_PATH": (_RENAME, False),
    "INVALID_ZIP": ("Set `route: staged`, and look at what stands between: the archive did not arrive whole.", False),
    "NOT_FOUND": ("Deploy again to put it there.", False),
    "NOT_PUBLISHED": ("Deploy first: presswork deploy", False),
    "TOO_MANY_FILES": (_SMALLER, False),
    "UPLOAD_ALREADY_FINALIZED": (_AGAIN, True),
    "UPLOAD_EXPIRED": (_AGAIN, True),
    "UPLOAD_HANDLE_INVALID": (_AGAIN, True),
    "UPLOAD_IN_PROGRESS": ("Wait a minute, then run the same command again.", True),
    "UPLOAD_MISSING_BLOB": (_AGAIN, True),
    "VERSION_UNAVAILABLE": ("`presswork history` lists the versions that are left.", False),
    "ZIP_BOMB_REJECTED": (_SMALLER, False),
    "ZIP_SLIP_REJECTED": (_RENAME, False),
}
"""What to do about each code, and whether the same command may succeed later."""

_HINTS: Final = {401: _KEY, 403: _OTHER, 404: _ADDRESS, 405: _ADDRESS}
"""What to do about answers without a code."""


@contextmanager
def explained() -> Iterator[None]:
    """Say what to do at Canvas Drop about a refusal; its own `path` tells the file."""
    try:
        yield
    except Answered as error:
        details = error.details if isinstance(error.details, dict) else {}
        path = details.get("path")
        error.path = path if isinstance(path, str) else error.path
        if error.reason in REMEDIES:
            error.hint, error.retryable = REMEDIES[error.reason]
        elif details.get("error") == "invalid_body":
            error.hint = _REPORT
        else:
            error.hint = _HINTS.get(error.status, _ADDRESS if error.status // 100 == 3 else error.hint)
        raise
