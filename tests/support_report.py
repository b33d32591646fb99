"""The JSON report as it is documented: a document that has other fields, lacks one, or has another type is not read."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct


class _Part(Struct, forbid_unknown_fields=True):
    pass


class Error(_Part):
    code: str
    message: str
    hint: str
    path: str | None
    retryable: bool


class Site(_Part):
    root: str
    generator: str | None
    base_url: str | None


class Source(_Part):
    commit: str | None
    branch: str | None
    dirty: bool | None


class Release(_Part):
    id: str
    url: str
    live: bool
    created: str | None
    label: str | None
    alias: str | None
    preview: bool
    commit: str | None
    by: str | None
    pages: int | None


class Manifest(_Part):
    digest: str
    files: int
    bytes: int


class Changes(_Part):
    added: int
    changed: int
    removed: int
    moved: int
    same: int


class Route(_Part):
    name: str
    reason: str


class Uploaded(_Part):
    files: int
    bytes: int


class Rewritten(_Part):
    path: str
    at: int
    before: int
    after: int


class Verified(_Part):
    method: Literal["listing", "read", "http"]
    files: int
    ok: bool
    mismatches: list[str]
    of: int | None
    also: list[str]
    rewritten: list[Rewritten]


class Finding(_Part):
    severity: Literal["error", "warning", "info"]
    code: str
    message: str
    path: str | None
    line: int | None
    source: str | None
    hint: str | None
    leave_out: bool


class Entry(_Part):
    path: str
    change: Literal["added", "changed", "removed", "moved", "same"]
    reason: str
    before: str = ""
    title: str = ""
    source: str = ""


Outcome = Literal[
    "deployed", "previewed", "unchanged", "planned", "refused", "failed", "locked", "superseded",
    "rolled-back", "promoted", "unpublished", "pruned", "claimed", "checked", "verified", "listed",
]  # fmt: skip


class Target(_Part):
    target: str
    host: str
    outcome: Outcome
    release: Release | None
    previous: str | None
    live_url: str | None
    manifest: Manifest | None
    changes: Changes | None
    route: Route | None
    uploaded: Uploaded | None
    requests: int
    retries: int
    verified: Verified | None
    findings: list[Finding]
    error: Error | None
    seconds: float
    entries: list[Entry] = []
    releases: list[Release] = []


class Document(_Part):
    schema: Literal[1]
    presswork: str
    command: str
    outcome: Outcome
    seconds: float
    site: Site | None
    source: Source | None
    by: str | None
    run: str | None
    error: Error | None
    targets: list[Target]
    plugins: list[dict[str, Any]] = []


def read_document(data: str | bytes) -> Document:
    """Return a document; `msgspec.ValidationError` where it is not as documented."""
    return msgspec.json.decode(data, type=Document)
