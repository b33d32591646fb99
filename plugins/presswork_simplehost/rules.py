"""What SimpleHost takes and what it does not, by its API's pages; where two of them disagree, by the stricter one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from presswork.findings import Finding, Severity
from presswork.host import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presswork.host import Intent
    from presswork.manifest import Manifest
    from presswork_simplehost import Options

__all__ = ["FREE_FILE", "LIMITS", "anonymous_findings", "file_findings", "intent_findings", "size_findings"]

FREE_FILE: Final = 250 << 20
"""The largest file of the free plan, in bytes (account page)."""
LIMITS: Final = Limits(files=1000, file_bytes=5 << 30, total_bytes=100 << 30, path_bytes=499)
"""Those of the greatest plan (publish and account pages). A path has fewer than 500 characters: 499 bytes are."""
_IGNORE: Final = "Leave it out with `ignore`."
_RENAME: Final = "Rename the page or file, or leave it out with `ignore`."


def file_findings(manifest: Manifest) -> Iterator[Finding]:
    """Say of single files that they are refused or left out."""
    for entry in manifest:
        path = entry.path
        if not entry.size and path.endswith(".nojekyll"):  # means something elsewhere
            message = "SimpleHost takes no empty file, and needs none of that name: it is left out."
            yield _finding("info", "left-out", message, "There is nothing to do.", path)
        elif not entry.size:
            yield _finding("error", "empty", "SimpleHost takes no empty file.", _IGNORE, path)
        if ".." in path or re.search(r"[\x00-\x1f\x7f-\x9f]", path):
            yield _finding("error", "name", "SimpleHost takes no `..` and no control character.", _RENAME, path)


def size_findings(manifest: Manifest, most: int) -> Iterator[Finding]:
    """Refuse files of more bytes than the plan's `most`."""
    for entry in manifest:
        if entry.size > most:
            message = f"The file has {entry.size:,} bytes, the account's plan takes {most:,}."
            yield _finding("error", "plan", message, _IGNORE, entry.path)


def intent_findings(intent: Intent, options: Options, slug: str | None) -> Iterator[Finding]:
    """Say what forbids a deployment as it is asked for."""
    if not intent.manifest:
        yield _finding("error", "no-files", "SimpleHost takes no site without a file.", "Build the site first.")
    if options.og_image is not None and options.og_image not in intent.manifest:
        message = f"`og_image` is not in the site: {options.og_image}."
        yield _finding("error", "image", message, "Give the path of an image, from the site's root.")
    if not intent.live and options.preview_slug == slug:
        yield _finding("error", "preview", "`preview_slug` names the live site itself.", "Name another site of yours.")
    if intent.alias is not None:
        message = "All previews go to the one site of `preview_slug`: none has an alias."
        yield _finding("error", "alias", message, "Use --preview without a name.")


def anonymous_findings(options: Options, before: str | None) -> Iterator[Finding]:
    """Say beforehand what a site without an account means; `before` is the address of one that is still there."""
    yield _finding(
        "warning",
        "anonymous",
        "Without a key this makes a site without an account: until it is claimed it cannot be changed, and after 24 "
        "hours it is gone. SimpleHost allows five requests an hour; this takes two.",
        "Set SIMPLEHOST_API_KEY to deploy to an account.",
    )
    if before is not None:
        message = f"It comes at an address of its own, and {before} stays as it is."
        yield _finding("warning", "new-address", message, "To change that one, claim it first: presswork claim")
    if options.password_env is not None or options.ttl is not None:
        message = "A site without an account takes neither password nor `ttl`."
        yield _finding("error", "no-account", message, "Set SIMPLEHOST_API_KEY, or leave them out.")


def _finding(severity: Severity, code: str, message: str, hint: str, path: str | None = None) -> Finding:
    return Finding(
        severity=severity,
        code=f"simplehost-{code}",
        message=message,
        path=path,
        hint=hint,
        leave_out=code == "left-out",
    )
