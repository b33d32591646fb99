from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support_cli import TESTS, Project, check_one_error, install

if TYPE_CHECKING:
    from pathlib import Path

TWO = '[targets.one]\npath = "one"\n[targets.two]\npath = "two"\n'
TOKEN = {"RACK_TOKEN": "a-token"}
OTHER = {"OTHER_TOKEN": "a-token"}
RACK = '[targets.here]\npath = "here"\n[targets.rack]\nhost = "rack"\npath = "rack"\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.site({"index.html": "home", "b.txt": "b"})
    made.write({"presswork.toml": TWO})
    made.environ |= {"PYTHONPATH": f"{install(tmp_path / 'path', 'rack', {'rack': 'support_rack'})}:{TESTS}"}
    return made


def outcomes(project: Project, *words: str, code: int = 0, **environ: str) -> dict[str, str]:
    targets = project.report(*words, code=code, **environ)["targets"]
    return {target["target"]: target["outcome"] for target in targets}


def test_targets_are_deployed_by_their_names_in_the_order_given(project: Project) -> None:
    assert outcomes(project, "deploy", "site", "--to", "two") == {"two": "deployed"}
    assert project.live("one") is None
    found = outcomes(project, "deploy", "site", "--to", "two", "--to", "one", "--to", "two")
    assert [*found.items()] == [("two", "unchanged"), ("one", "deployed")]
    assert project.live("one") == project.live("two") is not None


def test_all_means_every_target(project: Project) -> None:
    assert outcomes(project, "deploy", "site", "--all") == {"one": "deployed", "two": "deployed"}
    assert outcomes(project, "history", "--all") == {"one": "listed", "two": "listed"}
    assert outcomes(project, "verify", "--all") == {"one": "verified", "two": "verified"}
    project.site({"index.html": "new"})
    project.ok("deploy", "site", "--to", "one")
    assert outcomes(project, "plan", "site", "--all", "--exit-code", code=4) == {"one": "unchanged", "two": "planned"}


def test_without_a_name_the_default_one_is_meant_and_several_need_one(project: Project) -> None:
    check_one_error(project.run("deploy", "site"), 2, "2 targets and no default")
    project.write({"presswork.toml": 'default = "two"\n' + TWO})
    assert outcomes(project, "deploy", "site") == {"two": "deployed"}
    assert outcomes(project, "rollback", "--to", "two", code=2) == {}


def test_status_shows_every_target(project: Project) -> None:
    project.ok("deploy", "site", "--to", "one")
    targets = project.report("status")["targets"]
    assert [(target["target"], target["release"] is not None) for target in targets] == [("one", True), ("two", False)]
    assert project.ok("status").out.splitlines()[0] == "one (local): live"


@pytest.mark.parametrize("words", [("status",), ("history", "--all"), ("verify", "--all")], ids=lambda words: words[0])
def test_a_target_whose_token_is_missing_keeps_nobody_from_seeing_the_others(
    project: Project, words: tuple[str, ...]
) -> None:
    project.write({"presswork.toml": '[targets.far]\nhost = "netlify"\nsite = "x"\n[targets.here]\npath = "here"\n'})
    project.ok("deploy", "site", "--to", "here")
    far, here = project.report(*words, code=2)["targets"]
    assert (far["target"], far["host"], far["outcome"]) == ("far", "netlify", "failed")
    assert far["error"]["code"] == "credential-missing"
    assert (here["target"], here["error"]) == ("here", None)
    check_one_error(project.run(*words), 2, "The host netlify needs a credential: NETLIFY_AUTH_TOKEN is not set.")
    assert project.report(words[0], "--to", "far", code=2)["targets"] == []


def test_one_folder_goes_to_each_target_with_its_own_release(project: Project) -> None:
    project.ok("deploy", "site", "--all")
    project.site({"index.html": "new"})
    project.ok("deploy", "site", "--to", "two")
    project.ok("rollback", "--to", "two")
    assert project.live("one") == project.live("two") == {"index.html": b"home", "b.txt": b"b"}


def test_two_targets_of_one_place_are_refused_before_any_work(project: Project) -> None:
    project.write({"presswork.toml": TWO.replace('"two"', '"./x/../one"')})
    check_one_error(project.run("deploy", "site", "--all"), 2, "The targets one and two are one and the same place")
    assert project.live("one") is None
    assert project.run("deploy", "site", "--to", "one").code == 0


def test_one_target_that_fails_before_the_switch_leaves_the_other_as_it_was(project: Project) -> None:
    project.write({"presswork.toml": RACK})
    assert outcomes(project, "deploy", "site", "--all", **TOKEN) == {
        "here": "deployed",
        "rack": "deployed",
    }
    project.site({"index.html": "new", "b.txt": "new b"})
    project.write({"rack/fail": "b.txt"})
    found = project.run("deploy", "site", "--all", **TOKEN)
    assert found.code == 1
    assert found.errors == [
        "Not switched: another target failed.",
        "b.txt: The rack does not take it.",
    ]
    assert len(found.hints) == 2
    assert (project.live("here") or {})["index.html"] == b"home"
    assert (project.folder / "rack/live").read_text() == "r0"
    (project.folder / "rack/fail").unlink()
    assert outcomes(project, "deploy", "site", "--all", **TOKEN) == {
        "here": "deployed",
        "rack": "deployed",
    }
    assert (project.live("here") or {})["index.html"] == b"new"


def test_a_missing_credential_is_a_usage_error_that_names_the_variable(project: Project) -> None:
    project.write({"presswork.toml": RACK})
    check_one_error(project.run("deploy", "site", "--to", "rack"), 2, "RACK_TOKEN is not set")
    project.write({"presswork.toml": RACK + 'token_env = "OTHER_TOKEN"\n'})
    check_one_error(project.run("deploy", "site", "--to", "rack"), 2, "OTHER_TOKEN is not set")
    assert outcomes(project, "deploy", "site", "--to", "rack", **OTHER) == {"rack": "deployed"}


def test_a_verb_that_a_host_lacks_is_refused_and_the_hosts_that_have_it_are_named(project: Project) -> None:
    project.write({"presswork.toml": 'host = "rack"\npath = "rack"\n', "rack/x": ""})
    for words, says in (
        (("unpublish", "--yes"), "cannot unpublish"),
        (("prune",), "cannot delete releases"),
        (("deploy", "site", "--preview"), "has no previews"),
        (("serve",), "is not served from here"),
    ):
        done = project.run(*words)
        check_one_error(done, 2, says)
        assert "local" in done.hints[0]


def test_a_token_that_a_host_repeats_is_masked_wherever_it_is_told_or_kept(project: Project) -> None:
    token = "s3cr3t-value-nobody-may-see"  # noqa: S105 -- made up
    project.write({"presswork.toml": 'host = "rack"\npath = "rack"\n', "rack/fail": "b.txt", "rack/tell": f" {token}"})
    said = project.run("deploy", "site", RACK_TOKEN=token)
    told = project.run("deploy", "site", "--json", RACK_TOKEN=token)
    (project.folder / "rack/fail").unlink()
    read = project.run("deploy", "site", RACK_TOKEN=token)
    again = project.run("verify", "--json", RACK_TOKEN=token)
    kept = "".join(file.read_text() for file in (project.folder / ".presswork").rglob("*") if file.is_file())
    for text in (said.err, told.out, read.err, again.out, kept):
        assert "\u2022\u2022\u2022" in text
    for text in (*said[1:], *told[1:], *read[1:], *again[1:], kept):
        assert token not in text
