from __future__ import annotations

import pytest

from presswork.origin import run_address, who

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
    ],
    ids=["github", "gitlab", "own words first"],
)
def test_a_ci_run_says_who_and_where(environ: dict[str, str], actor: str, run: str) -> None:
    assert (who(environ), run_address(environ)) == (actor, run)


def test_outside_ci_it_is_user_and_machine_and_no_run() -> None:
    assert "@" in who({})
    assert run_address({}) is None


def test_half_a_ci_is_no_run() -> None:
    assert run_address({"GITHUB_RUN_ID": "7"}) is None
    assert run_address({"PRESSWORK_RUN": ""}) is None
