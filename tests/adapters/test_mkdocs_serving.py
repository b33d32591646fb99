"""What is no build to be published: serving, dirty builds, `gh-deploy`, and a build for the development server."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from support_mkdocs import Docs, either, serving

if TYPE_CHECKING:
    from pathlib import Path

DEPLOY = {"PRESSWORK_DEPLOY": "1"}  # asked for as loudly as can be


@either
@pytest.mark.parametrize("flag", ["--clean", "--dirty"])
def test_serving_never_deploys_nor_records(tmp_path: Path, tool: str, flag: str) -> None:
    docs = Docs(tmp_path, tool=tool)
    with serving(docs, flag, **DEPLOY) as server:
        assert "How it goes." in server.get("/guide/")
        docs.page("guide.md", "# The guide\n\nWritten while it was served.\n")
        server.rebuilt("/guide/", "Written while it was served.")
        run = server.interrupt().ok()

    assert "Shutting down..." in run.stderr
    assert run.said == []
    assert not docs.state.exists()


def test_a_host_that_is_not_installed_does_not_keep_anybody_from_serving(tmp_path: Path) -> None:
    docs = Docs(tmp_path, "[{presswork: {host: faraway, site: mine}}]")
    with serving(docs) as server:
        assert "Welcome." in server.get("/")
        server.interrupt().ok()


@either
def test_a_dirty_build_is_neither_deployed_nor_recorded(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, tool=tool)
    run = docs.build("--dirty", **DEPLOY).ok()

    assert run.said == ["a dirty build is neither deployed nor recorded: build without --dirty for that"]
    assert not docs.state.exists()


@either
def test_gh_deploy_pushes_and_nothing_else_is_deployed(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, tool=tool)
    _git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "remote", "add", "origin", "remote.git")
    _git(tmp_path, "-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-q", "--allow-empty", "-m", "one")
    docs.run("gh-deploy", **DEPLOY).ok()

    assert "Welcome." in _git(tmp_path / "remote.git", "show", "gh-pages:index.html")
    assert not docs.state.exists()


@either
def test_a_build_for_the_development_server_goes_to_the_default_place_only(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, more="site_url: http://127.0.0.1:8000/", tool=tool)
    docs.build().ok()
    assert docs.live == docs.site
    assert docs.record is not None
    assert docs.record.site.development

    docs.configure("[{presswork: {path: store}}]", "site_url: http://127.0.0.1:8000/")
    run = docs.build().failed()
    assert "Error: This is a development build (http://127.0.0.1:8000/); default is not for those." in run.stderr
    assert "hint: Build the site with its public address, then deploy." in run.stderr
    assert not (tmp_path / "store").exists()

    docs.configure("[{presswork: {path: store}}]", "site_url: https://example.org/")
    docs.build().ok()
    assert (tmp_path / "store" / "current" / "index.html").exists()


def test_the_development_server_is_known_by_the_address_that_is_configured(tmp_path: Path) -> None:
    docs = Docs(tmp_path, more="site_url: http://localhost:9000/docs/\ndev_addr: localhost:9000")
    docs.build().ok()

    assert docs.record is not None
    assert docs.record.site.development


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout
