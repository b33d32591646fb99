"""What the fault sweep of Canvas Drop rests on: what it reads as live, and that content sent again is noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support_canvasdrop import sha256
from support_canvasdrop_sweep import KINDS, CanvasDrop
from support_sweep import rigged
from support_sweep_kinds import Case

if TYPE_CHECKING:
    from pathlib import Path


SEVERAL = next(kind for kind in KINDS if kind.name == "several")


def test_what_is_read_as_live_is_what_the_server_reads_back(tmp_path: Path) -> None:
    with rigged(tmp_path, SEVERAL, CanvasDrop) as rig:
        rig.requests()
        assert isinstance(rig.service, CanvasDrop)
        assert rig.service.direct.live() == rig.service.live() == SEVERAL.after


def test_content_that_is_sent_again_is_noticed(tmp_path: Path) -> None:
    class Full(CanvasDrop):
        def stored(self) -> frozenset[str]:
            return super().stored() | {sha256(content) for content in SEVERAL.after.values()}

    with (
        rigged(tmp_path, SEVERAL, Full) as rig,
        pytest.raises(AssertionError, match="although the service has it"),
    ):
        rig.run(Case(1, "500", "for good"))
