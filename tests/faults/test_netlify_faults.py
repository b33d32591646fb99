"""Every request of a deploy to Netlify meets every fault of the proxy, once and for good."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from presswork.testing.faults import FAULTS
from support_netlify import sha1
from support_netlify_sweep import KINDS, SMALL, Netlify
from support_sweep import rigged, run_all
from support_sweep_kinds import Case, cases, sampled

if TYPE_CHECKING:
    from pathlib import Path

    from support_sweep import Rig
    from support_sweep_kinds import Files, Kind, Mode
    from support_sweep_table import Tell

SAMPLE = 6
"""Cases of each kind that are always run."""

of_each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "-"))
SEVERAL = next(kind for kind in KINDS if kind.name == "several")


@of_each_kind
def test_a_fault_leaves_the_old_site_or_the_new_and_the_next_deploy_succeeds(
    kind: Kind, tmp_path: Path, record_property: Tell
) -> None:
    with rigged(tmp_path, kind, Netlify) as rig:
        chosen = sampled(rig.requests(), KINDS.index(kind), SAMPLE)
        run_all(rig, chosen, rig.run, record_property, "netlify, faults: a sample")


@pytest.mark.sweep
@pytest.mark.parametrize("mode", ["once", "for good"])
@pytest.mark.parametrize("fault", FAULTS)
@of_each_kind
def test_a_fault_at_every_request_leaves_the_old_site_or_the_new(
    kind: Kind, fault: str, mode: Mode, tmp_path: Path, record_property: Tell
) -> None:
    # Dates are in whole seconds, and ten pauses are heeded: in the long run the date is one that has come.
    retry_after = -1 if (fault, mode) == ("429-date", "for good") else 0
    with rigged(tmp_path, kind, Netlify, retry_after=retry_after) as rig:
        run_all(rig, cases(rig.requests(), fault, mode), rig.run, record_property, f"netlify, faults {mode}")


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
