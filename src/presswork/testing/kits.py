"""The kit a host is given in a test: real and on disk, but for the waiting, which is counted and not done."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from presswork.errors import CredentialMissing, HostError
from presswork.host import Kit
from presswork.state import State
from presswork.transport import Client, Terms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from presswork.findings import Finding

__all__ = ["PATIENCE", "RecordingKit", "kit"]

PATIENCE: Final = 3600.0
"""How many seconds a host may ask to wait, in all, before it is taken to wait for ever."""


@dataclass(frozen=True, kw_only=True)
class RecordingKit(Kit):
    """A kit that keeps what it was told: the findings, what is confided, and each wait as (seconds, why)."""

    notes: list[Finding]
    confided: list[str]
    waits: list[tuple[float, str]]


def kit(
    folder: Path, *, secrets: Mapping[str, str] | None = None, variables: Mapping[str, str] | None = None
) -> RecordingKit:
    """Return the kit of one process working on the project in `folder`, an existing folder.

    A second kit on the same folder is that of the next process: it finds the same memory. `secrets` maps a
    credential's name to its value; `variables` (`HostType.secrets`) to the environment variable that has it.
    """
    (folder / "presswork.toml").touch()  # makes the folder a project of its own, wherever it lies
    state = State(folder)
    notes: list[Finding] = []
    confided: list[str] = []
    waits: list[tuple[float, str]] = []

    def secret(name: str) -> str:
        value = (secrets or {}).get(name) or os.environ.get((variables or {}).get(name, ""))
        if value is None:
            raise CredentialMissing(f"There is no {name}.", hint="Give it in the `secrets` fixture of the test.")
        return value

    def wait(seconds: float, why: str) -> None:
        waits.append((seconds, why))
        if sum(spent for spent, _ in waits) > PATIENCE:
            raise HostError(f"The host asked to wait for more than {PATIENCE:.0f} s: {why}.", hint="See `Kit.wait`.")

    return RecordingKit(
        folder=state.folder,
        memory=state.memory("contract"),
        secret=secret,
        http=lambda base, token: Client(base, token, Terms(wait=wait)),
        note=notes.append,
        confide=confided.append,
        wait=wait,
        notes=notes,
        confided=confided,
        waits=waits,
    )
