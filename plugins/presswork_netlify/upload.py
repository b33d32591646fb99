"""One deploy in the making at Netlify: by digest, or as an archive where that is asked for or is cheaper."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from presswork.errors import HostError, Stale
from presswork.findings import Finding
from presswork.host import Taken
from presswork_netlify.archive import Archive
from presswork_netlify.digest import ByDigest, Pauses, given_up
from presswork_netlify.wire import ARRIVED, DONE, FAILED, LACKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from presswork.host import Intent, Part, Release
    from presswork_netlify.host import NetlifyHost
    from presswork_netlify.wire import Deploy, Site

__all__ = ["NetlifyUpload"]

_LAGGING: Final = 30.0
"""Seconds that a deploy may go on naming files it has taken, before they are sent anew."""
_SHOWN: Final = 30.0
"""Seconds after which a finished deploy that is not at the live address counts as not published."""
_HELD: Final = 5.0
"""The same where the site's settings make it likely that it will not be."""


class NetlifyUpload:
    """`session` is the deploy's id, or `zip:` and the newest deploy there was; then a mark of what is deployed.

    `plain`: it goes live by itself, as soon as Netlify has everything.
    """

    def __init__(self, host: NetlifyHost, intent: Intent, session: str | None) -> None:
        self._host = host
        self._intent = intent
        self._account = host.account
        name, _, mark = (session or "").rpartition(":")
        # A draft that was made together with other targets is restored, though it comes alone now.
        drafted = mark == _mark(host, intent, staged=True)
        self.plain = intent.live and not drafted and not host.staged(intent)
        draft = not self.plain and intent.alias is None  # a deploy of a branch is no draft and never goes live
        self._digest = ByDigest(host.account, host.kit, intent, host.functions.values(), draft=draft)
        self._archive: Archive | None = None
        self._packable = True
        self._mark = _mark(host, intent, staged=intent.live and not self.plain)
        self._former = name if mark == self._mark else ""
        self.session = session or "" if self._former else ""

    def wanted(self) -> Sequence[Part]:
        """Return one part for each hash Netlify lacks; open the deploy where there is none to go on with."""
        deploy: Deploy | None = None
        if self._former:
            deploy = self._gone_on_with(self._former)
            self._former = ""
        elif self._digest.id and self._archive is None:
            deploy = self._digest.settled(self._digest.look())
        if deploy is None and self._archive is None:
            deploy = self._begun()
        if deploy is None or deploy.state in ARRIVED or self._archive is not None:
            return ()
        parts = self._digest.parts(deploy)
        keys = [part.key for part in parts]
        if self._packable and self._host.archive_pays(self._intent.manifest, keys, live=self._intent.live):
            self._host.cancel(self.session)
            self._pack()
            return ()
        return parts

    def put(self, part: Part) -> None:
        """Send one file or function."""
        self._digest.put(part)

    def finish(self) -> Release:
        """Wait until the deploy is ready, and make a staged one live."""
        if self._archive is not None:
            self._digest.id = self._archive_sent()
            self.session = f"{self._digest.id}:{self._mark}"  # it is a deploy like any other now, to be cancelled too
        deploy = self._ready()
        if not self._intent.live:
            return deploy.release(None)
        if not self.plain:
            site = self._account.known(fresh=True)
            if site.published != deploy.id and not site.locked:
                self._host.activate(deploy.id)
        release = self._shown(deploy)
        self._account.enable()
        return release

    def taken(self) -> Taken:
        """Return the way that was taken, and what an archive held."""
        manifest = self._intent.manifest
        if self._archive is None:
            return Taken("digest", "only the files Netlify lacked were sent")
        return Taken("zip", "one request for the whole site", len(manifest), manifest.size)

    def _begun(self) -> Deploy | None:
        """Make a deploy, on a new site where there is none; None where an archive is to make it."""
        self._account.made()
        if self._host.options.route == "zip":
            self._pack()
            return None
        self._digest.make()
        self.session = f"{self._digest.id}:{self._mark}"
        return self._digest.told()

    def _gone_on_with(self, former: str) -> Deploy | None:
        """Return the deploy of an earlier process; None where it has ended, so that another is to be begun."""
        deploy: Deploy | None
        if former.startswith("zip:"):
            archive = Archive(self._account, self._intent, former.removeprefix("zip:"))
            deploy = archive.made()
            if deploy is not None and not self._superseded(deploy):
                self._archive = archive
            else:
                self._packable = deploy is not None
            return None
        self._digest.id = former
        deploy = self._digest.look()
        if deploy is None or deploy.state in FAILED or self._superseded(deploy):
            return None
        return self._digest.told() if deploy.state == "new" else self._digest.settled(deploy)

    def _superseded(self, deploy: Deploy) -> bool:
        """Say whether a deploy went live and something else did so after it."""
        site = self._account.known(fresh=True)
        return self.plain and deploy.state in DONE and site.published != deploy.id and not site.locked

    def _pack(self) -> None:
        self._archive = Archive(self._account, self._intent)
        self.session = f"zip:{self._archive.before}:{self._mark}"

    def _archive_sent(self) -> str:
        """Send the archive; `Stale`, so that the files are sent one by one, where it is not taken and was our idea."""
        assert self._archive is not None  # noqa: S101 -- asked by `finish`
        try:
            return self._archive.send()
        except HostError as error:
            if self._host.options.route == "zip":
                raise
            self._archive, self._packable, self._digest.id = None, False, ""
            raise Stale(f"Netlify did not take the archive: {error.message}") from None

    def _ready(self) -> Deploy:
        """Wait until the deploy is done; `Stale` where it still lacks files, `HostError` where Netlify gave it up."""
        pauses = Pauses(self._host.kit.wait, "Netlify processes the deploy")
        while True:
            deploy = self._digest.look()
            if deploy is None:
                raise Stale("Netlify no longer has the deploy that was begun.")
            if deploy.state in DONE:
                return deploy
            if deploy.state in FAILED:
                raise given_up(deploy)
            if deploy.state in LACKING and pauses.spent >= _LAGGING:
                self._digest.distrust()
                raise Stale("Netlify still waits for files.")
            pauses()

    def _shown(self, deploy: Deploy) -> Release:
        """Return the release as live once it is published; as not live where publishing is stopped."""
        pauses = Pauses(self._host.kit.wait, "Netlify publishes the deploy")
        while True:
            site = self._account.known(fresh=True)
            if site.published == deploy.id or _newer(site, deploy):  # the latter the core will find out
                return deploy.release(deploy.id)
            longest = _HELD if site.prevent_non_git_prod_deploys else _SHOWN
            if site.locked or pauses.spent >= longest:
                break
            pauses()
            deploy = self._digest.look() or deploy
        self._host.kit.note(
            Finding(
                severity="warning",
                code="netlify-not-live",
                message="The deployment is ready, and Netlify does not show it at the live address.",
                hint="Publish it under Deploys in Netlify's own pages, or with `presswork promote`.",
            )
        )
        return deploy.release(site.published)


def _newer(site: Site, deploy: Deploy) -> bool:
    """Say whether what is published was made, or published, after this deploy, which had been live then."""
    live = site.published_deploy
    if live is None or live.locked:
        return False
    made_later = (live.created_at or "") > (deploy.created_at or "~")
    return made_later or (live.published_at or "") >= (deploy.published_at or "~")


def _mark(host: NetlifyHost, intent: Intent, *, staged: bool) -> str:
    """Return a digest of everything that a deploy is begun with: only for the same is it gone on with."""
    facts = (intent.label, intent.manifest.digest, host.cargo(), intent.live, intent.alias, staged)
    return hashlib.sha256(repr((*facts, host.options.route)).encode()).hexdigest()[:16]
