"""The limits: what a plan holds, and the requests of an hour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from presswork_simplehost.emulator.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from presswork_simplehost.emulator.behaviour import Behaviour
    from presswork_simplehost.emulator.store import Store

__all__ = ["HOUR", "Limits", "Plan"]

HOUR: Final = 3600


class Plan(NamedTuple):
    """What a plan allows; sites None: any number."""

    file_bytes: int
    storage_bytes: int
    sites: int | None
    requests: int


_PLANS: Final = {
    "free": Plan(262_144_000, 10_737_418_240, 500, 60),
    "hobby": Plan(5_368_709_120, 107_374_182_400, None, 200),
}


class Limits:
    """Counts and refuses. `clock` gives seconds since the epoch; `owner` is an account's address, None for nobody's."""

    def __init__(self, store: Store, behaviour: Behaviour, clock: Callable[[], float]) -> None:
        self._store = store
        self._behaviour = behaviour
        self._clock = clock
        self._hour = 0
        self._counts: dict[str, int] = {}

    def plan(self, owner: str | None) -> Plan:
        """Return what an account may."""
        own, plan = self._behaviour, _PLANS[self._behaviour.plan if owner else "free"]
        return Plan(
            plan.file_bytes if own.file_bytes is None else own.file_bytes,
            plan.storage_bytes if own.storage_bytes is None else own.storage_bytes,
            plan.sites if own.sites is None else own.sites,
            plan.requests if own.rate_limit is None else own.rate_limit,
        )

    def upgrade(self, owner: str | None, message: str) -> dict[str, str] | None:
        """Return the offer of a greater plan, where there is one."""
        if owner and self._behaviour.plan == "hobby":
            return None
        return {"message": message, "action": "checkout" if owner else "signup"}

    def site(self, owner: str | None) -> None:
        """Refuse one site more where the account has all it may have."""
        most = self.plan(owner).sites
        if owner and most is not None and len(self._store.sites_of(owner)) >= most:
            offer = self.upgrade(owner, "Hobby has no limit on sites.")
            raise Refusal("SITE_LIMIT_EXCEEDED", f"Site limit of {most} reached", upgrade=offer)

    def sizes(self, owner: str | None, slug: str, sizes: Iterable[int]) -> None:
        """Refuse files that are too large, or too much beside what the account's other sites hold."""
        plan, total = self.plan(owner), 0
        for size in sizes:
            total += size
            if size > plan.file_bytes:
                error = f"File of {size} bytes is above the limit of {plan.file_bytes} bytes"
                offer = self.upgrade(owner, "A greater plan takes files up to 5 GB.")
                raise Refusal("FILE_TOO_LARGE", error, hint="Leave the file out or make it smaller.", upgrade=offer)
        used = self.used(owner, but=slug)
        if used + total > plan.storage_bytes:
            error = f"Storage exceeded: {used} of {plan.storage_bytes} bytes used, {total} bytes wanted"
            offer = self.upgrade(owner, "A greater plan holds 100 GB.")
            raise Refusal("STORAGE_EXCEEDED", error, hint="Delete sites you no longer need.", upgrade=offer)

    def used(self, owner: str | None, but: str = "") -> int:
        """Return the bytes that the live versions of an account's sites hold."""
        versions = [self._store.version(site.live) for site in self._store.sites_of(owner or "") if site.slug != but]
        return sum(file.size for version in versions if version for file in version.files.values())

    def request(self, owner: str | None, peer: str) -> tuple[bool, dict[str, str]]:
        """Count a request; return whether it is one too many, and the headers that say what is left."""
        own, hour = self._behaviour, int(self._clock()) // HOUR
        if hour != self._hour:
            self._hour, self._counts = hour, {}
        who = owner or peer
        self._counts[who] = count = self._counts.get(who, 0) + 1
        limit = self.plan(owner).requests if owner else own.rate_anonymous
        reset = (hour + 1) * HOUR
        headers = {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(max(0, limit - count)),
            "x-ratelimit-reset": str(reset * 1000 if own.rate_milliseconds else reset),
        }
        over = count > limit
        after = {"retry-after": str(int(reset - self._clock()) + 1)} if over and own.retry_after else {}
        return over, {**(headers if own.rate_headers else {}), **after}
