"""The host `simplehost`: what is live there, and its checks. Uploading is in `upload`.

SimpleHost keeps no history that could be asked for (overview page). Facts are from its API's pages.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from presswork.errors import Gone, Refused
from presswork.findings import Finding
from presswork.host import Capabilities, Release
from presswork_simplehost import rules
from presswork_simplehost.account import Account
from presswork_simplehost.upload import SimpleHostUpload, manifest_of
from presswork_simplehost.wire import Opened, Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presswork.host import Intent, Kit
    from presswork_simplehost import Options

__all__ = ["SimpleHost"]


class SimpleHost:
    """A site at SimpleHost."""

    capabilities = Capabilities(
        atomic=True,
        previews=True,
        proof=("listing", "http"),
        limits=rules.LIMITS,
        retires=True,
        aliases=False,
        not_found=False,
    )

    def __init__(self, options: Options, kit: Kit) -> None:
        self.options = options
        self.kit = kit
        self.account = Account(options, kit)
        public = options.password_env is None
        self.capabilities = replace(
            self.capabilities,
            previews=options.preview_slug is not None,
            proof=self.capabilities.proof if public else ("listing",),
        )

    @property
    def place(self) -> str:
        """The API's origin and the site, as it is configured or was made."""
        return f"{self.account.server}/{self.account.slug or 'a new site'}"

    def live(self) -> Release | None:
        """Return the live version; of a site without an account what is remembered, since SimpleHost does not tell."""
        account = self.account
        if account.slug is None:
            account.may_create()
            return None
        kept = account.unclaimed
        if kept is not None:
            if account.key is not None:
                raise Refused(
                    f"{kept.url} was made without an account.", hint="Make it this account's: presswork claim"
                )
            return kept.release() if account.is_shown(kept.url) else None
        site = account.find(fresh=True)
        if site is None and self.options.slug is not None:
            raise account.missing()
        return site.release() if site is not None and site.active else None

    def begin(self, intent: Intent, session: str | None) -> SimpleHostUpload:  # noqa: ARG002 -- see SimpleHostUpload
        """Open an upload; the site is made first where there is none, so that its place is known."""
        account = self.account
        if not intent.live:
            self.kit.secret("key")  # or it is said to be missing
        fixed = self.options.slug if intent.live else self.options.preview_slug
        if fixed is not None:
            return SimpleHostUpload(account, intent, fixed)
        site = account.find() if account.unclaimed is None else None
        if site is not None and site.active:
            return SimpleHostUpload(account, intent, site.slug)
        body = manifest_of(intent, self.options)
        made = (self._taken_up(site.slug, body) if site is not None else None) or account.create(body, intent.label)
        return SimpleHostUpload(account, intent, made.slug, made)

    def close(self) -> None:
        """Close the connections, where there are any."""
        self.account.close()

    def files(self) -> list[tuple[str, str]]:
        """Return path and SHA-256 of every live file, as it was declared; `Gone` for a site without an account."""
        if self.account.unclaimed is not None:
            raise Gone("SimpleHost lists no files of a site without an account.", hint="Claim it: presswork claim")
        site = self.account.find()
        return [(file.path, file.hash or "") for file in site.files] if site and site.active else []

    def check(self, intent: Intent) -> Iterator[Finding]:
        """Name what SimpleHost would refuse, and say what a site without an account means.

        The plan is asked for only where the free one would not do.
        """
        account, most = self.account, rules.FREE_FILE
        remembered = account.slug is not None and account.unclaimed is None
        if intent.live and remembered and account.find() is None:  # another account's key sees none either
            raise account.missing()
        yield from rules.intent_findings(intent, self.options, account.slug)
        yield from rules.file_findings(intent.manifest)
        if any(entry.size > most for entry in intent.manifest) and account.key is not None:
            most = account.api.get("/account").decode(Plan).limits.max_file_size_bytes
        yield from rules.size_findings(intent.manifest, most)
        if intent.live and account.key is None:
            yield from rules.anonymous_findings(self.options, intent.replaces.url if intent.replaces else None)

    def cargo(self) -> str:
        """Return what is told of the site besides its files; a digest of the password would help to guess it."""
        options = self.options
        told: tuple[object, ...] = (options.title, options.description, options.og_image, options.ttl)
        if options.password_env is not None:
            told += (True, self.account.password_mark(self.account.slug))
        return msgspec.json.encode(told).decode() if any(told) else ""

    def unpublish(self) -> None:
        """Delete the site: nothing less takes it off."""
        slug = self.account.slug
        if slug is None:
            return
        if self.account.delete(slug):
            self.kit.note(
                Finding(
                    severity="info",
                    code="simplehost-retired",
                    message=f"{slug} is deleted with all its versions, and nobody can have that slug again.",
                    hint="With `create: true` and without `slug` the next deployment makes a site at another address.",
                )
            )
        else:
            self.kit.note(
                Finding(
                    severity="warning",
                    code="simplehost-not-there",
                    message=f"SimpleHost has no site {slug} for this key; nothing was deleted, and this folder has "
                    "forgotten it.",
                    hint="If it is another account's, set its key and `slug`, and run the same command again.",
                )
            )

    def claim(self) -> Release:
        """Make a site that was made without an account this account's."""
        self.account.claim()
        site = self.account.find(fresh=True)
        if site is None:
            raise self.account.missing()
        return site.release()

    def _taken_up(self, slug: str, body: object) -> Opened | None:
        """Go on with a site that was made and never went live; None where it takes no version (no page says)."""
        answer = self.account.ask("PUT", slug, json=body, expect={400, 404})
        if answer.status == 200:
            return answer.decode(Opened)
        self.kit.note(
            Finding(
                severity="warning",
                code="simplehost-orphan",
                message=f"{slug} was made, never went live, and takes no files now: another site is made.",
                hint="Delete it at SimpleHost.",
            )
        )
        return None
