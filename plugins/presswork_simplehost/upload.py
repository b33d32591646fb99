"""One version of a site in the making: told whole, sent what SimpleHost has not, finalized."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from presswork.errors import Conflict, HostError, Refused, Stale
from presswork.findings import Finding
from presswork.host import Part, Release
from presswork.transport import Answered
from presswork_simplehost.wire import explained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from presswork.host import Intent
    from presswork_simplehost import Options
    from presswork_simplehost.account import Account
    from presswork_simplehost.wire import Opened, Put

__all__ = ["SimpleHostUpload", "manifest_of"]

_SPARE: Final = 60.0
"""Seconds before its end from which on a signed address is not used any more."""


class SimpleHostUpload:
    """`session` is the version's id. What an earlier process sent cannot be asked for: it is begun anew.

    `made` is what the making of the site was answered with, where it was made for this.
    """

    def __init__(self, account: Account, intent: Intent, slug: str, made: Opened | None = None) -> None:
        self._account = account
        self._intent = intent
        self._slug = slug
        self._opened = made
        self._told = made is not None
        self._lacking: dict[str, Put] | None = None
        self._until = 0.0
        self._release: Release | None = None
        self._refused = False
        self.session = ""

    def wanted(self) -> Sequence[Part]:
        """Return a part for each file to send; tell the manifest where that was not done, or has to be again."""
        if not self._told:
            if self._opened is not None and self._account.key is None:
                raise HostError(
                    "SimpleHost does not take the files any more, and a site without an account is told only once.",
                    hint="Run the same command again: it makes another site, at another address.",
                    retryable=True,
                )
            self._opened = self._account.update(self._slug, manifest_of(self._intent, self._account.options))
            self._told, self._lacking = True, None
        if self._lacking is None:
            self._lacking = self._lacks()
        entries = [self._intent.manifest[path] for path in self._lacking]
        return [Part(entry.path, entry.size, (entry,)) for entry in entries]

    def put(self, part: Part) -> None:
        """Send one file to its signed address, without the key; `Stale` where that takes it no more."""
        lacking = self._lacking or {}
        put = lacking.get(part.key)
        if put is None:
            return
        if time.monotonic() >= self._until:
            raise self._over("the signed addresses are about to end")
        body = self._intent.source.open(part.entries[0])
        asked: dict[str, Any] = {"headers": put.headers, "signed": True, "bucket": "uploads", "file": part.key}
        try:
            with explained():
                self._account.api.put(put.url, body=body, **asked)
        except Answered as error:
            if error.status == 400:  # it has ended, or a try whose answer was lost has used it (how-it-works page)
                raise self._over(error.message) from None
            raise
        lacking.pop(part.key, None)

    def finish(self) -> Release:
        """Finalize the version; a refusal may mean that an earlier try has done it."""
        if self._release is None:
            self._tell_rest()
            try:
                self._account.ask("POST", self._slug, "/finalize", json={"versionId": self.session}, repeat=True)
            except Answered as error:
                if error.reason == "SECRET_DETECTED":
                    raise self._secrets(error) from None
                if error.status != 400:
                    raise
                if not self._is_live():
                    if self._refused:  # told anew and sent whole: another version was begun after this one
                        said = error.said or error.message
                        raise Conflict(
                            f"Another deployment to this site is under way, or SimpleHost refuses this one: {said}",
                            hint="Look at it with `presswork status`, then run the same command again to replace it.",
                        ) from None
                    self._refused = True
                    raise self._over(error.message) from None
            live, url = self._intent.live, self._open.site_url
            self._release = Release(id=self.session, url=url, live=live, preview=not live)
            if self._open.claim_url is not None:
                until = self._open.expires_at or "tomorrow"
                self._account.kit.confide(f"To keep the site, claim it before {until}: {self._open.claim_url}")
        return self._release

    @property
    def _open(self) -> Opened:
        assert self._opened is not None  # noqa: S101 -- `wanted` comes first
        return self._opened

    def _lacks(self) -> dict[str, Put]:
        """Return what is to be sent; `HostError` where an answer does not name each file of the manifest once."""
        version = self._open.upload
        told = [*(put.path for put in version.uploads), *(skipped.path for skipped in version.skipped)]
        ours = [entry.path for entry in self._intent.manifest]
        if sorted(told) != ours:
            odd = {*told} ^ {*ours} or {path for path in told if told.count(path) > 1}
            raise _odd("SimpleHost's answer does not name every file of the site once.", min(odd))
        api = urlsplit(self._account.options.api_url)
        for put in version.uploads:
            if urlsplit(put.url)[:2] != api[:2] or put.method != "PUT":
                raise _odd("SimpleHost wants a file to be sent elsewhere than to itself.", put.path)
        self.session = version.version_id
        self._until = time.monotonic() + max(version.expires_in_seconds - _SPARE, version.expires_in_seconds / 2)
        return {put.path: put for put in version.uploads}

    def _over(self, why: str) -> Stale:
        self._told = False
        return Stale(f"SimpleHost has to be told the site again: {why}")

    def _tell_rest(self) -> None:
        """Tell what belongs to the site and not to a version, before anything is shown."""
        options, rest = self._account.options, dict[str, Any]()
        mark: str | None = None
        if options.password_env is not None:
            rest["password"] = self._account.kit.secret(options.password_env)
            mark = self._account.password_mark(self._slug)
        elif self._account.has_set_password(self._slug):
            rest["password"] = None
        if options.ttl is not None or self._account.is_over(self._slug):
            rest["ttlSeconds"] = options.ttl
        if rest:
            self._account.ask("PATCH", self._slug, "/metadata", json=rest, repeat=True)
        if "password" in rest:
            self._account.keep_password_mark(self._slug, mark)

    def _is_live(self) -> bool:
        """Say whether the version is live."""
        if self._account.key is None:
            return self._account.is_shown(self._open.site_url)
        site = self._account.look(self._slug)
        return site is not None and site.active and site.version_id == self.session

    def _secrets(self, error: Answered) -> Refused:
        """Note every place of a secret, and never what stands there (finalize page)."""
        found = error.details.get("detectedSecrets")
        places = [place for place in found if isinstance(place, dict)] if isinstance(found, list) else []
        for place in places:
            message = f"Line {place.get('line', '?')} holds a secret ({place.get('type', 'of some kind')})."
            path = str(place.get("path") or "") or None
            self._account.kit.note(
                Finding(severity="error", code="simplehost-secret", message=message, path=path, hint=_REVOKE)
            )
        return Refused("SimpleHost found secrets in the site and did not make it live.", hint=_REVOKE)


_REVOKE: Final = "Take it out, build again, and revoke it: SimpleHost has it now."


def manifest_of(intent: Intent, options: Options) -> dict[str, Any]:
    """Return the body of create and update: the complete manifest, and what others are shown where it is set."""
    types = intent.manifest.types  # bare in every example of the pages
    files = [
        {"path": e.path, "size": e.size, "contentType": types[e.path].partition(";")[0], "hash": e.sha256}
        for e in intent.manifest
    ]
    shown = {"title": options.title, "description": options.description, "ogImagePath": options.og_image}
    viewer = {name: value for name, value in shown.items() if value is not None}
    return {"files": files, "viewer": viewer} if viewer else {"files": files}


def _odd(message: str, path: str) -> HostError:
    return HostError(message, hint="Nothing went live. Run it again with --trace and report what it says.", path=path)
