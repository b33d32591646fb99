"""What a host tells the sweep about itself, and the cases that are made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from presswork.testing.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from presswork.testing.servers import App

Files = dict[str, bytes]
Mode = Literal["once", "for good"]


class Service(Protocol):
    """A host's emulator over a folder, where it finds what it left there: a new one for each case."""

    host: str

    @property
    def app(self) -> App:
        """The emulator."""

    @property
    def environ(self) -> Mapping[str, str]:
        """Environment variables that a deploy needs: its token."""

    def options(self, address: str) -> Mapping[str, str]:
        """Return the target's options where the service is reached at `address`."""

    def live(self) -> Files | None:
        """Return what is live, byte by byte; None where nothing is. Looking must not move the service on."""

    def pass_time(self) -> None:
        """Let what the service does by itself come to its end."""

    def stored(self) -> frozenset[str]:
        """Return the names of the contents it has for good."""

    def sent(self) -> Sequence[str]:
        """Return the names of the contents that were sent to it and taken, in that order."""


@dataclass(frozen=True)
class Kind:
    """A kind of deploy: of the site `after` where `before` is live, None where nothing is.

    `options` are the target's, `project` the files that lie in the project's folder. With a `slow` service the work
    goes on after the last upload. `terms` are other timeouts than the sweep's, for requests that are not repeated.
    """

    name: str
    before: Files | None
    after: Files
    options: Mapping[str, str] = field(default_factory=dict)
    project: Files = field(default_factory=dict)
    preview: bool = False
    slow: bool = False
    terms: Mapping[str, str] = field(default_factory=dict)

    @property
    def goal(self) -> Files | None:
        """What is live in the end."""
        return self.before if self.preview else self.after


class Case(NamedTuple):
    """The `number`th request of a deploy meets a fault, once or with all that follow."""

    number: int
    fault: str
    mode: Mode = "once"


def cases(requests: int, fault: str, mode: Mode = "once") -> list[Case]:
    """Return all the cases of one fault."""
    return [Case(number, fault, mode) for number in range(1, requests + 1)]


def sampled(requests: int, kind: int, size: int, faults: Sequence[str] = FAULTS) -> list[Case]:
    """Return `size` cases of the `kind`th kind: all kinds together take each fault in turn, at requests far apart."""
    return [
        Case(
            number=1 + (turn * requests // size + kind) % requests,
            fault=faults[(kind * size + turn) % len(faults)],
            mode="for good" if (kind + turn) % 4 == 3 else "once",
        )
        for turn in range(size)
    ]
