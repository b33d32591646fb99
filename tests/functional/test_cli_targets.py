from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from support_cli import TESTS, Project, check_one_error, install

if TYPE_CHECKING:
    from pathlib import Path

TWO = '[targets.one]\npath = "one"\n[targets.two]\npath = "two"\n'
TOKEN = {"RACK_TOKEN": "a-token"}
OTHER = {"OTHER_TOKEN": "a-token"}
STUCK = "rack: The rack is stuck."
RACK = '[targets.here]\npath = "here"\n[targets.rack]\nhost = "rack"\npath = "rack"\n'

RACKS = """
[targets.rack]
host = "rack"
path = "rack"
[targets.other]
host = "other"
path = "other"
[targets.here]
path = "here"
"""
WATCHING = """
import hashlib
import os
import sys
from dataclasses import replace
from presswork.hookspecs import hookimpl
from presswork.host import SHA1, Digest, HostType
from support_rack import Options, Rack

def note(line):
    with open(os.environ["WATCHED"], "a") as log:
        log.write(line + "\\n")

sys.addaudithook(lambda name, args: note("read b.bin") if name == "open" and str(args[0]).endswith("b.bin") else None)

class Hashing(Rack):
    capabilities = replace(Rack.capabilities, digest=SHA1)

class Other(Rack):
    capabilities = replace(Rack.capabilities, digest=Digest("md5", lambda path, size: hashlib.md5()))

@hookimpl
def presswork_hosts():
    for name, kind in (("rack", Hashing), ("other", Other)):
        yield HostType(name=name, summary="", options=Options, load=lambda kind=kind: kind,
                       secrets={"token": "RACK_TOKEN"})

@hookimpl
def presswork_event(event):
    name = type(event).__name__
    if name in {"Scanned", "Planned", "FillStarted", "FillEnded", "Switched", "Verified"}:
        note(" ".join([name, event.target, *(sorted(event.manifest.digests) if name == "Scanned" else ())]))
"""


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
        "here: Not switched: another target failed.",
        "rack: b.txt: The rack does not take it.",
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


@pytest.fixture
def watched(project: Project, tmp_path: Path) -> Project:
    """Three targets, each with a digest of its own, the first two without a way back; `watched` tells their steps."""
    path = install(tmp_path / "watching", "watching", {"rack": "watching"}, {"watching.py": WATCHING})
    project.environ |= {"PYTHONPATH": f"{path}:{TESTS}", "WATCHED": str(project.folder / "watched"), **TOKEN}
    project.write({"presswork.toml": RACKS, "site/b.bin": "\0b"})
    return project


def steps(project: Project) -> list[str]:
    """Return the steps since the last look."""
    log = project.folder / "watched"
    lines = log.read_text().splitlines()
    log.unlink()
    return [line.strip() for line in lines]


def test_the_folder_is_read_once_for_several_targets_with_the_digests_of_all(watched: Project) -> None:
    watched.ok("plan", "site", "--all")
    found = steps(watched)
    assert found[:2] == ["read b.bin", "Scanned  md5 sha1"]
    assert [step for step in found if step.startswith("Scanned")] == found[1:2]


def test_all_are_filled_before_one_is_switched_and_those_that_can_be_switched_back_come_first(watched: Project) -> None:
    watched.ok("deploy", "site", "--all")
    names = ("rack", "other", "here")
    assert [step for step in steps(watched) if not step.startswith(("read", "Scanned"))] == [
        *(f"Planned {name}" for name in names),
        *(f"{step} {name}" for name in names for step in ("FillStarted", "FillEnded")),
        *(f"Switched {name}" for name in ("here", "rack", "other")),
        *(f"Verified {name}" for name in ("here", "rack", "other")),
    ]


def test_what_was_switched_before_a_switch_that_failed_is_proved_and_the_command_that_is_told_brings_all_together(
    watched: Project,
) -> None:
    watched.ok("deploy", "site", "--all")
    watched.site({"index.html": "new"})
    watched.write({"rack/stuck": "yes"})
    steps(watched)
    report = watched.report("deploy", "site", "--all", code=1)
    rack, other, here = report["targets"]
    assert [(t["outcome"], bool(t["release"]), bool(t["verified"])) for t in (rack, other, here)] == [
        ("failed", False, False),
        ("refused", False, False),
        ("deployed", True, True),
    ]
    assert steps(watched)[-2:] == ["Switched here", "Verified here"]
    assert watched.live("here") == {"index.html": b"new"}
    assert {(watched.folder / name / "live").read_text() for name in ("rack", "other")} == {"r0"}
    (apart,) = [finding for target in report["targets"] for finding in target["findings"]]
    assert apart in here["findings"]
    assert (apart["code"], apart["message"]) == (
        "targets-apart",
        "The targets differ: the new site is live at here, not live at rack and other.",
    )
    forwards = "presswork deploy site --to rack --to other"
    assert apart["hint"] == f"`{forwards}` brings them together. Back: `presswork rollback --to here`."
    (watched.folder / "rack/stuck").unlink()
    assert outcomes(watched, *shlex.split(forwards)[1:]) == {"rack": "deployed", "other": "deployed"}
    assert outcomes(watched, "deploy", "site", "--all") == dict.fromkeys(("rack", "other", "here"), "unchanged")


def test_the_command_that_brings_targets_together_has_what_was_allowed_and_the_configuration(project: Project) -> None:
    (project.folder / "presswork.toml").unlink()
    project.write({"conf/presswork.toml": RACK})
    words = ("deploy", "site", "--config", "conf/presswork.toml")
    project.ok(*words, "--all", **TOKEN)
    project.site({"index.html": "new"})
    project.write({"conf/rack/stuck": "yes"})
    done = project.run(*words, "--all", "--allow-older", **TOKEN)
    assert done.errors == [STUCK]
    told = "here: The targets differ: the new site is live at here, not live at rack."
    assert f"warning: {told}" in done.err.splitlines()
    (forwards,) = [hint.split("`")[1] for hint in done.hints if "brings them together" in hint]
    assert forwards == "presswork deploy site --config conf/presswork.toml --allow-older --to rack"
    (project.folder / "conf/rack/stuck").unlink()
    assert outcomes(project, *shlex.split(forwards)[1:], **TOKEN) == {"rack": "deployed"}


def test_one_goes_back_where_another_could_not_follow(project: Project) -> None:
    project.write({"presswork.toml": RACK})
    project.ok("deploy", "site", "--all", **TOKEN)
    project.site({"index.html": "new"})
    project.write({"rack/stuck": "yes"})
    hint = next(hint for hint in project.run("deploy", "site", "--all", **TOKEN).hints if "Back:" in hint)
    back = hint.partition("Back: ")[2].strip("`.")
    assert outcomes(project, *shlex.split(back)[1:], **TOKEN) == {"here": "rolled-back"}
    assert project.live("here") == {"index.html": b"home", "b.txt": b"b"}


def test_to_and_all_exclude_each_other(project: Project) -> None:
    check_one_error(project.run("deploy", "site", "--to", "one", "--all"), 2, "--to and --all exclude each other")


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
