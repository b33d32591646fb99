"""The API as one account sees it, and the one site there that is meant: found, made, switched off and on."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

from presswork.errors import ConfigError, HostError
from presswork.transport import Answered, Unanswered
from presswork_netlify.wire import Site, next_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presswork.host import Kit
    from presswork.transport import Client
    from presswork_netlify import Options

__all__ = ["Account", "explained"]

T = TypeVar("T")

_A_PAGE = 100
"""Items of a full page (API page)."""
_HINTS = {
    401: "Make a new personal access token at Netlify, and set NETLIFY_AUTH_TOKEN to it.",
    429: "Netlify documents 500 requests and 3 deployments a minute, and 100 deployments a day: wait, then run the "
    "same command again.",
}
_SSO = "Make a new personal access token, and while making it grant it access to the team, which enforces SAML SSO."
_OFF = "Netlify itself has disabled the site (for its usage, or as spam): see its own pages, or ask its support."
_MAYBE = "Look at Netlify's own pages whether a site was made; if so, set `site` to its id."


class Account:
    """Asks for the token when the API is first needed. The id of a site that was made is remembered."""

    def __init__(self, options: Options, kit: Kit) -> None:
        self._options = options
        self._kit = kit
        self._origin = urlsplit(options.api_url)
        self._site: Site | None = None
        self._asked = False

    @property
    def place(self) -> str:
        """The API's origin and the site, as it is configured or was made."""
        return f"{self._origin.netloc}/{self._options.site or self._remembered() or 'a new site'}"

    @cached_property
    def api(self) -> Client:
        """The client."""
        return self._kit.http(self._options.api_url, self._kit.secret("token"))

    def close(self) -> None:
        """Close the connections, where there are any."""
        if "api" in self.__dict__:
            self.api.close()

    @property
    def site_id(self) -> str:
        """The site's id, for addresses; `HostError` where there is none."""
        return self.known().id

    def find(self, *, fresh: bool = False) -> Site | None:
        """Return the site by its id, domain or name; None where there is none. `fresh`: as it is now."""
        if fresh or not self._asked:
            known = [self._site.id] if self._site else [self._remembered(), self._options.site]
            with explained():
                self._site = self._first(list(dict.fromkeys(key for key in known if key)))
            self._asked = True
        return self._site

    def known(self, *, fresh: bool = False) -> Site:
        """Return the site; `HostError` where there is none."""
        site = self.find(fresh=fresh)
        if site is None:
            raise self.missing()
        return site

    def missing(self) -> HostError:
        """Return the error to raise where there is no site."""
        if self._options.create:
            return HostError("There is no site yet.", hint="Deploy first: presswork deploy")
        return HostError(
            f"Netlify has no site {self._options.site or self._remembered()} for this token.",
            hint="Check `site` (an id, a domain or a name) and whose token it is; `create: true` makes a new site.",
        )

    def made(self) -> Site:
        """Return the site, making it where there is none; its id is remembered before anything else is sent."""
        site = self.find()
        if site is None:
            site = self._site = self._make()
            self._kit.memory.put(self._slot, site.id)
        return site

    def pages(self, path: str, kind: type[T], **params: str) -> Iterator[T]:
        """Yield the items of all pages.

        A `next` link is followed at the API's own origin only. Without any link a full page is followed by the next
        one, until one is empty or repeated (API page: `Link` may be the only sign of the end).
        """
        address, page, seen, last = path, 1, {path}, b""
        while True:
            answer = self.api.get(address, params=params or None)
            items = answer.decode(list[kind])  # type: ignore[valid-type]
            if answer.content == last:
                return
            yield from items
            last = answer.content
            if "link" in answer.headers:
                following = next_page(answer.headers)
                if following is None:
                    return
                if not self._is_ours(following) or following in seen:
                    raise HostError(
                        "The next page of a listing is not one of Netlify's API.", hint="Report it, with --trace."
                    )
                seen.add(following)
                address, params = following, {}
            elif len(items) < _A_PAGE:
                return
            else:
                page += 1
                params = {**params, "page": str(page)}

    @property
    def disabled(self) -> bool:
        """Whether the site was taken off, by `disable` or at Netlify's own pages."""
        site = self.find()
        return site is not None and (site.state == "disabled" or self._kit.memory.get(self._off) == site.id)

    def disable(self) -> None:
        """Stop serving the site."""
        with _refusable():
            self.api.put(f"/sites/{self.site_id}/disable", params={"reason": "presswork unpublish"})
        self._kit.memory.put(self._off, self.site_id)
        self.find(fresh=True)

    def enable(self) -> None:
        """Serve the site again, where it was taken off."""
        if self.disabled:
            with _refusable():
                self.api.put(f"/sites/{self.site_id}/enable")
            self._kit.memory.forget(self._off)
            self.find(fresh=True)

    @property
    def _slot(self) -> str:
        return f"site {self._origin.netloc}/{self._options.site or ''}"

    @property
    def _off(self) -> str:
        return f"disabled {self._slot}"

    def _remembered(self) -> str | None:
        return self._kit.memory.get(self._slot)

    def _first(self, keys: list[str]) -> Site | None:
        if not keys and not self._options.create:
            raise ConfigError(
                "The host netlify needs a site.",
                hint="Set `site`, or NETLIFY_SITE_ID, or `create: true` for a new one.",
            )
        for key in keys:
            answer = self.api.get(f"/sites/{quote(key, safe='')}", expect={404})
            if answer.status != 404:
                return answer.decode(Site)
        return self._by_name()

    def _by_name(self) -> Site | None:
        """Find a bare name, which to the API is only a term to search for."""
        name = self._options.site
        if name is None:
            return None
        return next((site for site in self.pages("/sites", Site, name=name, filter="all") if site.name == name), None)

    def _make(self) -> Site:
        """Make the site. Not together with its first archive, though the API page has that call.

        Where that answer is lost there is neither a name nor a title to find the site by; and its id is to be
        remembered before any content goes out.
        """
        options = self._options
        setup: dict[str, Any] = {"name": options.site, "custom_domain": options.custom_domain}
        setup["force_ssl"] = options.force_ssl
        setup["password"] = self._kit.secret(options.password_env) if options.password_env else None
        body = {key: value for key, value in setup.items() if value is not None}
        path = f"/{quote(options.team, safe='')}/sites" if options.team else "/sites"
        try:
            with explained():
                return self.api.post(path, json=body).decode(Site)
        except (Answered, Unanswered) as error:
            if isinstance(error, Unanswered) or error.status >= 500:
                found = self._by_name()
                if found is not None:
                    return found
                error.hint = _MAYBE
            elif error.status == 422:
                error.hint = f"{options.site or 'Its name'} is probably taken: choose another `site`."
            elif error.status == 404:
                error.hint = "Check `team`: it is the team's slug, as in the address of its pages at Netlify."
            raise

    def _is_ours(self, address: str) -> bool:
        parts = urlsplit(address)
        return (parts.scheme, parts.netloc) == (self._origin.scheme, self._origin.netloc)


@contextmanager
def explained() -> Iterator[None]:
    """Say what to do at Netlify about a refusal."""
    try:
        yield
    except Answered as error:
        error.hint = _HINTS.get(error.status, error.hint)
        if error.status == 403 and ("SSO" in error.said.upper() or "SAML" in error.said.upper()):
            error.hint = _SSO
        raise


@contextmanager
def _refusable() -> Iterator[None]:
    try:
        yield
    except Answered as error:
        if error.status == 422:
            error.hint = _OFF
        raise
