from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from support_cli import COMMAND, Project, check_one_error, install, one_document, pages, run, tree

if TYPE_CHECKING:
    from pathlib import Path

FILES: dict[str, str | bytes] = {"index.html": "home", "a/deep.txt": "deep", "pixel.png": b"\x89PNG"}
BYTES = {path: content.encode() if isinstance(content, str) else content for path, content in FILES.items()}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.site(FILES)
    return made


def test_a_folder_is_deployed_and_it_is_said_how_it_was_proved(project: Project) -> None:
    done = project.ok("deploy", "site")
    assert project.live() == BYTES
    assert "default (local): deployed" in done.out
    assert "3 added, 0 changed, 0 removed, 0 moved, 0 same" in done.out
    assert "sent 3 files" in done.out
    assert "every one as it was built" in done.out
    assert done.err == ""


def test_the_report_of_a_deploy_holds_everything_there_is_to_know(project: Project) -> None:
    report = project.report("deploy", "site")
    assert (report["command"], report["outcome"], report["by"]) == ("deploy", "deployed", "tester")
    assert report["site"] == {"root": str(project.folder / "site"), "generator": None, "base_url": None}
    assert report["source"]["commit"] == "3f2a9c1b0d2e"
    (target,) = report["targets"]
    assert (target["target"], target["host"], target["previous"]) == ("default", "local", None)
    assert target["changes"] == {"added": 3, "changed": 0, "removed": 0, "moved": 0, "same": 0}
    assert target["uploaded"] == {"files": 3, "bytes": sum(map(len, BYTES.values()))}
    proof = {"method": "read", "files": 3, "of": None, "ok": True}
    assert target["verified"] == {**proof, "mismatches": [], "also": [], "rewritten": []}
    assert target["release"]["live"]
    assert target["manifest"]["files"] == 3
    assert "entries" not in target


def kept(project: Project) -> dict[str, bytes]:
    """Return every file there is; a lock names the last process that held it."""
    return {path: content for path, content in tree(project.folder).items() if "/lock/" not in path}


def test_an_unchanged_site_sends_nothing_and_makes_no_release(project: Project) -> None:
    first = project.only("deploy", "site")
    before = kept(project)
    second = project.only("deploy", "site")
    assert (second["outcome"], second["uploaded"]) == ("unchanged", None)
    assert second["release"]["id"] == first["release"]["id"]
    assert kept(project) == before
    assert "unchanged, nothing was sent" in project.ok("deploy", "site").out


def test_only_what_changed_is_sent(project: Project) -> None:
    project.ok("deploy", "site")
    project.site({"index.html": "new home", "a/deep.txt": "deep", "moved.png": b"\x89PNG"})
    target = project.only("deploy", "site")
    assert target["changes"] == {"added": 0, "changed": 1, "removed": 0, "moved": 1, "same": 1}
    assert target["uploaded"] == {"files": 1, "bytes": 8}


def test_a_plan_says_what_would_change_and_why_and_writes_nothing(project: Project) -> None:
    project.ok("deploy", "site")
    project.site({"index.html": "new home", "a/deep.txt": "deep", "b.txt": "b"})
    before = tree(project.folder)
    done = project.ok("plan", "site")
    assert "planned, nothing was sent" in done.out
    for line in (
        "changed  index.html",
        "added    1 other file: b.txt",
        "removed  1 other file: pixel.png",
        "route: local",
    ):
        assert line in done.out
    assert "a/deep.txt" not in done.out
    named = project.ok("plan", "site", "--files").out
    for line in ("changed  index.html", "added    b.txt", "removed  pixel.png"):
        assert line in named
    target = project.only("deploy", "site", "--dry-run")
    assert target["outcome"] == "planned"
    assert {entry["path"]: entry["change"] for entry in target["entries"]} == {
        "a/deep.txt": "same",
        "b.txt": "added",
        "index.html": "changed",
        "pixel.png": "removed",
    }
    assert tree(project.folder) == before


