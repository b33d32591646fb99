"""What some hosts can do besides deploying: protocols of methods only, so that `issubclass` answers unconnected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from presswork.findings import Finding
    from presswork.host import Intent, Release, Taken
    from presswork.manifest import Entry, Manifest
    from presswork.plan import Estimate

__all__ = [
    "ABILITIES",
    "Activates",
    "Cancels",
    "Carries",
    "Checks",
    "Claims",
    "Deletes",
    "Estimates",
    "KeepsHistory",
    "Lists",
    "Reads",
    "Serves",
    "Tells",
    "Unpublishes",
]


@runtime_checkable
class Lists(Protocol):
    """Can list what is live."""

    def files(self) -> Iterable[tuple[str, str]]:
        """Return path and digest, of the kind `capabilities.digest` names, of all that is live.

        `Gone` where this server, unlike others of its kind, cannot tell.
        """
        ...


@runtime_checkable
class Reads(Protocol):
    """Can read back what is live."""

    def read(self, path: str) -> Iterable[bytes]:
        """Yield the bytes of one live file; `Gone` where it is not there."""
        ...


@runtime_checkable
class Checks(Protocol):
    """Knows beforehand what it would refuse or drop."""

    def check(self, intent: Intent) -> Iterable[Finding]:
        """Return findings; has no side effects."""
        ...


@runtime_checkable
class Estimates(Protocol):
    """Can tell what a deploy would cost."""

    def estimate(self, manifest: Manifest, missing: Sequence[Entry]) -> Estimate:
        """Return the route for what is not live yet; pure."""
        ...


@runtime_checkable
class KeepsHistory(Protocol):
    """Remembers earlier releases."""

    def history(self) -> Iterable[Release]:
        """Return releases and previews, newest first."""
        ...


@runtime_checkable
class Activates(Protocol):
    """Can make a release of its history live: rollback and promote."""

    def activate(self, release: str) -> Release:
        """Switch to this release; `Gone` where its files are no longer kept."""
        ...


@runtime_checkable
class Unpublishes(Protocol):
    """Can take the live site off."""

    def unpublish(self) -> None:
        """Leave nothing live; harmless where nothing is."""
        ...


@runtime_checkable
class Deletes(Protocol):
    """Can delete a release that is not live."""

    def delete(self, release: str) -> None:
        """Delete its files; harmless where they are gone."""
        ...


@runtime_checkable
class Cancels(Protocol):
    """Can drop an upload that will not be finished."""

    def cancel(self, session: str) -> None:
        """Drop the session; harmless where it is gone."""
        ...


@runtime_checkable
class Claims(Protocol):
    """Can turn a site made without an account into one's own."""

    def claim(self) -> Release:
        """Claim the site with the account's key."""
        ...


@runtime_checkable
class Carries(Protocol):
    """Deploys something besides the site's files: functions, say."""

    def cargo(self) -> str:
        """Return one digest of all of it; empty where there is nothing."""
        ...


@runtime_checkable
class Serves(Protocol):
    """Can serve its own releases to look at, without a network."""

    def app(self, *, any_host: bool) -> Callable[..., Any]:
        """Return an ASGI application: the live site at its root, other releases and previews by host name.

        With `any_host`, for a server that others reach, every other host name means the live site too.
        """
        ...


@runtime_checkable
class Tells(Protocol):
    """An upload that can tell which of several routes it took."""

    def taken(self) -> Taken:
        """Return the route; asked once the upload is finished."""
        ...


ABILITIES: Final[Mapping[str, type]] = {
    "lists": Lists,
    "reads": Reads,
    "checks": Checks,
    "estimates": Estimates,
    "history": KeepsHistory,
    "rollback": Activates,
    "unpublish": Unpublishes,
    "delete": Deletes,
    "cancel": Cancels,
    "claim": Claims,
    "extras": Carries,
    "serve": Serves,
}
"""The optional abilities by the words shown to people."""
