"""`HostContract` finds what is wrong with a host: one deliberate mistake after another, each found by name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "third-party-host"

CAUGHT_BY = {
    "Mixing": "test_a_kill_at_any_step_leaves_old_or_new_and_the_next_process_goes_on[kept]",
    "SwitchingFirst": "test_a_kill_at_any_step_leaves_old_or_new_and_the_next_process_goes_on[lost]",
    "KeepingRemoved": "test_the_next_deploy_replaces_the_site_and_drops_what_was_removed",
    "FinishingAgain": "test_finishing_twice_gives_the_same_release",
    "Gullible": "test_a_file_that_changed_under_way_stops_the_deploy_which_then_goes_on[as long]",
    "KeepingHalves": "test_a_file_that_changed_under_way_stops_the_deploy_which_then_goes_on[as long]",
    "SharingScratch": "test_parts_can_be_put_at_the_same_time",
    "Overwriting": "test_a_rival_that_goes_live_during_the_upload_is_a_conflict",
    "PreviewingLive": "test_a_preview_can_come_before_the_first_deploy",
    "Trusting": "test_a_session_of_another_site_leaves_nothing_of_it",
    "Forgetful": "test_the_first_deploy_makes_the_site_live",
    "Greedy": "test_only_changed_content_is_wanted",
    "Eager": "test_the_constructor_does_no_input_or_output_and_asks_for_no_secret",
    "Everywhere": "test_the_place_is_the_same_for_the_same_options_and_holds_no_secret",
}
RIGHT = ("Shelf", "Previewing", "Unlabelled")

SUITE = """
import pytest
import support_wronghosts
from presswork.testing import HostContract
"""
CLASS = """

class Test{name}(HostContract):
    {host_type}

    @pytest.fixture
    def options(self, tmp_path):
        return {{"path": str(tmp_path / "shelf")}}
"""
ATTRIBUTE = 'host_type = support_wronghosts.host_type("{name}")'
FIXTURE = """
    @pytest.fixture
    def host_type(self):
        return support_wronghosts.host_type("{name}")
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    """Class and test to what came of it: all tests of the right hosts, one of each wrong one."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    suite = folder / "test_suite.py"
    suite.write_text(SUITE + "".join(_class(name) for name in (*RIGHT, *CAUGHT_BY)))
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=outcomes.xml"),
            *(f"{suite}::Test{name}" for name in RIGHT),
            *(f"{suite}::Test{name}::{test}" for name, test in CAUGHT_BY.items()),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{EXAMPLE}{os.pathsep}{HERE.parent}"},
        stdout=subprocess.DEVNULL,
    )
    return {
        (case.attrib["classname"].rpartition(".Test")[2], case.attrib["name"]): _outcome(case)
        for case in ElementTree.parse(folder / "outcomes.xml").iter("testcase")  # noqa: S314 -- our own
    }


def _class(name: str) -> str:
    given = FIXTURE if name == "Previewing" else ATTRIBUTE  # both ways to name the host type
    return CLASS.format(name=name, host_type=given.format(name=name))


def _outcome(case: ElementTree.Element) -> str:
    return next((f"{child.tag}: {child.attrib.get('message')}" for child in case), "passed")


@pytest.mark.parametrize("name", RIGHT)
def test_the_suite_passes_where_nothing_is_wrong(outcomes: dict[tuple[str, str], str], name: str) -> None:
    own = {test: outcome for (host, test), outcome in outcomes.items() if host == name}

    assert set(CAUGHT_BY.values()) <= own.keys()
    assert {test: outcome for test, outcome in own.items() if outcome != "passed" and " lacks: " not in outcome} == {}


@pytest.mark.parametrize(("name", "test"), CAUGHT_BY.items())
def test_the_suite_finds(outcomes: dict[tuple[str, str], str], name: str, test: str) -> None:
    assert outcomes["Previewing", test] == "passed"
    assert outcomes[name, test].startswith("failure")


def test_a_failure_shows_both_sides(outcomes: dict[tuple[str, str], str]) -> None:
    assert "'a release' in (None, 'the first one')" in outcomes["Forgetful", CAUGHT_BY["Forgetful"]]
