"""What the fault sweep of Netlify rests on: what it reads as live is served, and what breaks a promise is noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from support_netlify import sha1
from support_netlify_sweep import KINDS, SMALL, Netlify
from support_sweep import rigged
from support_sweep_kinds import Case

if TYPE_CHECKING:
    from pathlib import Path

    from support_sweep import Rig
    from support_sweep_kinds import Files

SEVERAL = next(kind for kind in KINDS if kind.name == "several")


def test_what_is_read_as_live_is_what_is_served(tmp_path: Path) -> None:
    with rigged(tmp_path, SEVERAL, Netlify) as rig:
        rig.requests()
        assert isinstance(rig.service, Netlify)
        direct = rig.service.direct
        served = {path: direct.page(direct.name, quote(path)).body for path in SEVERAL.after}
        assert served == rig.service.live() == SEVERAL.after


def refusal(rig: Rig, case: Case) -> str:
    """Return what the checks have to say of a case that must not pass."""
    with pytest.raises(AssertionError) as raised:
        rig.run(case)
    return str(raised.value)


def test_a_fault_that_does_not_strike_is_noticed(tmp_path: Path) -> None:
    with rigged(tmp_path, SEVERAL, Netlify) as rig:
        assert "did not strike" in refusal(rig, Case(1000, "500"))


def test_a_site_that_is_neither_the_old_nor_the_new_is_noticed(tmp_path: Path) -> None:
    class Mixing(Netlify):
        def pass_time(self) -> None:
            super().pass_time()
            for file in self.folder.glob("deploys/*.json"):
                file.write_text(file.read_text().replace(sha1(SEVERAL.after["index.html"]), sha1(SMALL["index.html"])))

    with rigged(tmp_path, SEVERAL, Mixing) as rig:
        assert "neither site" in refusal(rig, Case(1, "500"))


def test_a_deploy_that_is_said_to_be_live_and_is_not_is_noticed(tmp_path: Path) -> None:
    class Lagging(Netlify):
        def live(self) -> Files | None:
            return SEVERAL.before

    with rigged(tmp_path, SEVERAL, Lagging) as rig:
        assert "it is not live" in refusal(rig, Case(1, "500"))


def test_content_that_is_sent_again_is_noticed(tmp_path: Path) -> None:
    class Full(Netlify):
        def stored(self) -> frozenset[str]:
            return super().stored() | {sha1(content) for content in SEVERAL.after.values()}

    with rigged(tmp_path, SEVERAL, Full) as rig:
        assert "although the service has it" in refusal(rig, Case(1, "500", "for good"))
