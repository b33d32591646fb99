"""What Netlify takes and what it does not, and which of the two ways to send a site is the cheaper one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from presswork.findings import Finding
from presswork.plan import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from presswork.host import Intent
    from presswork.manifest import Entry, Manifest
    from presswork_netlify import Options
    from presswork_netlify.wire import Site

__all__ = ["archive_pays", "estimate", "intent_findings", "name_findings", "site_findings"]

ARCHIVE_FILES: Final = 25_000
"""The most files of one extraction (API page)."""
ARCHIVE_BYTES: Final = 25_000_000
"""The largest site that an archive is chosen for by itself: a request that lasts over 30 seconds is cut off (API
page), and that much takes as long at 7 Mbit/s."""
A_MINUTE: Final = 500
"""Requests a minute (API page): for the plan, never to pace by."""
ALIAS: Final = 37
"""The most characters of an alias (the official client's help)."""


def archive_pays(manifest: Manifest, missing: Sequence[str]) -> bool:
    """Say whether one archive is cheaper than sending what is missing, named by digest.

    It is where most files are missing, and the limit of requests would stretch sending them over minutes.
    """
    fits = len(manifest) <= ARCHIVE_FILES and manifest.size <= ARCHIVE_BYTES
    return fits and len(missing) > 2 * A_MINUTE and 2 * len(missing) > len(manifest)


def estimate(manifest: Manifest, missing: Sequence[Entry], bundles: int, *, archive: bool, asked: bool) -> Estimate:
    """Return the cost of a deploy, with the least seconds that 500 requests a minute allow."""
    if archive:
        reason = "it is asked for" if asked else "one request is quicker than so many files"
        return Estimate("zip", reason, 6, manifest.size)
    contents = {entry.sha256: entry.size for entry in missing}
    requests = 6 + len(contents) + bundles
    reason = "only the files Netlify lacks are sent"
    return Estimate("digest", reason, requests, sum(contents.values()), requests // A_MINUTE * 60.0)


def name_findings(path: str) -> Iterator[Finding]:
    """Say of one name that it is refused, or not heeded."""
    if "#" in path or "?" in path:
        yield _error(
            "netlify-name",
            "Netlify takes no name with # or ?.",
            "Rename the page or file, or leave it out with `ignore`.",
            path,
        )
    elif "\\" in path:
        yield _warning("netlify-backslash", "A name with \\ may not be reachable.", "Rename the file.", path)
    folder, _, name = path.rpartition("/")
    if folder and name in {"_headers", "_redirects"}:
        yield _warning("netlify-nested", f"Netlify reads {name} at the root only.", "Move it to the root.", path)


def intent_findings(intent: Intent, options: Options, *, functions: bool) -> Iterator[Finding]:
    """Say what forbids the way that is asked for."""
    if intent.alias is not None and len(intent.alias) > ALIAS:
        yield _error(
            "netlify-alias", f"The alias has more than {ALIAS} characters.", "Choose a shorter name for the preview."
        )
    if options.route != "zip":
        return
    if len(intent.manifest) > ARCHIVE_FILES:
        yield _error("netlify-zip-files", f"An archive takes {ARCHIVE_FILES:,} files at the most.", _BY_DIGEST)
    if not intent.live or options.staged or intent.together:
        yield _error("netlify-zip-draft", "An archive cannot be deployed as a preview or a draft.", _BY_DIGEST)
    if functions:
        yield _error("netlify-zip-functions", "An archive cannot carry functions.", _BY_DIGEST)


def site_findings(intent: Intent, site: Site) -> Iterator[Finding]:
    """Say what the site's own settings will do with the deploy."""
    branch = site.build_settings.repo_branch if site.build_settings else None
    if intent.alias is not None and intent.alias == branch:
        yield _error(
            "netlify-alias-live",
            f"{intent.alias} is the branch that Netlify publishes: a preview under that name could go live.",
            "Choose another name for the preview.",
        )
    if intent.live and site.locked:
        yield _warning(
            "netlify-locked",
            "Publishing is locked at Netlify: this deployment will be ready and not live.",
            "Unlock it under Deploys in Netlify's own pages, or make a preview.",
        )
    if intent.live and site.prevent_non_git_prod_deploys:
        yield _warning(
            "netlify-git-only",
            "The site is set to take production deployments from git only.",
            "Change that in the site's settings at Netlify, or make a preview.",
        )


_BY_DIGEST: Final = "Set `route: digest`, or leave `route` out."


def _warning(code: str, message: str, hint: str, path: str | None = None) -> Finding:
    return Finding(severity="warning", code=code, message=message, path=path, hint=hint)


def _error(code: str, message: str, hint: str, path: str | None = None) -> Finding:
    return Finding(severity="error", code=code, message=message, path=path, hint=hint)
