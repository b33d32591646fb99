from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import presswork_local
from presswork.testing import HostContract

if TYPE_CHECKING:
    from pathlib import Path


class TestLocal(HostContract):
    host_type = next(host for host in presswork_local.presswork_hosts() if host.name == "local")

    @pytest.fixture
    def options(self, tmp_path: Path) -> dict[str, object]:
        return {"path": str(tmp_path / "store")}
