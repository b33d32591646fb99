from __future__ import annotations

import re

import pytest

from presswork.origin import alias_of, branch_name, preview_alias, run_address, who

GITHUB = {
    "GITHUB_ACTOR": "octo",
    "GITHUB_SERVER_URL": "https://git.example",
    "GITHUB_REPOSITORY": "a/b",
    "GITHUB_RUN_ID": "7",
}
GITLAB = {"GITLAB_USER_LOGIN": "fox", "CI_JOB_URL": "https://lab.example/job/1"}
OWN = {"PRESSWORK_ACTOR": "me", "PRESSWORK_RUN": "https://own.example"}


@pytest.mark.parametrize(
    ("environ", "actor", "run"),
    [
        (GITHUB, "octo", "https://git.example/a/b/actions/runs/7"),
        (GITLAB, "fox", "https://lab.example/job/1"),
        (GITHUB | GITLAB | OWN, "me", "https://own.example"),
        (
            GITHUB | {"FORGEJO_ACTIONS": "true", "GITHUB_RUN_NUMBER": "3"},
            "octo",
            "https://git.example/a/b/actions/runs/3",
        ),
    ],
    ids=["github", "gitlab", "own words first", "forgejo"],
)
def test_a_ci_run_says_who_and_where(environ: dict[str, str], actor: str, run: str) -> None:
    assert (who(environ), run_address(environ)) == (actor, run)


def test_outside_ci_it_is_user_and_machine_and_no_run() -> None:
    assert "@" in who({})
    assert run_address({}) is None


def test_half_a_ci_is_no_run() -> None:
    assert run_address({"GITHUB_RUN_ID": "7"}) is None
    assert run_address({"PRESSWORK_RUN": ""}) is None


PULL = {"GITHUB_REF": "refs/pull/7/merge", "GITHUB_REF_NAME": "7/merge", "GITHUB_HEAD_REF": "fix-it"}
PUSH = {"GITHUB_REF": "refs/heads/new-layout", "GITHUB_REF_NAME": "new-layout", "GITHUB_HEAD_REF": ""}
MERGE = {"CI_MERGE_REQUEST_IID": "7", "CI_COMMIT_REF_NAME": "fix-it"}


@pytest.mark.parametrize(
    ("environ", "alias", "branch"),
    [
        (PULL, "pull-7", "fix-it"),
        (PULL | {"GITHUB_REF": "refs/pull/7/head"}, "pull-7", "fix-it"),
        (PUSH, "new-layout", "new-layout"),
        (MERGE, "mr-7", "fix-it"),
        ({"CI_COMMIT_REF_NAME": "new-layout"}, "new-layout", "new-layout"),
        (PULL | MERGE | {"PRESSWORK_BRANCH": "mine"}, "mine", "mine"),
        ({"PRESSWORK_BRANCH": "", "GITHUB_REF": "refs/pull/x/merge"}, None, None),
    ],
    ids=["github pull", "forgejo pull", "github push", "gitlab merge", "gitlab push", "own words first", "no ci"],
)
def test_a_ci_gives_a_preview_its_alias(environ: dict[str, str], alias: str | None, branch: str | None) -> None:
    assert (preview_alias(environ), branch_name(environ)) == (alias, branch)


@pytest.mark.parametrize("branch", ["main", "pull-7", "3-0-x", "a" * 37])
def test_a_branch_whose_name_can_be_an_alias_is_its_own(branch: str) -> None:
    assert alias_of(branch) == branch


def test_any_other_branch_has_an_alias_of_its_own_that_can_be_one() -> None:
    names = [
        "a/b",
        "a-b",
        "A-b",
        "a--b",
        "-a-b",
        "a.b",
        "\u65e5\u672c",
        "-",
        "x" * 38,
        "x" * 39,
        "feature/" + "y" * 300,
    ]
    aliases = [alias_of(name) for name in names]
    assert len({*aliases}) == len(names)
    for alias in aliases:
        assert re.fullmatch("[a-z0-9]([a-z0-9-]{0,35}[a-z0-9])?", alias), alias
    assert aliases[0].startswith("a-b-")
    assert alias_of("a/b") == aliases[0]
