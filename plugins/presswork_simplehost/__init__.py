"""The host `simplehost`: what it is, and its settings. What is heavy is loaded when the host is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta, Struct

from presswork.hookspecs import hookimpl
from presswork.host import HostType

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Options", "presswork_hosts"]


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of the host `simplehost`.

    `slug` is the site's name in its address, which SimpleHost chooses. `create` makes a site where none is named.
    `title`, `description` and `og_image` (a path in the site) are what others show of it; `password_env` names the
    environment variable with the password that visitors need; after `ttl` seconds the site expires. `preview_slug`
    is the site that previews go to. `api_url` is the API's address, for the emulator.
    """

    slug: str | None = None
    create: bool = False
    title: str | None = None
    description: str | None = None
    og_image: str | None = None
    password_env: Annotated[str, Meta(pattern="^[A-Z][A-Z0-9_]*$")] | None = None
    ttl: Annotated[int, Meta(ge=1)] | None = None
    preview_slug: str | None = None
    api_url: str = "https://simplehost.dev/api/v1"


def _load() -> type[Any]:
    from presswork_simplehost.host import SimpleHost

    return SimpleHost


def _emulator() -> type[Any]:
    from presswork_simplehost.emulator import Emulator

    return Emulator


@hookimpl
def presswork_hosts() -> Iterable[HostType]:
    """Offer the host `simplehost`."""
    yield HostType(
        name="simplehost",
        summary="SimpleHost, by its publishing API; without an account for 24 hours.",
        options=Options,
        load=_load,
        secrets={"key": "SIMPLEHOST_API_KEY"},
        variables={"api_url": "PRESSWORK_SIMPLEHOST_API_URL"},
        unfiled=frozenset({"api_url"}),
        emulator=_emulator,
    )
