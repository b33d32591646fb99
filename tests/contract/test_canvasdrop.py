"""The host `canvasdrop` passes the contract against its emulator: by its own choice of route, and as archives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import presswork_canvasdrop
from presswork.testing import HostContract
from support_canvasdrop import emulating

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_canvasdrop import InThread


@pytest.fixture
def canvas(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "canvasdrop") as running:
        yield running


class Contract(HostContract):
    host_type = next(iter(presswork_canvasdrop.presswork_hosts()))
    swaps = False
    route = "auto"

    @pytest.fixture
    def options(self, canvas: InThread) -> dict[str, Any]:
        return {"url": canvas.facts["url"], "canvas": canvas.facts["canvas"], "route": self.route}

    @pytest.fixture
    def secrets(self, canvas: InThread) -> dict[str, str]:
        return {"key": canvas.facts["key"]}


class TestCanvasDrop(Contract):
    pass


class TestCanvasDropZip(Contract):
    route = "zip"
