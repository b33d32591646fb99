"""Deploys to the emulator of SimpleHost by the whole story, inside the test's process, and what was asked for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import support_netlify_host as other
from presswork import releases
from support_netlify_host import only

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from presswork.report import TargetReport
    from support_simplehost import InThread

HOME = {"index.html": b"<p>home"}
TWO = {"index.html": b"<p>two", "more.css": b"p {}"}


class Publisher(other.Publisher):
    """A project with one target, the emulator's first site unless it is told another; None takes a setting away."""

    def __init__(self, folder: Path, simplehost: InThread, **table: Any) -> None:
        self.folder = folder / "project"
        self.folder.mkdir(parents=True)
        (self.folder / "pyproject.toml").touch()
        self.simplehost = simplehost
        self.table = {"host": "simplehost", "slug": simplehost.slug, **table}
        self.environ = {
            "SIMPLEHOST_API_KEY": simplehost.facts["key"],
            "PRESSWORK_SIMPLEHOST_API_URL": simplehost.facts["api_url"],
            "PRESSWORK_ACTOR": "tester",
        }
        self.plugins: list[tuple[str, object]] = []

    def unpublish(self) -> TargetReport:
        project = self.project()
        return only(releases.unpublish(project, project.settings.target()), "unpublished")

    def claim(self, outcome: str = "claimed") -> TargetReport:
        project = self.project()
        return only(releases.claim(project, project.settings.target()), outcome)

    def live(self, files: Mapping[str, bytes], slug: str | None = None) -> dict[str, bytes]:
        """Return those of these files that a site's own address gives, path to content."""
        name = slug or self.simplehost.slug
        answers = {path: self.simplehost.page(name, quote(path)) for path in files}
        return {path: answer.body for path, answer in answers.items() if answer.status == 200}


def asked(simplehost: InThread, pattern: str = "") -> list[str]:
    """Return what was asked of the API, as `METHOD path`: of a site's slug and a version's id only the words."""
    lines = [f"{r.method} {_short(r.path)}" for r in simplehost.emulator.requests if r.path.startswith("/api/v1")]
    return [line for line in lines if re.search(pattern, line)]


def made(simplehost: InThread) -> list[str]:
    """Return the slugs of the account's sites beside the first, oldest first."""
    sites = simplehost.api("GET", "/publishes").json["sites"]
    return [site["slug"] for site in reversed(sites) if site["slug"] != simplehost.slug]


def slug_in(target: TargetReport) -> str:
    """Return the slug of the site that a report's release is on."""
    assert target.release
    return target.release.url.rstrip("/").rpartition("/")[2]


def _short(path: str) -> str:
    path = path.removeprefix("/api/v1").partition("?")[0]
    if path.startswith("/_upload/"):
        return "/_upload/" + unquote(path.removeprefix("/_upload/")).split("/", 2)[2]
    return re.sub("^/publish/[^/]+", "/publish/SLUG", path)
