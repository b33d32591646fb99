"""The host `netlify`: what it is, and its settings. What is heavy is loaded when the host is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta, Struct

from presswork.hookspecs import hookimpl
from presswork.host import HostType

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Options", "presswork_hosts"]


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of the host `netlify`.

    `site` is an id, a domain or a name. `create` makes the site where there is none of that name, with `team`,
    `custom_domain`, `force_ssl`, and the password in the environment variable that `password_env` names. `functions`
    is a folder of function bundles. `route` chooses how files are sent, `staged` deploys to a draft that is made
    live at the end. `api_url` is the API's address, for the emulator.
    """

    site: str | None = None
    create: bool = False
    team: str | None = None
    custom_domain: str | None = None
    force_ssl: bool | None = None
    password_env: Annotated[str, Meta(pattern="^[A-Z][A-Z0-9_]*$")] | None = None
    functions: Path | None = None
    route: Literal["auto", "digest", "zip"] = "auto"
    staged: bool = False
    api_url: str = "https://api.netlify.com/api/v1"


def _load() -> type[Any]:
    from presswork_netlify.host import NetlifyHost

    return NetlifyHost


def _emulator() -> type[Any]:
    from presswork_netlify.emulator import Emulator

    return Emulator


@hookimpl
def presswork_hosts() -> Iterable[HostType]:
    """Offer the host `netlify`."""
    yield HostType(
        name="netlify",
        summary="Netlify, by its deploy API: only the files it lacks are sent.",
        options=Options,
        load=_load,
        secrets={"token": "NETLIFY_AUTH_TOKEN"},
        variables={"site": "NETLIFY_SITE_ID", "api_url": "PRESSWORK_NETLIFY_API_URL"},
        unfiled=frozenset({"api_url"}),
        emulator=_emulator,
    )