def test_a_plan_exits_with_4_only_where_something_would_change_and_that_was_asked(project: Project) -> None:
    assert project.run("plan", "site").code == 0
    assert project.report("plan", "site", "--exit-code", code=4)["outcome"] == "planned"
    project.ok("deploy", "site")
    assert project.report("plan", "site", "--exit-code")["outcome"] == "unchanged"
    project.site({})
    assert project.report("plan", "site", "--exit-code", code=3)["outcome"] == "refused"


def test_check_needs_neither_host_nor_token(project: Project) -> None:
    assert "checked" in project.ok("check", "site").out
    assert project.only("check", "site")["outcome"] == "checked"
    assert not (project.folder / ".presswork").exists()
    (project.folder / "site" / "link").symlink_to("/etc/passwd")
    target = project.only("check", "site", code=3)
    assert [finding["code"] for finding in target["findings"]] == ["link-leaves-root"]


def test_what_is_wrong_with_files_is_told_together_and_nothing_is_sent(project: Project) -> None:
    for name in ("one", "two"):
        (project.folder / "site" / name).symlink_to("nowhere")
    done = project.run("deploy", "site")
    assert done.code == 3
    assert [error.partition(" ")[0] for error in done.errors] == ["one", "two"]
    assert len(done.hints) == 2
    assert project.live() is None


def test_quiet_says_nothing_but_errors(project: Project) -> None:
    (project.folder / "site" / "Index.html").touch()
    done = project.ok("deploy", "site", "--quiet")
    assert (done.out, done.err) == ("", "")
    assert "warning: " in project.ok("deploy", "site").err
    (project.folder / "site" / "link").symlink_to("nowhere")
    done = project.run("deploy", "site", "-q")
    assert done.out == ""
    check_one_error(done, 3, "link to nothing")
    assert "warning" not in done.err


