"""The files that the documentation shows for CIs: valid, and their commands run in order, at Netlify's emulator."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from presswork.label import commit_in
from presswork.origin import alias_of
from support_ci import DOCS, Failed, Runner, holds, template
from support_cli import Project, check_one_error
from support_docs import blocks
from support_netlify import emulating

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_netlify import InThread

MAIN = {"github.event_name": "push", "github.ref": "refs/heads/main"}
HEAD = "github.event.pull_request.head.repo.full_name"
PULL = {"github.event_name": "pull_request", "github.event.number": "7", HEAD: "a/docs", "github.ref": "refs/pull/7"}
FORK = {**PULL, HEAD: "eve/docs"}
ON_PULL = {"GITHUB_REF": "refs/pull/7/merge", "GITHUB_HEAD_REF": "fix-it"}
ON_MAIN = {"GITHUB_REF": "refs/heads/main", "GITHUB_REF_NAME": "main"}


@pytest.fixture
def netlify(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "netlify", processing=()) as running:
        yield running


@pytest.fixture
def runner(tmp_path: Path, netlify: InThread) -> Runner:
    page = (DOCS / "ci.md").read_text()
    (plugins,) = (block.text for block in blocks(page) if block.language == "yaml")
    assert "site: my-docs" in plugins
    head = "site_name: Test\nsite_url: https://docs.example.org/\ntheme: {name: null, custom_dir: theme}\n"
    files = {
        "mkdocs.yml": head + plugins.replace("my-docs", netlify.name),
        "docs/index.md": "# Home\n",
        "docs/guide.md": "# Guide\n",
        "docs/.nojekyll": "",
        "theme/main.html": "<title>{{ page.title }}</title>{{ page.content }}",
        "requirements.txt": "mkdocs\npresswork\n",
        ".gitignore": "/site/\n/.presswork/\n",
    }
    api = {"PRESSWORK_NETLIFY_API_URL": netlify.facts["api_url"]}
    return Runner(tmp_path, files, api, NETLIFY_AUTH_TOKEN=netlify.facts["token"])


def home(netlify: InThread, alias: str | None = None) -> str | None:
    answer = netlify.page(f"{alias}--{netlify.name}" if alias else netlify.name, "index.html")
    return answer.body.decode() if answer.status == 200 else None


def deploys(netlify: InThread) -> list[dict[str, Any]]:
    return list(netlify.api("GET", f"/sites/{netlify.site}/deploys").json)


@pytest.mark.parametrize(
    ("page", "title"), [("github.md", ".github/workflows/docs.yml"), ("forgejo.md", ".forgejo/workflows/docs.yml")]
)
def test_a_push_goes_live_and_a_pull_request_gets_a_preview(
    runner: Runner, netlify: InThread, page: str, title: str
) -> None:
    docs = template(page, title)
    addresses = runner.workflow(docs, MAIN, **ON_MAIN)
    assert runner.ran == ["build", "deploy"]
    assert "Home</h1>" in (home(netlify) or "")
    (live,) = deploys(netlify)

    runner.commit("Greet", {"docs/index.md": "# Hello\n"})
    addresses |= runner.workflow(docs, PULL, **ON_PULL)
    assert runner.ran == ["build", "preview"]
    assert "Hello</h1>" in (home(netlify, "pull-7") or "")
    assert "Home</h1>" in (home(netlify) or "")
    preview, _ = deploys(netlify)
    if page == "github.md":  # what Forgejo does not show
        assert addresses == {"deploy": live["ssl_url"], "preview": preview["deploy_ssl_url"]}
        said = runner.said_to_gh()
        assert said.startswith("pr comment 7 --edit-last --create-if-none --body-file summary.md\n### ")
        assert f"changed: [Hello](<{preview['deploy_ssl_url']}/>)" in said
        assert f"([live](<{live['ssl_url']}/>))" in said
        assert (runner.folder / "step-summary").read_text().count("### ") == 2

    netlify.emulator.requests.clear()
    runner.workflow(docs, FORK, **ON_PULL)
    assert runner.ran == ["build"]
    assert not netlify.emulator.requests


def test_previews_of_closed_pull_requests_are_deleted(runner: Runner, netlify: InThread) -> None:
    docs = template("github.md", ".github/workflows/docs.yml")
    runner.workflow(docs, PULL, **ON_PULL)
    tidy = template("github.md", ".github/workflows/docs-previews.yml")
    runner.workflow(tidy, MAIN, GH_OPEN="pull-7 pull-9")
    assert home(netlify, "pull-7")
    runner.workflow(tidy, MAIN, GH_OPEN="pull-9")
    assert home(netlify, "pull-7") is None


def test_a_list_of_pull_requests_that_fails_deletes_nothing(runner: Runner, netlify: InThread) -> None:
    runner.workflow(template("github.md", ".github/workflows/docs.yml"), PULL, **ON_PULL)
    tidy = template("github.md", ".github/workflows/docs-previews.yml")
    with pytest.raises(Failed, match="gh pr list"):
        runner.workflow(tidy, {**MAIN, "github.token": ""}, GH_OPEN="pull-9")
    assert home(netlify, "pull-7")


RUN = {
    "github.event.workflow_run.event": "pull_request",
    "github.event.workflow_run.conclusion": "success",
    "github.event.workflow_run.head_repository.full_name": "eve/docs",
    "github.event.workflow_run.head_branch": "main",
    "github.event.workflow_run.head_sha": "e" * 40,
    "github.event.workflow_run.actor.login": "eve",
    "github.event.workflow_run.id": "42",
}
HOSTILE = {
    "presswork.toml": 'host = "local"\npath = "stolen"\n',
    "pyproject.toml": '[tool.presswork]\nhost = "local"\npath = "stolen"\n',
    "mkdocs.yml": "site_name: x\nplugins: [{presswork: {host: local, path: stolen}}]\n",
    ".presswork/build.json": "{}",
    "index.html": "<h1>From a fork</h1>",
}


def artifact(runner: Runner) -> None:
    """Put in the place of what a fork's build made what it could make."""
    for path, text in HOSTILE.items():
        file = runner.folder / "hostile" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    runner.artifacts["site"] = runner.folder / "hostile"


