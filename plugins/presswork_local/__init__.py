"""The embedded default host: a folder on this machine, whose `current` any web server can serve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from presswork.hookspecs import hookimpl
from presswork.host import HostType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from presswork_local.host import LocalHost

__all__ = ["Options", "presswork_hosts"]


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the local host.

    `path` is the store's folder (None: `local` in the project's state folder). `keep` is how many releases, and
    how many previews, keep their files besides those that are live or have an alias.
    """

    path: Path | None = None
    keep: Annotated[int, Meta(ge=1)] = 10


def _load() -> type[LocalHost]:
    from presswork_local.host import LocalHost

    return LocalHost


@hookimpl
def presswork_hosts() -> Iterable[HostType]:
    """Offer the host `local`."""
    yield HostType(
        name="local",
        summary="A folder on this machine, switched over in one step; serve it with any web server.",
        options=Options,
        load=_load,
        embedded=True,
    )
