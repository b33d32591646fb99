"""What all handlers have: the store and the limits, and how they look up a site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from presswork_simplehost.emulator.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from presswork_simplehost.emulator.behaviour import Behaviour
    from presswork_simplehost.emulator.limits import Limits
    from presswork_simplehost.emulator.records import Site
    from presswork_simplehost.emulator.store import Store
    from presswork_simplehost.emulator.wire import Call

__all__ = ["Calls", "live_at"]


class Calls:
    """Looks up sites; what is deleted is not there, nor an anonymous site that has expired."""

    def __init__(self, store: Store, limits: Limits, behaviour: Behaviour, clock: Callable[[], float]) -> None:
        self._store = store
        self._limits = limits
        self._behaviour = behaviour
        self._clock = clock

    def there(self, slug: str, *, expired: bool = False) -> Site:
        """Return the site with that slug; 404 where there is none, or it has expired."""
        site = self._store.sites.get(slug)
        if site is None or site.deleted or (not expired and not site.owner and site.status(self._clock()) == "expired"):
            raise Refusal("NOT_FOUND", "Site not found")
        return site

    def own(self, call: Call, slug: str) -> Site:
        """Return the account's site with that slug; what is another's is not there."""
        site = self.there(slug)
        if site.owner != call.email:
            raise Refusal("NOT_FOUND", "Site not found")
        return site


def live_at(call: Call, slug: str) -> str:
    """Return where the public finds a site: below a path, since not every resolver knows `SLUG.localhost`."""
    return f"{call.origin}/_live/{slug}/"