def test_a_fork_gets_a_preview_of_its_own_and_changes_nothing_else(runner: Runner, netlify: InThread) -> None:
    runner.workflow(template("github.md", ".github/workflows/docs.yml"), MAIN, **ON_MAIN)
    before = home(netlify)
    artifact(runner)
    forks = template("forks.md", ".github/workflows/docs-forks.yml")
    addresses = runner.workflow(forks, RUN, **ON_MAIN)

    alias = alias_of("eve/docs/main")
    assert "From a fork" in (home(netlify, alias) or "")
    assert home(netlify) == before
    preview, live = deploys(netlify)
    assert addresses == {"preview": preview["deploy_ssl_url"]}
    assert (commit_in(preview["title"]), commit_in(live["title"]) is not None) == ("e" * 12, True)
    assert not list(runner.folder.rglob("stolen"))


def test_such_files_would_be_read_beside_the_folder(runner: Runner, netlify: InThread) -> None:
    runner.commit("Betray", {name: text for name, text in HOSTILE.items() if name in {"presswork.toml", "mkdocs.yml"}})
    artifact(runner)
    runner.workflow(template("forks.md", ".github/workflows/docs-forks.yml"), RUN, **ON_MAIN)
    assert list(runner.folder.rglob("stolen"))
    assert deploys(netlify) == []


@pytest.mark.parametrize(
    "change",
    [
        {"github.event.workflow_run.conclusion": "failure"},
        {"github.event.workflow_run.head_repository.full_name": "a/docs"},
        {"github.event.workflow_run.event": "push"},
    ],
)
def test_only_what_a_forks_pull_request_built_is_deployed(change: dict[str, str]) -> None:
    condition = template("forks.md", ".github/workflows/docs-forks.yml")["jobs"]["preview"]["if"]
    context = {"github.repository": "a/docs", **RUN}
    assert holds(condition, context)
    assert not holds(condition, {**context, **change})


def test_a_gitlab_pipeline_deploys_previews_and_prunes(runner: Runner, netlify: InThread) -> None:
    docs = template("gitlab.md", ".gitlab-ci.yml")
    push = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}
    merge = {
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1",
        "CI_PROJECT_ID": "1",
        "CI_DEFAULT_BRANCH": "main",
    }
    addresses = runner.pipeline(docs, **push)
    assert runner.ran == ["build", "deploy"]
    runner.commit("Greet", {"docs/index.md": "# Hello\n"})
    addresses |= runner.pipeline(docs, **merge)
    assert runner.ran == ["build", "preview"]
    assert "Hello</h1>" in (home(netlify, "mr-7") or "")
    assert "Home</h1>" in (home(netlify) or "")
    preview, live = deploys(netlify)
    assert addresses == {"deploy": live["ssl_url"], "preview": preview["deploy_ssl_url"]}
    assert preview["deploy_ssl_url"] in runner.artifacts["summary.md"].read_text()

    runner.pipeline(docs, **{**merge, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "2"})
    assert runner.ran == ["build"]
    runner.pipeline(docs, **{**push, "CI_PIPELINE_SOURCE": "schedule"})
    assert runner.ran == ["prune"]
    assert home(netlify, "mr-7")  # it is no fortnight old


def test_the_runner_gives_a_secret_only_to_a_step_that_asks(runner: Runner) -> None:
    look: dict[str, Any] = {"run": '[ -z "$NETLIFY_AUTH_TOKEN" ]'}
    job = {"jobs": {"build": {"steps": [{"uses": "actions/checkout@v4"}, look]}}}
    runner.workflow(job, MAIN)
    look["env"] = {"NETLIFY_AUTH_TOKEN": "${{ secrets.NETLIFY_AUTH_TOKEN }}"}
    with pytest.raises(Failed):
        runner.workflow(job, MAIN)


def test_a_step_that_fails_before_it_deploys_says_so_too(tmp_path: Path) -> None:
    project = Project(tmp_path)
    files = {"GITHUB_OUTPUT": str(tmp_path / "out"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    check_one_error(project.run("deploy", **files), 2, "There is no build to deploy")
    assert (tmp_path / "out").read_text() == "outcome=failed\n"
    assert "There is no build to deploy" in (tmp_path / "summary").read_text().replace("\\", "")


def test_no_job_that_builds_is_given_a_secret_and_none_runs_on_pull_request_target() -> None:
    seen = 0
    for page in ("github.md", "forgejo.md", "forks.md"):
        for block in blocks((DOCS / page).read_text()):
            if block.title is None:
                continue
            document = template(page, block.title)
            seen += 1
            assert "pull_request_target" not in block.text
            for job in document["jobs"].values():
                text = repr(job)
                assert "mkdocs build" not in text or "secrets." not in text
    assert seen == 4
    assert re.search("never use `pull_request_target`", (DOCS / "forks.md").read_text(), re.IGNORECASE)
