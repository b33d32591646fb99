"""The host `netlify`: what is live there, its history, its checks. Uploading is in `upload`.

Protocol facts are from Netlify's API page and OpenAPI file.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from presswork.errors import ConfigError, Gone, HostError
from presswork.findings import Finding
from presswork.host import SHA1, Capabilities
from presswork.plan import Estimate
from presswork.source import PIECE
from presswork.transport import Answered, Unanswered
from presswork_netlify.functions import bundles, cargo
from presswork_netlify.upload import NetlifyUpload
from presswork_netlify.wire import DONE, Deploy, File, Site, next_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from presswork.host import Intent, Kit, Release
    from presswork.manifest import Entry, Manifest
    from presswork.transport import Client
    from presswork_netlify import Options
    from presswork_netlify.functions import Bundle

__all__ = ["NetlifyHost"]

ZIP_FILES = 25_000
"""The most files of one extraction (API page)."""
A_MINUTE = 500
"""Requests a minute (API page); for the plan's least seconds only."""


class NetlifyHost:
    """A site at Netlify."""

    capabilities = Capabilities(digest=SHA1, atomic=False, previews=True, proof=("listing", "read"), workers=5)

    def __init__(self, options: Options, kit: Kit) -> None:
        self.options = options
        self.kit = kit
        self._site: Site | None = None
        if options.staged:
            self.capabilities = Capabilities(
                digest=SHA1, atomic=True, previews=True, proof=("listing", "read"), workers=5
            )

    @property
    def place(self) -> str:
        """The API's origin and the site, as it is configured or was made."""
        return f"{urlsplit(self.options.api_url).netloc}/{self._wanted_site() or 'a new site'}"

    @cached_property
    def api(self) -> Client:
        """The client; asks for the token."""
        return self.kit.http(self.options.api_url, self.kit.secret("token"))

    @cached_property
    def functions(self) -> dict[str, Bundle]:
        """The function bundles by their names."""
        return bundles(self.options.functions) if self.options.functions else {}

    def live(self) -> Release | None:
        """Return the published deploy; `HostError` where there is no such site and none is to be made."""
        site = self.site(fresh=True)
        if site is None:
            if self.options.create:
                return None
            raise HostError(
                f"Netlify has no site {self._wanted_site()} for this token.",
                hint="Check `site` (an id, a domain or a name) and whose token it is; `create: true` makes a new site.",
            )
        return site.published_deploy.release(site.published) if site.published_deploy else None

    def begin(self, intent: Intent, session: str | None) -> NetlifyUpload:
        """Open an upload by the route the plan named."""
        return NetlifyUpload(self, intent, session)

    def close(self) -> None:
        """Close the connections, where there are any."""
        if "api" in self.__dict__:
            self.api.close()

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield path and SHA-1 of every live file."""
        for file in self._pages(f"/sites/{self.site_id}/files", File):
            yield file.path.lstrip("/"), file.sha

    def read(self, path: str) -> Iterator[bytes]:
        """Yield a live file as it was uploaded: the public address may serve a processed page (API page)."""
        raw = {"content-type": "application/vnd.bitballoon.v1.raw"}
        answer = self.api.get(f"/sites/{self.site_id}/files/{quote(path)}", headers=raw, expect={404}, file=path)
        if answer.status == 404:
            raise Gone(f"{path} is not live.", hint="Deploy again to put it there.", path=path)
        for start in range(0, len(answer.content), PIECE):
            yield answer.content[start : start + PIECE]

    def check(self, intent: Intent) -> Iterator[Finding]:
        """Name what Netlify would refuse, ignore, or not show."""
        for entry in intent.manifest:
            yield from _name_findings(entry.path)
        if self.route(intent.manifest, list(intent.manifest), live=intent.live) == "zip":
            yield from self._zip_findings(intent)
        site = self._site
        if site is None or not intent.live:
            return
        if site.locked:
            yield _warning(
                "netlify-locked",
                "Publishing is locked at Netlify: this deployment will be ready and not live.",
                "Unlock it under Deploys in Netlify's own pages, or make a preview.",
            )
        if site.prevent_non_git_prod_deploys:
            yield _warning(
                "netlify-git-only",
                "The site is set to take production deployments from git only.",
                "Change that in the site's settings at Netlify, or make a preview.",
            )

    def estimate(self, manifest: Manifest, missing: Sequence[Entry]) -> Estimate:
        """Name the route, with the least seconds that 500 requests a minute allow."""
        route = self.route(manifest, missing)
        if route == "zip":
            asked = "it is asked for" if self.options.route == "zip" else "one request is quicker than so many files"
            return Estimate("zip", asked, 4, manifest.size)
        contents = {entry.sha256: entry.size for entry in missing}
        requests = 5 + len(contents) + len(self.functions)
        reason = "only the files Netlify lacks are sent"
        return Estimate("digest", reason, requests, sum(contents.values()), max(0, requests // A_MINUTE) * 60.0)

    def route(self, manifest: Manifest, missing: Sequence[Entry], *, live: bool = True) -> str:
        """Choose between `digest` and `zip`: one archive pays where the rate limit would stretch over minutes.

        An archive carries neither functions nor a draft, and at most 25,000 files (API page).
        """
        if self.options.route != "auto":
            return self.options.route
        fits = len(manifest) <= ZIP_FILES and manifest.size <= 100_000_000 and not self.functions
        long = len({entry.sha256 for entry in missing}) > 2 * A_MINUTE
        most = 2 * len(missing) > len(manifest)
        return "zip" if live and not self.options.staged and fits and long and most else "digest"

    def cargo(self) -> str:
        """Return the digest of the functions, which are deployed besides the files; empty where there are none."""
        return cargo(self.functions)

    def history(self) -> Iterator[Release]:
        """Yield every deploy that was finished, newest first."""
        published = self._known().published
        for deploy in self._pages(f"/sites/{self.site_id}/deploys", Deploy, per_page="100"):
            if deploy.state in DONE:
                yield deploy.release(published)

    def activate(self, release: str) -> Release:
        """Restore a deploy; safe to repeat. That a draft can be restored is inferred, not documented."""
        answer = self.api.post(f"/sites/{self.site_id}/deploys/{quote(release)}/restore", expect={404}, repeat=True)
        if answer.status == 404:
            raise Gone(f"Netlify has no deploy {release}.", hint="`presswork history` lists those it has.")
        return answer.decode(Deploy).release(release)

    def unpublish(self) -> None:
        """Disable the site: the API has no call that leaves a site without a published deploy."""
        self.api.put(f"/sites/{self.site_id}/disable", params={"reason": "presswork unpublish"})

    def delete(self, release: str) -> None:
        """Delete a deploy."""
        self.api.delete(f"/deploys/{quote(release)}", expect={404})

    def cancel(self, session: str) -> None:
        """Cancel an unfinished deploy; one that is gone or done cannot be, and need not."""
        if not session.startswith("zip:"):
            self.api.post(f"/deploys/{quote(session)}/cancel", expect={404, 409, 422}, repeat=True)

    @property
    def site_id(self) -> str:
        """The site's id, for addresses."""
        return self._known().id

    def site(self, *, fresh: bool = False) -> Site | None:
        """Return the site by id, domain or name; None where there is none."""
        wanted = self._wanted_site()
        if wanted is None:
            if self.options.create:
                return None
            raise ConfigError(
                "The host netlify needs a site.",
                hint="Set `site`, or NETLIFY_SITE_ID, or `create: true` for a new one.",
            )
        if self._site is None or fresh:
            answer = self.api.get(f"/sites/{quote(self._site.id if self._site else wanted, safe='')}", expect={404})
            self._site = answer.decode(Site) if answer.status != 404 else self._by_name(wanted)
        return self._site

    def made_site(self) -> Site:
        """Return the site, making it where there is none; its id is remembered before anything else is sent."""
        site = self.site()
        if site is None:
            site = self._site = self._create()
            self.kit.memory.put("site", site.id)
        return site

    def _wanted_site(self) -> str | None:
        return self.kit.memory.get("site") or self.options.site

    def _known(self) -> Site:
        site = self.site()
        if site is None:
            raise HostError("There is no site yet.", hint="Deploy first: presswork deploy")
        return site

    def _by_name(self, name: str) -> Site | None:
        """Find a bare name, which to the API is only a term to search for."""
        sites = self.api.get("/sites", params={"name": name, "filter": "all"}).decode(list[Site])
        return next((site for site in sites if site.name == name), None)

    def _create(self) -> Site:
        options = self.options
        setup: dict[str, Any] = {"name": options.site, "custom_domain": options.custom_domain}
        setup |= {"force_ssl": options.force_ssl}
        setup["password"] = self.kit.secret(options.password_env) if options.password_env else None
        body = {key: value for key, value in setup.items() if value is not None}
        try:
            return self.api.post(f"/{options.team}/sites" if options.team else "/sites", json=body).decode(Site)
        except Unanswered as error:
            found = self._by_name(options.site) if options.site and error.uncertain else None
            if found is None:
                raise
            return found
        except Answered as error:
            if error.status == 422:
                error.hint = f"The name {options.site} is probably taken: choose another `site`."
            raise

    def _pages(self, path: str, kind: type[Any], **params: str) -> Iterator[Any]:
        """Yield the items of all pages; a `next` link is followed at the API's own origin only."""
        address: str | None = path
        while address is not None:
            answer = self.api.get(address, params=params or None)
            yield from answer.decode(list[kind])  # type: ignore[valid-type]
            address = next_page(answer.headers)
            params = {}
            if address is not None and urlsplit(address).netloc != urlsplit(self.options.api_url).netloc:
                raise HostError(f"The next page lies at {address}.", hint="Netlify's API has changed: report it.")

    def _zip_findings(self, intent: Intent) -> Iterable[Finding]:
        if len(intent.manifest) > ZIP_FILES:
            yield _error("netlify-zip-files", f"An archive takes {ZIP_FILES:,} files at the most.")
        if not intent.live or self.options.staged:
            yield _error("netlify-zip-draft", "An archive cannot be deployed as a preview or draft.")
        if self.functions:
            yield _error("netlify-zip-functions", "An archive cannot carry functions.")


def _name_findings(path: str) -> Iterator[Finding]:
    if "#" in path or "?" in path:
        yield Finding(
            severity="error",
            code="netlify-name",
            message="Netlify takes no name with # or ?.",
            path=path,
            hint="Rename the page or file, or leave it out with `ignore`.",
        )
    elif "\\" in path:
        yield _warning("netlify-backslash", "A name with \\ may not be reachable.", "Rename the file.", path)
    folder, _, name = path.rpartition("/")
    if folder and name in {"_headers", "_redirects"}:
        yield _warning("netlify-nested", f"Netlify reads {name} at the root only.", "Move it to the root.", path)


def _warning(code: str, message: str, hint: str, path: str | None = None) -> Finding:
    return Finding(severity="warning", code=code, message=message, path=path, hint=hint)


def _error(code: str, message: str) -> Finding:
    return Finding(severity="error", code=code, message=message, hint="Set `route: digest`.")
