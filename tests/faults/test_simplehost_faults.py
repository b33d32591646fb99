"""Every request of a deploy to SimpleHost meets every fault of the proxy, once and for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from presswork.testing.faults import FAULTS
from support_simplehost_sweep import KINDS, SimpleHost, named
from support_sweep import rigged, run_all
from support_sweep_kinds import Case, cases, sampled

if TYPE_CHECKING:
    from pathlib import Path

    from support_sweep_kinds import Kind, Mode
    from support_sweep_table import Tell

SAMPLE = 4
"""Cases of each kind that are always run."""

of_each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "-"))
SEVERAL = next(kind for kind in KINDS if kind.name == "several")


@of_each_kind
def test_a_fault_leaves_the_old_site_or_the_new_and_the_next_deploy_succeeds(
    kind: Kind, tmp_path: Path, record_property: Tell
) -> None:
    with rigged(tmp_path, kind, SimpleHost) as rig:
        chosen = sampled(rig.requests(), KINDS.index(kind), SAMPLE)
        run_all(rig, chosen, rig.run, record_property, "simplehost, faults: a sample")


@pytest.mark.sweep
@pytest.mark.parametrize("mode", ["once", "for good"])
@pytest.mark.parametrize("fault", FAULTS)
@of_each_kind
def test_a_fault_at_every_request_leaves_the_old_site_or_the_new(
    kind: Kind, fault: str, mode: Mode, tmp_path: Path, record_property: Tell
) -> None:
    # Dates are in whole seconds, and ten pauses are heeded: in the long run the date is one that has come.
    retry_after = -1 if (fault, mode) == ("429-date", "for good") else 0
    with rigged(tmp_path, kind, SimpleHost, retry_after=retry_after) as rig:
        run_all(rig, cases(rig.requests(), fault, mode), rig.run, record_property, f"simplehost, faults {mode}")


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
