"""The suite every host must pass, from the first deploy to the rollback.

class TestShelf(HostContract):
    host_type = SHELF

    @pytest.fixture
    def options(self, tmp_path):
        return {"path": str(tmp_path / "store")}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from presswork.host import HostType
from presswork.testing.bench import Bench
from presswork.testing.contract_abilities import AbilitiesContract
from presswork.testing.contract_deploy import DeployContract
from presswork.testing.contract_trouble import TroubleContract

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["HostContract"]


class HostContract(DeployContract, TroubleContract, AbilitiesContract):
    """Subclass it with a `host_type` (attribute, property or fixture) and an `options` fixture.

    Tests of abilities and of `Capabilities` the host does not claim are skipped with the reason; no other is. Set
    `swaps` to False for an atomic host that has no compare-and-swap: the core then looks before it switches, and a
    rival between look and switch is told of afterwards.
    """

    host_type: Any = None
    swaps = True

    @pytest.fixture
    def options(self) -> Mapping[str, Any]:
        """Return the raw options, as a configuration file has them, of a target that is new and empty."""
        raise NotImplementedError("Give the subclass of HostContract a fixture `options`.")

    @pytest.fixture
    def secrets(self) -> Mapping[str, str]:
        """Return the credentials by the names the host asks for; those left out come from the environment."""
        return {}

    @pytest.fixture
    def bench(
        self,
        request: pytest.FixtureRequest,
        options: Mapping[str, Any],
        secrets: Mapping[str, str],
        tmp_path_factory: pytest.TempPathFactory,
    ) -> Bench:
        """Return the host under test, with its options and a project's folder of its own."""
        own = self.host_type
        host_type = own if isinstance(own, HostType) else request.getfixturevalue("host_type")
        folder: Path = tmp_path_factory.mktemp("project")
        return Bench(host_type, options, folder, secrets)
