"""What happens during a deploy, as it happens: the one argument of the hook `presswork_event`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from presswork.host import Release
    from presswork.manifest import Manifest
    from presswork.plan import Plan

__all__ = [
    "Emit",
    "Event",
    "FillEnded",
    "FillStarted",
    "PartSent",
    "Planned",
    "Scanned",
    "Sent",
    "Switched",
    "Verified",
    "Waiting",
    "WaveStarted",
]


@dataclass(frozen=True)
class Event:
    """Something happened. `target` is the name of the target concerned, empty for all."""

    target: str


@dataclass(frozen=True)
class Scanned(Event):
    """The folder was read; every hook has had its say about the manifest."""

    manifest: Manifest
    seconds: float


@dataclass(frozen=True)
class Planned(Event):
    """The plan stands and its checks are done."""

    plan: Plan


@dataclass(frozen=True)
class FillStarted(Event):
    """The host was asked to take a new release."""


@dataclass(frozen=True)
class WaveStarted(Event):
    """The host named what it lacks: so many parts, so many bytes."""

    parts: int
    bytes: int


@dataclass(frozen=True)
class Sent(Event):
    """Some bytes more were handed to the host; sent again where a try failed."""

    bytes: int


@dataclass(frozen=True)
class PartSent(Event):
    """The host has taken one part."""

    key: str
    files: int
    bytes: int


@dataclass(frozen=True)
class Waiting(Event):
    """The host asked to wait, or is still at work."""

    seconds: float
    why: str


@dataclass(frozen=True)
class FillEnded(Event):
    """The host wants nothing more; only the switch is left."""


@dataclass(frozen=True)
class Switched(Event):
    """The release is there: live, or as a preview."""

    release: Release


@dataclass(frozen=True)
class Verified(Event):
    """The proof was made, or failed."""

    method: str
    files: int
    ok: bool


Emit: TypeAlias = "Callable[[Event], None]"
