"""The emulator of SimpleHost's API on a socket, in a thread or in a process of its own, and raw requests to it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from presswork.testing import served
from presswork_simplehost.emulator import Behaviour, Emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ENDLESS = 10**9
"""A rate limit that no test meets: what `emulating` and `emulator_process` set unless told otherwise."""

HTML = "text/html"
START = 1_774_000_000.25
"""When a `Clock` starts: 2026-03-20T09:46:40.250Z."""


class Clock:
    """A time that only a test moves, in seconds since the epoch."""

    now = START

    def __call__(self) -> float:
        return self.now


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Running:
    """Where an emulator is reached."""

    facts: Mapping[str, str]

    @property
    def origin(self) -> str:
        return self.facts["api_url"].removesuffix("/api/v1")

    @property
    def slug(self) -> str:
        return self.facts["slug"]

    def ask(self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request on a connection of its own, to the URL or target just as it is written."""
        connection = HTTPConnection(urlsplit(self.origin).netloc, timeout=30)
        try:
            connection.request(method, url.removeprefix(self.origin), body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def api(self, method: str, path: str, document: object = None, *, key: str | None = "") -> Answer:
        """Call the API with a JSON document, or with none; `key` None: anonymously."""
        body = None if document is None else json.dumps(document).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        own = {} if key is None else {"Authorization": f"Bearer {key or self.facts['key']}"}
        return self.ask(method, f"/api/v1{path}", body, {**kind, **own})

    def put(self, entry: Mapping[str, Any], content: bytes) -> Answer:
        """Upload one file as an entry of `upload.uploads` says."""
        return self.ask("PUT", entry["url"], content, entry["headers"])

    def page(self, slug: str, path: str = "") -> Answer:
        """Get a page of a site, as the public would."""
        return self.ask("GET", f"/_live/{slug}/{path}")

    def begin(self, files: Mapping[str, bytes], slug: str | None = None, *, key: str | None = "") -> Any:
        """Send a manifest: create, or update where a slug is given; return the answer's document."""
        method, path = ("PUT", f"/publish/{slug}") if slug else ("POST", "/publish")
        answer = self.api(method, path, {"files": [entry(*file) for file in files.items()]}, key=key)
        assert answer.status in {200, 201}, answer.body
        return answer.json

    def fill(self, begun: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        """Send what is wanted."""
        for each in begun["upload"]["uploads"]:
            assert self.put(each, files[each["path"]]).status == 200

    def finalize(self, begun: Mapping[str, Any], *, key: str | None = "") -> Answer:
        """Ask for the version to go live."""
        document = {"versionId": begun["upload"]["versionId"]}
        return self.api("POST", f"/publish/{begun['slug']}/finalize", document, key=key)

    def deploy(self, files: Mapping[str, bytes], slug: str | None = None) -> Any:
        """Deploy to the end; return what the manifest was answered with."""
        begun = self.begin(files, slug)
        self.fill(begun, files)
        assert self.finalize(begun).status == 200
        return begun


@dataclass(frozen=True)
class InThread(Running):
    """An emulator in this process: its behaviour, faults and requests are at hand."""

    emulator: Emulator


@dataclass(frozen=True)
class InProcess(Running):
    """An emulator in a process of its own, to be killed."""

    process: subprocess.Popen[str]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def entry(path: str, content: bytes, /, **fields: object) -> dict[str, object]:
    """Return a manifest's entry for a file."""
    hashed = hashlib.sha256(content).hexdigest()
    return {"path": path, "size": len(content), "contentType": HTML, "hash": hashed, **fields}


@contextmanager
def emulating(folder: Path, *, clock: Callable[[], float] | None = None, **behaviour: Any) -> Iterator[InThread]:
    """Run an emulator on a free port, in a thread."""
    settings = _behaviour(behaviour)
    emulator = Emulator(folder, settings, clock=clock) if clock else Emulator(folder, settings)
    with served(emulator) as address:
        yield InThread(emulator.facts(address), emulator)


@contextmanager
def emulator_process(folder: Path, **behaviour: Any) -> Iterator[InProcess]:
    """Run an emulator on a free port, in a process of its own."""
    line = [sys.executable, __file__, str(folder), json.dumps(behaviour)]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield InProcess(json.loads(process.stdout.readline()), process)
        finally:
            process.kill()


def _behaviour(given: Mapping[str, Any]) -> Behaviour:
    return msgspec.convert({"rate_limit": ENDLESS, "rate_anonymous": ENDLESS, **given}, Behaviour)


if __name__ == "__main__":
    emulator = Emulator(Path(sys.argv[1]), _behaviour(json.loads(sys.argv[2])))
    with served(emulator) as address:
        print(json.dumps(emulator.facts(address)), flush=True)
        sys.stdin.read()
