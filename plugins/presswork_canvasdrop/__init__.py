"""The host `canvasdrop`: what it is, and its settings. What is heavy is loaded when the host is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from presswork.hookspecs import hookimpl
from presswork.host import HostType

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Options", "presswork_hosts"]


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of the host `canvasdrop`.

    `url` is the base address of the server's API, `canvas` the canvas's id (not the name in its public address).
    `route` chooses how files are sent: only those the server lacks, all of them as one archive, or by itself.
    """

    url: str
    canvas: str
    route: Literal["auto", "staged", "zip"] = "auto"


def _load() -> type[Any]:
    from presswork_canvasdrop.host import CanvasHost

    return CanvasHost


def _emulator() -> type[Any]:
    from presswork_canvasdrop.emulator import Emulator

    return Emulator


@hookimpl
def presswork_hosts() -> Iterable[HostType]:
    """Offer the host `canvasdrop`."""
    yield HostType(
        name="canvasdrop",
        summary="A canvas on a Canvas Drop server, by its keyed deploy API.",
        options=Options,
        load=_load,
        secrets={"key": "CANVAS_KEY"},
        emulator=_emulator,
    )
