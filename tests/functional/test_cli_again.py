"""Going back on a host that cannot do so by itself: what was deployed is deployed again, from the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support_cli import TESTS, Project, check_one_error, install, tree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.environ |= {"PYTHONPATH": f"{install(tmp_path / 'path', 'rack', {'rack': 'support_rack'})}:{TESTS}"}
    made.environ |= {"RACK_TOKEN": "of-the-rack"}
    made.write({"presswork.toml": 'host = "rack"\npath = "rack"\n'})
    return made


def deploy(project: Project, content: str) -> str:
    project.site({"index.html": content, "same.txt": "same", f"only-{content}.txt": f"only {content}"})
    return str(project.only("deploy", "site", PRESSWORK_COMMIT=content.encode().hex() + "0" * 7)["release"]["id"])


def live(project: Project) -> dict[str, bytes]:
    rack = project.folder / "rack"
    return tree(rack / (rack / "live").read_text())


def site(content: str) -> dict[str, bytes]:
    return {"index.html": content.encode(), "same.txt": b"same", f"only-{content}.txt": f"only {content}".encode()}


def test_history_is_what_was_deployed_from_here_and_says_so(project: Project) -> None:
    one, two = deploy(project, "one"), deploy(project, "two")
    target = project.only("history")
    assert [(release["id"], release["live"]) for release in target["releases"]] == [(two, True), (one, False)]
    assert [release["by"] for release in target["releases"]] == ["tester", "tester"]
    assert [release["pages"] for release in target["releases"]] == [1, 1]
    assert [finding["code"] for finding in target["findings"]] == ["history-kept-here"]


def test_a_rollback_deploys_again_what_was_deployed_and_says_so(project: Project) -> None:
    deploy(project, "one")
    two = deploy(project, "two")
    target = project.only("rollback")
    assert target["outcome"] == "rolled-back"
    assert target["previous"] == two
    assert target["verified"]["ok"]
    assert "deployed-again" in {finding["code"] for finding in target["findings"]}
    assert live(project) == site("one")


def test_rollbacks_go_back_one_by_one_and_end_at_the_first(project: Project) -> None:
    for content in ("one", "two", "three"):
        deploy(project, content)
    project.ok("rollback")
    assert live(project) == site("two")
    project.ok("rollback")
    assert live(project) == site("one")
    check_one_error(project.run("rollback"), 2, "no earlier deployment")
    assert live(project) == site("one")


def test_a_rollback_to_a_named_deployment_also_goes_forward(project: Project) -> None:
    deploy(project, "one")
    two = deploy(project, "two")
    project.ok("rollback")
    project.ok("rollback", two)
    assert live(project) == site("two")


@pytest.mark.parametrize("damage", ["gone", "other bytes"])
def test_what_is_no_longer_kept_is_refused_before_any_call(project: Project, damage: str) -> None:
    deploy(project, "one")
    deploy(project, "two")
    for file in (project.folder / ".presswork/archive/files").glob("*/*"):
        if file.read_bytes() == b"only one":
            file.unlink() if damage == "gone" else file.write_bytes(b"only 0ne")
    before = (project.folder / "rack/log").read_text()
    check_one_error(project.run("rollback"), 1, "only-one.txt of that deployment is no longer kept")
    assert live(project) == site("two")
    assert (project.folder / "rack/log").read_text() == before
    assert project.only("deploy", "site", PRESSWORK_COMMIT="74776f0000000")["outcome"] == "unchanged", "no pin is left"


def test_a_rollback_that_fails_leaves_what_is_live_and_no_pin(project: Project) -> None:
    deploy(project, "one")
    deploy(project, "two")
    project.write({"rack/fail": "only-one.txt"})
    done = project.run("rollback")
    assert done.code == 1
    assert done.errors == ["only-one.txt: The rack does not take it."]
    assert live(project) == site("two")
    assert "pinned-down" not in {finding["code"] for finding in project.only("status")["findings"]}


def test_records_in_a_shared_folder_let_another_machine_go_back(project: Project) -> None:
    shared = project.folder.parent / "shared"
    project.write({"presswork.toml": f'host = "rack"\npath = "rack"\nrecords = "{shared}"\n'})
    one = deploy(project, "one")
    deploy(project, "two")
    assert not (project.folder / ".presswork").exists(), "nothing is known on this machine alone"
    assert [release["id"] for release in project.releases()][1] == one
    project.ok("rollback")
    assert live(project) == site("one")
