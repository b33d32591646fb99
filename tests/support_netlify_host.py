"""Deploys to the emulator of Netlify by the whole story, inside the test's process, and what was asked for them."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, quote

from presswork import releases, rollback
from presswork.deploy import deploy
from presswork.plugins import Plugins
from presswork.project import Project
from presswork.settings import read_settings
from presswork.site import Site
from presswork.testing.servers import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from presswork.report import Report, TargetReport
    from support_netlify import InThread, Running

    Edit = Callable[[str, str, Any, dict[str, str]], Any]

Files = dict[str, bytes]
HOME = {"index.html": b"<p>home"}


class Publisher:
    """A project with one target at the emulator; every command is a new process's, as far as that can be told."""

    def __init__(self, folder: Path, netlify: Running, **table: Any) -> None:
        self.folder = folder / "project"
        self.folder.mkdir(parents=True)
        (self.folder / "pyproject.toml").touch()
        self.netlify = netlify
        self.table = {"host": "netlify", "site": netlify.site, **table}
        self.environ = {
            "NETLIFY_AUTH_TOKEN": netlify.facts["token"],
            "PRESSWORK_NETLIFY_API_URL": netlify.facts["api_url"],
            "PRESSWORK_ACTOR": "tester",
        }
        self.plugins: list[tuple[str, object]] = []

    def project(self, **more: Any) -> Project:
        """Return the project with these settings laid over its own; None takes one away."""
        table = {key: value for key, value in {**self.table, **more}.items() if value is not None}
        settings = read_settings(table, door="the test", folder=self.folder, environ=self.environ)
        return Project(settings, Plugins(self.plugins), self.environ)

    def write(self, files: Mapping[str, bytes], name: str = "site") -> Site:
        """Make the output folder hold these files and no others."""
        root = self.folder / name
        root.mkdir(exist_ok=True)
        for file in sorted(root.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        for path, content in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        return Site(root=str(root), generator="test 1")

    def report(self, files: Mapping[str, bytes], *, settings: Mapping[str, Any] | None = None, **more: Any) -> Report:
        """Deploy these files, whatever comes of it; what is no setting is for `deploy`."""
        return deploy(self.write(files), self.project(**(settings or {})), **more)

    def deploy(self, files: Mapping[str, bytes], outcome: str = "deployed", **more: Any) -> TargetReport:
        """Deploy these files; that must have this outcome."""
        return only(self.report(files, **more), outcome)

    def rollback(self, name: str | None = None) -> TargetReport:
        project = self.project()
        return only(rollback.rollback(project, project.settings.target(), name), "rolled-back")

    def promote(self, name: str) -> TargetReport:
        project = self.project()
        return only(rollback.promote(project, project.settings.target(), name), "promoted")

    def history(self) -> list[Any]:
        return list(only(releases.history(self.project()), "listed").releases or ())

    def verify(self, outcome: str = "verified", **more: Any) -> TargetReport:
        return only(releases.verify(self.project(), **more), outcome)

    def live(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return those of these files that the live address gives, path to content."""
        return self.served(self.netlify.name, files)

    def served(self, label: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return those of these files that are served under a label."""
        answers = {path: self.netlify.page(label, quote(path)) for path in files}
        return {path: answer.body for path, answer in answers.items() if answer.status == 200}

    def remembered(self) -> str:
        """Return all that is in the state folder."""
        files = (file for file in (self.folder / ".presswork").rglob("*") if file.is_file())
        return "\n".join(f"{file}\n{file.read_text(errors='replace')}" for file in files)


def only(report: Report, outcome: str) -> TargetReport:
    """Return what a report says of its one target."""
    assert report.error is None, report.error
    (target,) = report.targets
    assert target.outcome == outcome, target.error or target
    return target


def pages(number: int, seed: str = "") -> Files:
    """Return a home page and so many pages in all, each of content of its own."""
    return {"index.html": f"home {seed}".encode()} | {
        f"p/{n}.html": f"page {n} {seed}".encode() for n in range(1, number)
    }


def asked(netlify: InThread, pattern: str = "") -> list[str]:
    """Return what was asked of the emulator, as `METHOD path`, the API's prefix and long ids taken away."""
    short = ((short_path(r.method, r.path)) for r in netlify.emulator.requests if r.path.startswith("/api/v1"))
    return [line for line in short if re.search(pattern, line)]


def short_path(method: str, path: str) -> str:
    path = path.removeprefix("/api/v1")
    path = re.sub(r"/sites/[0-9a-f-]{36}", "/sites/SITE", path)
    return f"{method} {re.sub('/deploys/[0-9a-f]{24}', '/deploys/ID', path)}"


def changing(netlify: InThread) -> list[str]:
    """Return every request that was not a mere look."""
    return asked(netlify, "^(?!GET)")


def codes(target: TargetReport) -> dict[str, str]:
    """Return the findings of a target, code to severity."""
    return {finding.code: finding.severity for finding in target.findings}


@contextmanager
def edited(netlify: InThread, edit: Edit) -> Iterator[InThread]:
    """Serve the same emulator with its JSON answers edited: `edit(method, path, document, headers)`.

    It returns the document to send, or bytes as they are, and may change the headers.
    """

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        start: dict[str, Any] = {}
        body = b""

        async def sending(message: Any) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            headers = {name.decode(): value.decode() for name, value in start["headers"]}
            if "json" in headers.get("content-type", ""):
                document = edit(scope["method"], scope["path"].removeprefix("/api/v1"), json.loads(body), headers)
                body = document if isinstance(document, bytes) else json.dumps(document).encode()
            headers["content-length"] = str(len(body))
            start["headers"] = [(name.encode(), value.encode()) for name, value in headers.items()]
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await netlify.emulator(scope, receive, sending)

    with served(app) as address:
        api_url = f"{address}/api/v1"
        site_url = f"{address}/_live/{netlify.name}/"
        yield replace(netlify, facts={**netlify.facts, "api_url": api_url, "site_url": site_url})


class Asked(NamedTuple):
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@contextmanager
def recorded(netlify: InThread) -> Iterator[tuple[InThread, list[Asked]]]:
    """Serve the same emulator, keeping every request to the API whole."""
    requests: list[Asked] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""

        async def receiving() -> Any:
            nonlocal body
            message = await receive()
            body += message.get("body", b"")
            return message

        await netlify.emulator(scope, receiving, send)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        requests.append(
            Asked(scope["method"], scope["raw_path"].decode().removeprefix("/api/v1"), query, headers, body)
        )

    with served(app) as address:
        yield replace(netlify, facts={**netlify.facts, "api_url": f"{address}/api/v1"}), requests
