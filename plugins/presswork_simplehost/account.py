"""The API as one account sees it, or nobody's, and the one site there that is meant: found, made, claimed, deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec

from presswork.errors import ConfigError, CredentialMissing, HostError
from presswork.findings import Finding
from presswork.transport import Answered, Unanswered
from presswork_simplehost.wire import Opened, Site, Sites, Unclaimed, explained

if TYPE_CHECKING:
    from presswork.host import Kit
    from presswork.transport import Answer, Client
    from presswork_simplehost import Options

__all__ = ["Account"]


class Account:
    """Asks for the key when the API is first needed. The slug of a site that was made is remembered."""

    def __init__(self, options: Options, kit: Kit) -> None:
        self.options = options
        self.kit = kit
        self.server = urlsplit(options.api_url).netloc
        self._site: Site | None = None
        self._asked = False

    @property
    def slug(self) -> str | None:
        """The slug that is configured, or that the site got which was made; None where there is no site."""
        made = self.kit.memory.get(self._slot("site"))
        kept = self._unclaimed(made)
        if kept is not None and kept.expires <= datetime.now(UTC).isoformat():
            made = None
        return self.options.slug or made

    @property
    def unclaimed(self) -> Unclaimed | None:
        """What is remembered of the site where it was made without an account and was not claimed."""
        return self._unclaimed(self.slug)

    @cached_property
    def key(self) -> str | None:
        """The key; None where there is none, and the site was made without one or is to be."""
        try:
            return self.kit.secret("key")
        except CredentialMissing:
            if self.slug is not None and self.unclaimed is None:
                raise
            return None

    @cached_property
    def api(self) -> Client:
        """The client."""
        return self.kit.http(self.options.api_url, self.key)

    def close(self) -> None:
        """Close the connections, where there are any."""
        if "api" in self.__dict__:
            self.api.close()

    def ask(self, method: str, slug: str, call: str = "", **more: Any) -> Answer:
        """Send a request about a site, and say what to do about a refusal."""
        with explained():
            return self.api.request(method, f"/publish/{quote(slug, safe='')}{call}", **more)

    def look(self, slug: str) -> Site | None:
        """Return a site as it is now; None where there is none."""
        answer = self.ask("GET", slug, expect={404})
        return None if answer.status == 404 else answer.decode(Site)

    def find(self, *, fresh: bool = False) -> Site | None:
        """Return the site that is meant; None where there is none. `fresh`: as it is now."""
        if fresh or not self._asked:
            self._site = self.look(self.slug) if self.slug is not None else None
            self._asked = True
        return self._site

    def is_over(self, slug: str) -> bool:
        """Say whether a site was seen to have expired."""
        return self._site is not None and (self._site.slug, self._site.status) == (slug, "expired")

    def missing(self, slug: str | None = None) -> HostError:
        """Return the error to raise where a site is not there."""
        hint = (
            "Check the slug, and whose key it is. Slugs cannot be chosen: without `slug`, `create: true` makes a "
            "new site."
        )
        if slug is None and self.options.slug is None:
            hint = (
                "Check whose key it is. This folder remembers the site; if it was deleted, `presswork unpublish --yes` "
                "forgets it, and `create: true` makes a new one."
            )
        return HostError(f"SimpleHost has no site {slug or self.slug} for this key.", hint=hint)

    def may_create(self) -> None:
        """Raise `ConfigError` unless a new site is asked for."""
        if not self.options.create:
            raise ConfigError("The host simplehost needs a site.", hint="Set `slug`, or `create: true` for a new one.")

    def create(self, body: object, label: str) -> Opened:
        """Make a site, and remember it before anything else is sent.

        Never sent twice: where its answer is lost, the site is looked for among those that never went live.
        """
        self.may_create()
        try:
            with explained():
                made = self.api.post("/publish", json=body).decode(Opened)
        except HostError as error:
            never = isinstance(error, Unanswered) and not error.uncertain
            if not never and not (isinstance(error, Answered) and error.status < 500):
                error.retryable, error.hint = self._lost()
            raise
        memory = self.kit.memory
        if made.claim_token is not None:
            memory.put(self._slot("token", made.slug), made.claim_token, secret=True)
            memory.put(self._slot("address", made.slug), made.claim_url or "", secret=True)
            kept = Unclaimed(made.site_url, made.expires_at or "", made.upload.version_id, label)
            memory.put(self._slot("unclaimed", made.slug), msgspec.json.encode(kept).decode())
        else:
            hint = f"Set `slug: {made.slug}`: then it is found where this .presswork folder is not."
            message = f"SimpleHost made the site {made.slug}."
            self.kit.note(Finding(severity="info", code="simplehost-made", message=message, hint=hint))
        memory.put(self._slot("site"), made.slug)
        self._asked = False
        return made

    def update(self, slug: str, body: object) -> Opened:
        """Begin a new version of a site."""
        answer = self.ask("PUT", slug, json=body, expect={404})
        if answer.status == 404:
            raise self.missing(slug)
        return answer.decode(Opened)

    def is_shown(self, url: str) -> bool:
        """Say whether a site without an account is live: only its own address can tell."""
        return self.api.get(url, signed=True, bucket="pages", expect={404}).status == 200

    def claim(self) -> None:
        """Claim the site for the account; where that was done before, nothing happens."""
        self.kit.secret("key")  # or it is said to be missing
        slug = self.slug
        token = self.kit.memory.get(self._slot("token", slug)) if slug is not None else None
        if slug is None or token is None:
            raise ConfigError(
                "There is nothing to claim: no claim token is kept here.",
                hint="What can be claimed is a site that was made from here without an account, for 24 hours.",
            )
        try:
            self.ask("POST", slug, "/claim", json={"claimToken": token}, repeat=True)
        except Answered as error:
            if error.status != 400 or self.look(slug) is None:  # it may be the account's by a try before
                raise
        self._forget(slug)

    def delete(self, slug: str) -> bool:
        """Delete the site and forget it; False where a site that is only remembered was not there."""
        self.kit.secret("key")  # or it is said to be missing
        found = self.find() is not None
        if found:
            self.ask("DELETE", slug, expect={404})  # a try before, whose answer was lost, may have done it
        elif self.options.slug is not None:
            raise self.missing()
        self._forget(slug)
        self.kit.memory.forget(self._slot("site"))
        return found

    def has_set_password(self, slug: str) -> bool:
        """Say whether the password of a site was set from here."""
        return self.kit.memory.get(self._slot("password", slug)) is not None

    def password_mark(self, slug: str | None) -> str:
        """Return the version that was live without a password when one was set, or is so now; empty where none was.

        It makes a deployment that lost its password unlike one that has it, and tells nothing of the password.
        """
        site = self._site
        if site is not None and site.slug == slug and site.active and site.has_password is False:
            return site.version_id or ""
        return (self.kit.memory.get(self._slot("password", slug)) if slug is not None else None) or ""

    def keep_password_mark(self, slug: str, mark: str | None) -> None:
        """Remember that a site's password was set, None: cleared."""
        slot = self._slot("password", slug)
        self.kit.memory.forget(slot) if mark is None else self.kit.memory.put(slot, mark)

    def _slot(self, what: str, slug: str = "") -> str:
        return f"{what} {self.server}/{slug}"

    def _unclaimed(self, slug: str | None) -> Unclaimed | None:
        kept = self.kit.memory.get(self._slot("unclaimed", slug)) if slug is not None else None
        return msgspec.json.decode(kept, type=Unclaimed) if kept else None

    def _forget(self, slug: str) -> None:
        for what in ("unclaimed", "token", "address", "password"):
            self.kit.memory.forget(self._slot(what, slug))
        self._asked = False

    def _lost(self) -> tuple[bool, str]:
        """Say whether a site can be made again without looking, its making having been answered with nothing."""
        if self.key is None:
            return False, "A site may have been made that nobody can claim: it is gone in 24 hours. Try again."
        try:
            sites = self.api.get("/publishes").decode(Sites).sites
        except HostError:
            return False, "Look at SimpleHost's own pages whether a site was made; if so, set `slug` to it."
        pending = [site for site in sites if site.status == "pending"]
        if not pending:
            return True, "No site was made: run the same command again."
        newest = max(pending, key=lambda site: site.created_at or "")
        return False, f"{newest.slug} is the newest site without content: if it is this one, set `slug` to it."
