"""One deploy in the making at Netlify, by digest or as an archive.

By digest (API page, "File digest method"): a deploy without files is made first, so that its id is known before
anything can go live; the manifest follows, which may be sent again; then one upload for each hash in `required`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from presswork.errors import HostError, Stale
from presswork.host import Part, Taken
from presswork.transport import Answered, Unanswered
from presswork.zipped import Zipped
from presswork_netlify.wire import ARRIVED, DONE, WAITING, Deploy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from presswork.host import Intent, Release
    from presswork.manifest import Entry
    from presswork_netlify.host import NetlifyHost

__all__ = ["NetlifyUpload"]

ASYNC_ABOVE = 100
"""Files above which the manifest is worked on asynchronously, as the official client does: a request that lasts
over 30 seconds is cut off (API page)."""
_POLLS = 30
"""How often a deploy that still names files it was sent is asked again before they are sent anew."""
_SHOWN = 10
"""How often a finished deploy is waited for at the live address before it counts as not published."""


class NetlifyUpload:
    """A deploy by digest: `session` is its id. As an archive: `zip:` and the newest deploy there was before."""

    def __init__(self, host: NetlifyHost, intent: Intent, session: str | None) -> None:
        self._host = host
        self._intent = intent
        self._paths: dict[str, Entry] = {}
        for entry in intent.manifest:
            self._paths.setdefault(intent.manifest.digests["sha1"][entry.path], entry)
        self._functions = {bundle.sha256: bundle for bundle in host.functions.values()}
        self._taken: set[str] = set()
        self.session = session or ""

    def wanted(self) -> Sequence[Part]:
        """Return one part for each hash Netlify lacks; open the deploy where there is none to go on with."""
        host, manifest = self._host, self._intent.manifest
        if not self.session:
            site = host.made_site()
            if host.route(manifest, list(manifest), live=self._intent.live) == "zip":
                newest = next(host.history(), None)
                self.session = f"zip:{newest.id if newest else ''}"
            else:
                self.session = self._open(site.id).id
        if self.session.startswith("zip:"):
            return ()
        deploy = self._settled(self._look())
        if deploy is None:
            self.session = ""
            self._taken.clear()
            raise Stale("Netlify no longer takes files for the deploy that was begun.")
        if deploy.state in ARRIVED:
            return ()
        missing = [sha for sha in deploy.required or () if sha in self._paths and sha not in self._taken]
        parts = [Part(sha, self._paths[sha].size, (self._paths[sha],)) for sha in missing]
        functions = [
            sha for sha in deploy.required_functions or () if sha in self._functions and sha not in self._taken
        ]
        return parts + [Part(sha, len(self._functions[sha].content), ()) for sha in functions]

    def put(self, part: Part) -> None:
        """Send one file or function. An empty 401 and a 404 right after the deploy was made pass (forum, [A])."""
        host, raw = self._host, {"content-type": "application/octet-stream"}
        try:
            if part.entries:
                entry = part.entries[0]
                address = f"/deploys/{self.session}/files/{quote(entry.path)}"
                body = self._intent.source.open(entry)
                host.api.put(address, body=body, headers=raw, again_on={401, 404}, file=entry.path)
            else:
                bundle = self._functions[part.key]
                address = f"/deploys/{self.session}/functions/{quote(bundle.name)}"
                params = {"runtime": bundle.runtime}
                host.api.put(address, body=bundle.content, headers=raw, params=params, again_on={401, 404})
        except Answered as error:
            if error.status in {404, 409, 422}:  # the deploy has ended, or wants other bytes: it will say which
                raise Stale(error.message) from None
            raise
        self._taken.add(part.key)

    def finish(self) -> Release:
        """Wait until the deploy is ready, and make a staged one live."""
        deploy = self._ready(self._zip() if self.session.startswith("zip:") else self.session)
        if not self._intent.live:
            return deploy.release(None)
        if self._host.options.staged and self._published() != deploy.id:
            self._host.activate(deploy.id)
        return self._shown(deploy)

    def taken(self) -> Taken:
        """Return the route, and what an archive held."""
        manifest = self._intent.manifest
        if not self.session.startswith("zip:"):
            return Taken("digest", "only the files Netlify lacked were sent")
        return Taken("zip", "one request for the whole site", len(manifest), manifest.size)

    @property
    def _draft(self) -> bool:
        """Whether the deploy must not go live by itself; one under an alias is a branch deploy."""
        return self._host.options.staged if self._intent.live else self._intent.alias is None

    def _open(self, site: str) -> Deploy:
        """Make a deploy without files. A lost answer leaves an empty one behind, which never goes live."""
        body: dict[str, object] = {"draft": self._draft}
        if self._intent.alias is not None:
            body["branch"] = self._intent.alias
        made = self._host.api.post(
            f"/sites/{site}/deploys", params={"title": self._intent.label}, json=body, repeat=True
        )
        return made.decode(Deploy)

    def _look(self) -> Deploy | None:
        answer = self._host.api.get(f"/deploys/{quote(self.session)}", expect={404})
        return None if answer.status == 404 else answer.decode(Deploy)

    def _settled(self, deploy: Deploy | None) -> Deploy | None:
        """Send the manifest to a deploy that has none, and wait until `required` holds; None where it has ended."""
        if deploy is not None and deploy.state == "new":
            deploy = self._send_manifest()
        while deploy is not None and deploy.state in WAITING:
            self._host.kit.wait(1.0, "Netlify compares the files with those it has")
            deploy = self._look()
        if deploy is not None and deploy.state in {"error", "rejected"}:
            return None
        return deploy

    def _send_manifest(self) -> Deploy | None:
        manifest = self._intent.manifest
        body: dict[str, object] = {"files": manifest.listing("sha1"), "async": len(manifest) > ASYNC_ABOVE}
        if self._functions:
            body["functions"] = {name: bundle.sha256 for name, bundle in self._host.functions.items()}
        address = f"/sites/{self._host.site_id}/deploys/{quote(self.session)}"
        answer = self._host.api.put(address, json=body, expect={404, 422})
        if answer.status in {404, 422}:
            return None
        return answer.decode(Deploy) if answer.content.strip() else self._look()

    def _ready(self, deploy_id: str) -> Deploy:
        """Poll until the deploy is done; `Stale` where it still lacks files, `HostError` where Netlify gave it up."""
        polls = lacking = 0
        while True:
            answer = self._host.api.get(f"/deploys/{quote(deploy_id)}", expect={404})
            if answer.status == 404:
                raise Stale("Netlify no longer has the deploy that was begun.")
            deploy = answer.decode(Deploy)
            if deploy.state in DONE:
                return deploy
            if deploy.state in {"error", "rejected"}:
                said = deploy.error_message or "it gave no reason"
                raise HostError(
                    f"Netlify gave the deploy up: {said}.", hint="What was live is still live. Deploy again."
                )
            lacking += deploy.state in {"prepared", "uploading", "new"}
            if lacking > _POLLS:
                self._taken.clear()
                raise Stale("Netlify still waits for files.")
            self._host.kit.wait(min(1.0 + polls * 0.2, 5.0), "Netlify processes the deploy")
            polls += 1

    def _shown(self, deploy: Deploy) -> Release:
        """Return the release as live once it is published; as not live where publishing is locked."""
        for _ in range(_SHOWN):
            site = self._host.site(fresh=True)
            if site is not None and (site.published == deploy.id or site.locked):
                return deploy.release(site.published)
            self._host.kit.wait(1.0, "Netlify publishes the deploy")
        return deploy.release(self._published())

    def _published(self) -> str | None:
        site = self._host.site(fresh=True)
        return site.published if site else None

    def _zip(self) -> str:
        """Send the archive and return the deploy's id; one that was made before an answer was lost is found."""
        if (made := self._made_since()) is not None:
            return made
        host, intent = self._host, self._intent
        body = Zipped(intent.manifest, intent.source)
        address = f"/sites/{host.site_id}/deploys"
        kind = {"content-type": "application/zip"}
        try:
            answer = host.api.post(address, params={"title": intent.label}, body=body, headers=kind)
        except (Unanswered, Answered) as error:
            if error.retryable and (made := self._made_since()) is not None:
                return made
            raise
        return answer.decode(Deploy).id

    def _made_since(self) -> str | None:
        """Return the deploy of this label that is newer than the newest there was before."""
        before = self.session.removeprefix("zip:")
        answer = self._host.api.get(f"/sites/{self._host.site_id}/deploys", params={"per_page": "100"})
        for deploy in answer.decode(list[Deploy]):
            if deploy.id == before:
                return None
            if deploy.title == self._intent.label and deploy.state not in {"error", "rejected"}:
                return deploy.id
        return None
