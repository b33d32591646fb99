"""What our own tests and those of other plugins are made of: the suite every host must pass, and its parts.

`HostContract` and `Bench` need pytest (`presswork[testing]`) and are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from presswork.testing.faults import FAULTS, PROCESSED, Exchange, FaultProxy
from presswork.testing.kits import RecordingKit, kit
from presswork.testing.servers import served
from presswork.testing.sites import MemorySource, memory_source
from presswork.testing.steps import FailAt, StepCounter, deploy

if TYPE_CHECKING:
    from presswork.testing.bench import Bench as Bench
    from presswork.testing.contract import HostContract as HostContract

__all__ = [
    "FAULTS",
    "PROCESSED",
    "Bench",
    "Exchange",
    "FailAt",
    "FaultProxy",
    "HostContract",
    "MemorySource",
    "RecordingKit",
    "StepCounter",
    "deploy",
    "kit",
    "memory_source",
    "served",
]

_HOMES: Final = {"Bench": "presswork.testing.bench", "HostContract": "presswork.testing.contract"}
_ASSERTING: Final = tuple(
    f"presswork.testing.{name}" for name in ("contract", "contract_abilities", "contract_deploy", "contract_trouble")
)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import pytest

    pytest.register_assert_rewrite(*_ASSERTING)  # so that a failure in the suite shows both sides
    return getattr(import_module(_HOMES[name]), name)
