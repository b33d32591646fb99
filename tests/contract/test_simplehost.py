"""The host `simplehost` passes the contract against its emulator, with a site that is made first and with one there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import presswork_simplehost
from presswork.testing import HostContract
from support_simplehost import emulating

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_simplehost import InThread


@pytest.fixture
def simplehost(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "simplehost") as running:
        yield running


class TestSimpleHost(HostContract):
    """The site does not exist before the first deploy makes it; previews go to one that does."""

    host_type = next(iter(presswork_simplehost.presswork_hosts()))
    swaps = False

    @pytest.fixture
    def options(self, simplehost: InThread) -> dict[str, Any]:
        facts = simplehost.facts
        return {"create": True, "preview_slug": facts["slug"], "api_url": facts["api_url"]}

    @pytest.fixture
    def secrets(self, simplehost: InThread) -> dict[str, str]:
        return {"key": simplehost.facts["key"]}
