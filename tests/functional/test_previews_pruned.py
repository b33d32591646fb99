"""Previews that nobody wants any more: by age, by branch, at the local host and at Netlify."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import support_simplehost
import support_simplehost_host
from presswork.deploy import deploy
from presswork.errors import ConfigError
from presswork.origin import alias_of
from presswork.plugins import Plugins
from presswork.previews import age_of, prune_previews
from presswork.project import Project
from presswork.releases import history
from presswork.rollback import promote, rollback
from presswork.settings import read_settings
from presswork.site import Site
from support_cli import Project as Shell
from support_cli import check_one_error
from support_local import write_site
from support_netlify import emulating
from support_netlify_host import HOME, Publisher, only

if TYPE_CHECKING:
    from pathlib import Path

    from presswork.report import Report

SOON = datetime.now(UTC) + timedelta(hours=1)


class Local:
    """A project with a store of its own, each command as of a new process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "pyproject.toml").touch()

    def project(self, **environ: str) -> Project:
        known = {"PRESSWORK_COMMIT": "3f2a9c1b0d2e", **environ}
        return Project(read_settings({}, door="the test", folder=self.folder, environ=known), Plugins(), known)

    def preview(self, content: str, alias: str | None = None, **environ: str) -> str:
        return self._made(content, preview=True, alias=alias, **environ)

    def live(self, content: str) -> str:
        return self._made(content, preview=False, alias=None)

    def _made(self, content: str, *, preview: bool, alias: str | None, **environ: str) -> str:
        root = write_site(self.folder / "site", {"index.html": content.encode()})
        told = only(
            deploy(Site(root=str(root)), self.project(**environ), preview=preview, alias=alias),
            "previewed" if preview else "deployed",
        )
        assert told.release
        return told.release.id

    def there(self) -> set[str]:
        return {release.id for release in only(history(self.project()), "listed").releases or ()}

    def pruned(self, **more: Any) -> set[str]:
        return gone(prune_previews(self.project(), now=SOON, **more))


def gone(report: Report) -> set[str]:
    return {release.id for release in only(report, "pruned").releases or ()}


@pytest.fixture
def local(tmp_path: Path) -> Local:
    return Local(tmp_path)


def test_a_bare_preview_in_a_ci_takes_the_alias_of_its_pull_request(local: Local) -> None:
    pull = local.preview("a", GITHUB_REF="refs/pull/7/merge")
    branch = local.preview("b", PRESSWORK_BRANCH="fix/typo")
    named = local.preview("c", "mine", GITHUB_REF="refs/pull/7/merge")
    outside = local.preview("d")

    aliases = {release.id: release.alias for release in only(history(local.project()), "listed").releases or ()}
    assert aliases == {pull: "pull-7", branch: alias_of("fix/typo"), named: "mine", outside: None}


def test_a_deployment_takes_no_alias_of_a_ci(local: Local) -> None:
    root = write_site(local.folder / "site", HOME)
    told = only(deploy(Site(root=str(root)), local.project(GITHUB_REF="refs/pull/7/merge")), "deployed")
    assert told.release
    assert told.release.alias is None


def test_a_host_whose_previews_have_no_alias_is_given_none_by_a_ci(tmp_path: Path) -> None:
    with support_simplehost.emulating(tmp_path / "simplehost") as simplehost:
        other = simplehost.deploy({"old.html": b"old"})["slug"]
        publisher = support_simplehost_host.Publisher(tmp_path, simplehost, preview_slug=other)
        publisher.environ["GITHUB_REF"] = "refs/pull/7/merge"
        told = publisher.deploy(HOME, "previewed", preview=True)
    assert told.release
    assert told.release.alias is None


def test_previews_of_no_open_branch_are_deleted_and_those_without_an_alias_stay(local: Local) -> None:
    live, loose = local.live("live"), local.preview("loose")
    kept = {local.preview("7", "pull-7"), local.preview("b", PRESSWORK_BRANCH="fix/typo"), live, loose}
    closed = {local.preview("8", "pull-8"), local.preview("8 again", "pull-8"), local.preview("old", "old")}

    assert local.pruned(branches=["pull-7", "fix/typo"]) == closed
    assert local.there() == kept
    assert local.pruned(branches=["pull-7", "fix/typo"]) == set()


