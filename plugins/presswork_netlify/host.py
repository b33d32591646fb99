"""The host `netlify`: what is live there, its history, its checks. Uploading is in `upload`.

Protocol facts are from Netlify's API page and OpenAPI file.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from presswork.errors import Gone
from presswork.findings import Finding
from presswork.host import SHA1, Capabilities
from presswork.paths import path_trouble
from presswork.transport import Answered
from presswork_netlify import rules
from presswork_netlify.account import Account, explained
from presswork_netlify.functions import bundles, cargo
from presswork_netlify.upload import NetlifyUpload
from presswork_netlify.wire import DONE, Deploy, File

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from presswork.host import Intent, Kit, Release
    from presswork.manifest import Entry, Manifest
    from presswork.plan import Estimate
    from presswork_netlify import Options
    from presswork_netlify.functions import Bundle

__all__ = ["NetlifyHost"]

_ID: Final = re.compile(r"[0-9A-Za-z_-]+")


class NetlifyHost:
    """A site at Netlify."""

    capabilities = Capabilities(digest=SHA1, atomic=False, previews=True, proof=("listing", "read"), workers=5)

    def __init__(self, options: Options, kit: Kit) -> None:
        self.options = options
        self.kit = kit
        self.account = Account(options, kit)
        if options.staged:
            self.capabilities = replace(self.capabilities, atomic=True)  # said before a deploy too

    @property
    def place(self) -> str:
        """The API's origin and the site."""
        return self.account.place

    @cached_property
    def functions(self) -> dict[str, Bundle]:
        """The function bundles by their names."""
        return bundles(self.options.functions) if self.options.functions else {}

    def live(self) -> Release | None:
        """Return the published deploy; `HostError` where there is no such site and none is to be made."""
        site = self.account.find(fresh=True)
        if site is None and not self.options.create:
            raise self.account.missing()
        if site is None or site.published_deploy is None or self.account.disabled:
            return None
        return site.published_deploy.release(site.published)

    def begin(self, intent: Intent, session: str | None) -> NetlifyUpload:
        """Open an upload."""
        upload = NetlifyUpload(self, intent, session)
        if intent.live and not upload.plain:
            self.capabilities = replace(self.capabilities, atomic=True)
        return upload

    def staged(self, intent: Intent) -> bool:
        """Say whether a deploy is made as a draft that is restored in the end, so that nothing is live before."""
        return self.options.staged or intent.together

    def close(self) -> None:
        """Close the connections, where there are any."""
        self.account.close()

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield path and SHA-1 of every live file."""
        site = self.account.find()
        if site is None or self.account.disabled:
            return
        for file in self.account.pages(f"/sites/{site.id}/files", File):
            yield file.path.lstrip("/"), file.sha

    def read(self, path: str) -> Iterator[bytes]:
        """Yield a live file as it was uploaded: the public address may serve a processed page (API page)."""
        gone = Gone(f"{path} is not live.", hint="Deploy again to put it there.", path=path)
        site = self.account.find()
        if path_trouble(path) or site is None or self.account.disabled:
            raise gone
        raw = {"content-type": "application/vnd.bitballoon.v1.raw"}
        address = f"/sites/{site.id}/files/{quote(path)}"
        try:
            yield from self.account.api.pieces(address, headers=raw, file=path)
        except Answered as error:
            if error.status != 404:
                raise
            raise gone from None

    def check(self, intent: Intent) -> Iterator[Finding]:
        """Name what Netlify would refuse, ignore, or not show."""
        for entry in intent.manifest:
            yield from rules.name_findings(entry.path)
        yield from rules.intent_findings(intent, self.options, functions=bool(self.functions))
        site = self.account.find()
        if site is not None:
            yield from rules.site_findings(intent, site)

    def estimate(self, manifest: Manifest, missing: Sequence[Entry]) -> Estimate:
        """Name the way and its cost."""
        asked = self.options.route == "zip"
        archive = asked or self.archive_pays(manifest, [entry.sha256 for entry in missing], live=True)
        return rules.estimate(manifest, missing, len(self.functions), archive=archive, asked=asked)

    def archive_pays(self, manifest: Manifest, missing: Sequence[str], *, live: bool) -> bool:
        """Say whether to send an archive though nobody asked for one; it carries neither functions nor a draft."""
        if self.options.route != "auto" or self.capabilities.atomic or self.functions or not live:
            return False
        return rules.archive_pays(manifest, [*dict.fromkeys(missing)])

    def cargo(self) -> str:
        """Return the digest of the functions, which are deployed besides the files; empty where there are none."""
        return cargo(self.functions)

    def history(self) -> Iterator[Release]:
        """Yield every deploy that was finished, newest first."""
        site = self.account.find()
        if site is None:
            return
        published = None if self.account.disabled else site.published
        for deploy in self.account.pages(f"/sites/{site.id}/deploys", Deploy, per_page="100"):
            if deploy.state in DONE:
                yield deploy.release(published)

    def activate(self, release: str) -> Release:
        """Restore a deploy; safe to repeat. That a draft can be restored is inferred, not documented."""
        gone = Gone(f"Netlify has no deploy {release!r}.", hint="`presswork history` lists those it has.")
        if not _ID.fullmatch(release):
            raise gone
        site = self.account.site_id
        answer = self.account.api.post(f"/sites/{site}/deploys/{release}/restore", expect={404}, repeat=True)
        if answer.status == 404:
            raise gone
        self.account.enable()
        return answer.decode(Deploy).release(release)

    def unpublish(self) -> None:
        """Disable the site: the API has no call that leaves a site without a published deploy."""
        if self.live() is None:
            return
        self.account.disable()
        self.kit.note(
            Finding(
                severity="info",
                code="netlify-disabled",
                message="The whole site is disabled at Netlify, its previews with it; nothing is deleted.",
                hint="The next `presswork deploy` or `presswork rollback` enables it again.",
            )
        )

    def delete(self, release: str) -> None:
        """Delete a deploy."""
        if _ID.fullmatch(release):
            self.account.api.delete(f"/deploys/{release}", expect={404})

    def cancel(self, session: str) -> None:
        """Cancel an unfinished deploy; one that is gone or done cannot be, and need not. An archive is never half."""
        deploy = session.rpartition(":")[0]
        if _ID.fullmatch(deploy):
            with explained():
                self.account.api.post(f"/deploys/{deploy}/cancel", expect={404, 409, 422}, repeat=True)
