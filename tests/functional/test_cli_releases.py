from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from support_cli import Project, check_one_error, tree

READ = {"method": "read", "files": 3, "of": None, "also": [], "rewritten": []}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def deploy(project: Project, content: str, *words: str) -> str:
    """Deploy a site with this home page; return the id of the release."""
    project.site({"index.html": content, "same.txt": "same", f"only-{content}.txt": f"only {content}"})
    return str(project.only("deploy", "site", *words)["release"]["id"])


def home(project: Project) -> str | None:
    live = project.live()
    return live["index.html"].decode() if live else None


def folder(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))


def test_nothing_is_live_before_the_first_deploy(project: Project) -> None:
    assert project.only("status")["release"] is None
    assert "nothing is live" in project.ok("status").out
    assert project.releases() == []
    assert not (project.folder / ".presswork").exists()


def test_status_says_what_is_live_and_from_which_manifest(project: Project) -> None:
    release = deploy(project, "one")
    target = project.only("status")
    assert target["release"]["id"] == release
    assert target["manifest"]["files"] == 3
    assert release in project.ok("status").out


def test_history_lists_deployments_and_previews_newest_first(project: Project) -> None:
    one, two = deploy(project, "one"), deploy(project, "two")
    draft = deploy(project, "draft", "--preview=pull-7")
    releases = project.releases()
    assert [release["id"] for release in releases] == [draft, two, one]
    assert [release["live"] for release in releases] == [False, True, False]
    assert [release["preview"] for release in releases] == [True, False, False]
    assert [release["alias"] for release in releases] == ["pull-7", None, None]
    lines = project.ok("history").out.splitlines()
    assert [line.split()[0] for line in lines] == [draft, two, one]
    assert "preview pull-7" in lines[0]
    assert "live" in lines[1]
    assert "[3f2a9c1b0d2e]" in lines[1]


def test_a_preview_leaves_what_is_live_alone_and_can_be_looked_at(project: Project) -> None:
    deploy(project, "one")
    project.site({"index.html": "draft"})
    target = project.only("deploy", "--preview", "site")
    assert target["outcome"] == "previewed"
    assert tree(folder(target["release"]["url"])) == {"index.html": b"draft"}
    assert target["verified"]["ok"]
    assert home(project) == "one"


def test_a_folder_after_a_bare_preview_is_the_folder_and_no_alias(project: Project) -> None:
    deploy(project, "one")
    target = project.only("deploy", "--preview", "site")
    assert target["outcome"] == "previewed"
    assert target["release"]["alias"] is None


def test_the_plan_of_a_preview_is_compared_with_what_is_live(project: Project) -> None:
    deploy(project, "one")
    project.site({"index.html": "draft", "same.txt": "same", "only-one.txt": "only one"})
    assert project.only("plan", "site", "--preview")["changes"]["changed"] == 1


def test_a_preview_can_be_promoted_by_its_id_or_its_alias(project: Project) -> None:
    deploy(project, "one")
    by_id = deploy(project, "two", "--preview")
    assert project.only("promote", by_id)["outcome"] == "promoted"
    assert home(project) == "two"
    deploy(project, "three", "--preview=next")
    target = project.only("promote", "next")
    assert (target["outcome"], target["previous"], target["verified"]["ok"]) == ("promoted", by_id, True)
    assert home(project) == "three"
    assert project.only("promote", "next")["outcome"] == "unchanged"


def test_an_alias_moves_to_the_newest_preview(project: Project) -> None:
    deploy(project, "one", "--preview=next")
    second = deploy(project, "two", "--preview=next")
    project.ok("promote", "next")
    assert home(project) == "two"
    assert project.only("status")["release"]["id"] == second


def test_rollback_goes_back_one_by_one_and_ends_at_the_first(project: Project) -> None:
    ids = [deploy(project, name) for name in ("one", "two", "three")]
    deploy(project, "draft", "--preview")
    target = project.only("rollback")
    assert (target["outcome"], target["release"]["id"], target["previous"]) == ("rolled-back", ids[1], ids[2])
    assert target["verified"]["ok"]
    assert home(project) == "two"
    project.ok("rollback")
    assert home(project) == "one"
    check_one_error(project.run("rollback"), 2, "There is no earlier deployment at default to go back to")
    assert home(project) == "one"


def test_rollback_to_a_named_deployment_also_goes_forward(project: Project) -> None:
    first, second = deploy(project, "one"), deploy(project, "two")
    project.ok("rollback", first)
    assert home(project) == "one"
    assert project.only("rollback", first)["outcome"] == "unchanged"
    project.ok("rollback", second)
    assert home(project) == "two"


def test_a_promoted_preview_can_be_gone_back_to(project: Project) -> None:
    deploy(project, "one", "--preview=a")
    project.ok("promote", "a")
    deploy(project, "two")
    project.ok("rollback")
    assert home(project) == "one"


def test_a_deployment_whose_files_are_no_longer_kept_cannot_be_gone_back_to(project: Project) -> None:
    project.write({"presswork.toml": "keep = 1\n"})
    first, _ = deploy(project, "one"), deploy(project, "two")
    assert first in [release["id"] for release in project.releases()]
    check_one_error(project.run("rollback"), 1, f"The files of {first} are no longer kept")
    assert home(project) == "two"


def test_a_deployment_that_was_damaged_meanwhile_is_not_made_live(project: Project) -> None:
    first, second = deploy(project, "one"), deploy(project, "two")
    kept = project.folder / ".presswork/local/releases" / first / "index.html"
    kept.chmod(0o644)
    kept.write_text("tampered")
    check_one_error(project.run("rollback"), 3, f"{first} is damaged: index.html")
    assert project.only("status")["release"]["id"] == second


