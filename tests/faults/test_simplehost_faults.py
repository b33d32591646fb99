"""What the fault sweep of SimpleHost rests on: what it reads as live, and that content sent again is noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support_simplehost_sweep import KINDS, SimpleHost, named
from support_sweep import rigged
from support_sweep_kinds import Case

if TYPE_CHECKING:
    from pathlib import Path


SEVERAL = next(kind for kind in KINDS if kind.name == "several")


def test_what_is_read_as_live_is_what_is_served(tmp_path: Path) -> None:
    with rigged(tmp_path, SEVERAL, SimpleHost) as rig:
        rig.requests()
        assert isinstance(rig.service, SimpleHost)
        assert rig.service.served(SEVERAL.after) == rig.service.live() == SEVERAL.after


def test_content_that_is_sent_again_is_noticed(tmp_path: Path) -> None:
    class Full(SimpleHost):
        def stored(self) -> frozenset[str]:
            return super().stored() | {named(path, content) for path, content in SEVERAL.after.items()}

    with (
        rigged(tmp_path, SEVERAL, Full) as rig,
        pytest.raises(AssertionError, match="although the service has it"),
    ):
        rig.run(Case(1, "500", "for good"))
