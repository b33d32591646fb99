from pathlib import Path

import pytest
from presswork.testing import HostContract

from presswork_shelf import presswork_hosts


class TestShelf(HostContract):
    host_type = presswork_hosts()[0]

    @pytest.fixture
    def options(self, tmp_path: Path) -> dict[str, object]:
        return {"path": str(tmp_path / "shelf")}