def test_previews_are_deleted_by_age_and_never_what_is_live(local: Local) -> None:
    live, old = local.live("live"), {local.preview("a", "pull-7"), local.preview("b")}

    assert local.pruned(older_than=timedelta(hours=2)) == set()
    assert local.pruned(older_than=timedelta(minutes=30)) == old
    assert local.there() == {live}


def test_age_and_branch_must_both_hold(local: Local) -> None:
    local.preview("a", "pull-7")
    assert local.pruned(older_than=timedelta(hours=2), branches=["main"]) == set()
    assert local.pruned(older_than=timedelta(0), branches=["pull-7"]) == set()
    assert len(local.pruned(older_than=timedelta(0), branches=["main"])) == 1


def test_a_preview_that_was_promoted_can_still_be_gone_back_to(local: Local) -> None:
    promoted, project = local.preview("one", "pull-7"), local.project()
    only(promote(project, project.settings.target(), promoted), "promoted")
    assert local.pruned(older_than=timedelta(0)) == set()
    local.live("two")

    assert local.pruned(older_than=timedelta(0), branches=["main"]) == set()
    told = only(rollback(local.project(), project.settings.target()), "rolled-back")
    assert told.release
    assert told.release.id == promoted


def test_an_empty_list_of_branches_deletes_nothing(local: Local) -> None:
    preview = local.preview("a", "pull-7")
    with pytest.raises(ConfigError, match="list of open branches is empty"):
        local.pruned(branches=[])
    with pytest.raises(ConfigError, match="Nothing says"):
        local.pruned()
    assert local.there() == {preview}


@pytest.mark.parametrize(("words", "hours"), [("36h", 36), ("14d", 336), ("2w", 336), ("0h", 0)])
def test_an_age_is_said_in_hours_days_or_weeks(words: str, hours: int) -> None:
    assert age_of(words) == timedelta(hours=hours)


@pytest.mark.parametrize("words", ["", "14", "d", "-1d", "1.5d", "14 days"])
def test_an_age_that_is_none_is_told(words: str) -> None:
    with pytest.raises(ConfigError, match="is no age"):
        age_of(words)


def test_at_netlify_every_deploy_of_a_closed_branch_goes_and_others_deploys_stay(tmp_path: Path) -> None:
    with emulating(tmp_path / "netlify", processing=()) as netlify:
        publisher = Publisher(tmp_path, netlify)
        publisher.deploy(HOME)
        foreign = netlify.deploy(HOME, title="somebody else's", draft=True)
        for number, alias in enumerate(["pull-7", "pull-8", "pull-8", None]):
            publisher.deploy({"index.html": f"{number}".encode()}, "previewed", preview=True, alias=alias)

        def page(alias: str) -> int:
            return netlify.page(f"{alias}--{netlify.name}", "index.html").status

        assert (page("pull-7"), page("pull-8")) == (200, 200)

        assert len(gone(prune_previews(publisher.project(), branches=["pull-7"]))) == 2
        assert (page("pull-7"), page("pull-8")) == (200, 404)
        assert publisher.live(HOME) == HOME
        assert len(gone(prune_previews(publisher.project(), older_than=timedelta(0), now=SOON))) == 2
        left = publisher.history()
        assert len(left) == 2
        assert foreign["id"] in {release.id for release in left}


def test_the_command_reads_branches_from_a_file_and_from_its_words(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.site({"index.html": "a"})
    for alias in ("pull-7", "next", "old"):
        shell.ok("deploy", "site", f"--preview={alias}")
    shell.write({"open.txt": "pull-7\n\n  main \n"})
    target = shell.only("prune", "--previews", "--branches", "open.txt", "--branch", "next")
    assert [release["alias"] for release in target["releases"]] == ["old"]
    check_one_error(shell.run("prune", "--previews", "--branches", "closed.txt"), 2, "closed.txt cannot be read")
    assert "pruned" in shell.ok("prune", "--previews", "--older-than", "14d").out
    assert len(shell.releases()) == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--previews",), "--previews goes with"),
        (("--older-than", "1d"), "--previews goes with"),
        (("--previews", "--older-than", "1d", "--keep", "3"), "--previews goes with"),
        (("--previews", "--older-than", ""), "is no age"),  # a variable that was not set
        (("--previews", "--branch", ""), "list of open branches is empty"),
        (("--previews", "--branches", ""), "list of open branches is empty"),
    ],
)
def test_options_that_say_nothing_or_too_much_are_told(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    check_one_error(Shell(tmp_path).run("prune", *words), 2, says)