def on_a_terminal(project: Project, *words: str, **environ: str) -> str:
    """Return what a command says on stderr where that is a terminal."""
    ours, theirs = os.openpty()
    with open(ours, "rb", buffering=0) as said:  # noqa: PTH123 -- a terminal has no path
        environ = project.environ | environ
        subprocess.run([*COMMAND, *words], cwd=project.folder, env=environ, stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        text = b""
        with suppress(OSError):  # how Linux says that a terminal has ended
            while piece := said.read(4096):
                text += piece
    return text.decode()


def test_colours_are_for_terminals_and_never_against_no_color(project: Project) -> None:
    assert "\x1b" not in project.run("deploy", "nowhere").err
    shown = on_a_terminal(project, "deploy", "nowhere")
    assert "\x1b[31merror: " in shown
    shown = on_a_terminal(project, "deploy", "nowhere", NO_COLOR="1")
    assert "error: " in shown
    assert "\x1b" not in shown


def test_the_embedded_store_can_be_elsewhere_without_a_configuration(project: Project) -> None:
    project.ok("deploy", "site", "--host", "local", "-o", "path=../store")
    assert project.live("../store") == BYTES
    assert project.live() is None


def test_options_of_the_command_line_are_laid_over_the_configuration(project: Project) -> None:
    project.write({"presswork.toml": 'path = "one"\nkeep = 5\n'})
    project.ok("deploy", "site", "-o", "path=two", "-o", "workers=1")
    assert project.live("two") == BYTES
    assert project.live("one") is None


def test_a_configuration_is_found_from_a_folder_below_and_paths_start_from_it(project: Project) -> None:
    project.write({"presswork.toml": 'path = "store"\n', "docs/deep/x": ""})
    done = run([*COMMAND, "deploy", "../../site"], project.folder / "docs" / "deep", project.environ)
    assert done.code == 0, done
    assert project.live("store") == BYTES


def test_another_configuration_can_be_named(project: Project) -> None:
    project.write({"presswork.toml": 'path = "one"\n', "other/presswork.toml": 'path = "two"\n'})
    for spelling in ("other/presswork.toml", "docs/../other/presswork.toml"):
        project.write({"docs/x": "", "site/index.html": spelling})
        project.ok("deploy", "site", "--config", spelling)
        assert (project.folder / "other/two/current/index.html").read_text() == spelling
    assert project.live("one") is None


def test_ignored_files_are_not_deployed(project: Project) -> None:
    project.write({"presswork.toml": 'ignore = ["*.png", "!.buildinfo"]\n', "site/.buildinfo": "x", "site/a~": ""})
    project.ok("deploy", "site")
    assert set(project.live() or ()) == {"index.html", "a/deep.txt", ".buildinfo"}


def test_the_manifest_is_canonical_json_on_stdout(project: Project) -> None:
    done = project.ok("manifest", "site")
    assert done.out.startswith('{"schema":1,"entries":[')
    assert done.out == project.ok("manifest", "site").out
    assert project.only("deploy", "site")["manifest"]["files"] == done.out.count('"path"')
    (project.folder / "site" / "link").symlink_to("nowhere")
    done = project.run("manifest", "site")
    assert done.out == ""
    check_one_error(done, 3, "link to nothing")


def test_hosts_and_plugins_are_listed_with_what_they_can_do_or_why_they_are_broken(
    project: Project, tmp_path: Path
) -> None:
    install(tmp_path / "path", "moon", {"moon": "moon_plugin"}, {"moon_plugin.py": "raise RuntimeError('no luck')"})
    done = project.ok("hosts", PYTHONPATH=str(tmp_path / "path"))
    assert "host local: A folder on this machine" in done.out
    columns = {line.split()[0]: line for line in done.out.splitlines()}
    for row, cell in (("host", "netlify"), ("rollback", "yes"), ("proof", "listing, read"), ("files", "2,000")):
        at = columns["host"].index("canvasdrop" if row == "files" else "netlify")
        assert columns[row][at:].startswith(cell), row
    assert "moon  moon 1.0\n  broken: RuntimeError: no luck" in done.out
    listed = one_document(project.ok("hosts", "--json", PYTHONPATH=str(tmp_path / "path")))
    broken = {plugin["plugin"]: plugin["broken"] for plugin in listed["plugins"]}
    assert broken["local"] is None
    assert broken["moon"] == "RuntimeError: no luck"


def test_without_a_command_it_helps(project: Project) -> None:
    done = project.ok()
    assert done.out == project.ok("--help").out
    assert "deploy" in done.out
    assert project.ok("--version").out.startswith("presswork 0.")
    assert "--preview [=ALIAS]" in project.ok("deploy", "--help").out


def test_more_than_ten_of_twenty_pages_gone_are_refused(project: Project) -> None:
    project.site(pages(20))
    project.ok("deploy", "site")
    project.site(pages(9))
    target = project.only("deploy", "site", code=3)
    assert [finding["code"] for finding in target["findings"]] == ["removals"]
    check_one_error(project.run("deploy", "site"), 3, "11 of 20 live pages would be gone")
    assert len(project.live() or ()) == 20
    assert project.only("plan", "site", code=3)["changes"]["removed"] == 11
    assert project.only("deploy", "site", "--preview")["outcome"] == "previewed"
    assert project.only("plan", "site", PRESSWORK_ALLOW_REMOVALS="1")["outcome"] == "planned"
    assert project.only("deploy", "site", "--allow-removals")["outcome"] == "deployed"
    assert len(project.live() or ()) == 9


def test_ten_of_twenty_pages_may_go_and_a_nested_site_may_not_replace_all(project: Project) -> None:
    project.site(pages(20))
    project.ok("deploy", "site")
    project.site(pages(20, "site/"))
    target = project.only("deploy", "site", code=3)
    assert target["changes"]["moved"] == 20
    assert len(project.live() or ()) == 20
    project.site(pages(10))
    assert project.only("deploy", "site")["outcome"] == "deployed"