def test_a_deploy_after_a_rollback_is_compared_with_what_is_live(project: Project) -> None:
    deploy(project, "one")
    deploy(project, "two")
    project.ok("rollback")
    project.site({"index.html": "one", "same.txt": "same", "only-one.txt": "only one"})
    assert project.only("deploy", "site")["outcome"] == "unchanged"
    deploy(project, "two", "--unpin")
    assert home(project) == "two"


def test_unpublish_needs_a_yes_and_leaves_nothing_live(project: Project) -> None:
    release = deploy(project, "one")
    check_one_error(project.run("unpublish"), 2, "--yes")
    assert home(project) == "one"
    target = project.only("unpublish", "--yes")
    assert (target["outcome"], target["previous"]) == ("unpublished", release)
    assert home(project) is None
    assert project.only("unpublish", "--yes")["outcome"] == "unpublished"
    project.ok("rollback")
    assert home(project) == "one"


def test_prune_deletes_all_but_the_newest_and_spares_what_is_live_and_previews(project: Project) -> None:
    ids = [deploy(project, str(number)) for number in range(4)]
    preview = deploy(project, "draft", "--preview")
    project.ok("rollback", ids[0])
    target = project.only("prune", "--keep", "1")
    assert target["outcome"] == "pruned"
    assert [release["id"] for release in target["releases"]] == [ids[2], ids[1]]
    assert [release["id"] for release in project.releases()] == [preview, ids[3], ids[0]]
    assert home(project) == "0"
    assert project.only("prune", "--keep", "1")["releases"] == []


def test_diff_says_what_lies_between_two_deployments(project: Project) -> None:
    first, second = deploy(project, "one"), deploy(project, "two")
    expected = {"index.html": "changed", "only-one.txt": "removed", "only-two.txt": "added", "same.txt": "same"}
    for words in ((first, second), (first,), (first, "live")):
        target = project.only("diff", *words)
        assert {entry["path"]: entry["change"] for entry in target["entries"]} == expected
    assert target["changes"] == {"added": 1, "changed": 1, "removed": 1, "moved": 0, "same": 1}
    assert "changed  index.html" in project.ok("diff", first).out
    assert project.only("diff", second)["changes"]["same"] == 3


def test_diff_of_what_is_no_longer_known_here_says_so(project: Project) -> None:
    first, _ = deploy(project, "one"), deploy(project, "two")
    for file in (project.folder / ".presswork" / "archive").iterdir():
        file.unlink()
    check_one_error(project.run("diff", first), 1, f"What {first} consisted of is no longer known here")


def test_verify_proves_what_is_live_by_what_was_deployed_or_by_a_folder(project: Project) -> None:
    deploy(project, "one")
    assert "verified" in project.ok("verify").out
    assert project.only("verify")["verified"] == {**READ, "ok": True, "mismatches": []}
    assert project.only("verify", "site", "--full")["verified"]["ok"]
    project.site({"index.html": "other", "same.txt": "same", "only-one.txt": "only one"})
    target = project.only("verify", "site", code=1)
    assert (target["outcome"], target["verified"]["mismatches"]) == ("failed", ["index.html"])
    project.site({"index.html": "one", "same.txt": "same", "only-one.txt": "only one"})
    assert project.only("deploy", "site")["outcome"] == "unchanged"


def test_verify_names_the_file_that_was_tampered_with_and_the_next_deploy_repairs_it(project: Project) -> None:
    deploy(project, "one")
    served = project.folder / ".presswork/local/current/index.html"
    served.chmod(0o644)
    served.write_text("tampered")
    target = project.only("verify", code=1)
    assert target["verified"] == {**READ, "ok": False, "mismatches": ["index.html"]}
    assert target["error"]["path"] == "index.html"
    check_one_error(project.run("verify"), 1, "index.html: 1 file at default not as in the manifest")
    target = project.only("deploy", "site")
    assert (target["outcome"], target["uploaded"]["files"]) == ("deployed", 1)
    assert home(project) == "one"
    assert project.only("verify")["verified"]["ok"]
    assert project.only("deploy", "site")["outcome"] == "unchanged"


def test_verify_without_anything_to_compare_with_says_what_to_do(project: Project) -> None:
    check_one_error(project.run("verify"), 1, "Nothing is live at default")
    deploy(project, "one")
    for name in ("archive", "journal"):
        for file in (project.folder / ".presswork" / name).iterdir():
            file.unlink()
    check_one_error(project.run("verify"), 2, "presswork verify DIR")
    assert project.only("verify", "site")["verified"]["ok"]


def test_an_empty_folder_is_nothing_to_compare_with(project: Project) -> None:
    deploy(project, "one")
    (project.folder / "empty").mkdir()
    check_one_error(project.run("verify", "empty"), 2, "empty has no files to compare with")


def test_losing_the_state_loses_no_site(project: Project) -> None:
    project.write({"presswork.toml": 'path = "store"\n'})
    deploy(project, "one")
    for file in sorted((project.folder / ".presswork").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    assert project.only("deploy", "site")["outcome"] == "unchanged"
    project.site({"index.html": "two", "same.txt": "same", "only-one.txt": "only one"})
    assert project.only("deploy", "site")["changes"] == {"added": 0, "changed": 1, "removed": 0, "moved": 0, "same": 2}
