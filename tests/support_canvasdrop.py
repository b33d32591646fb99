"""The emulator of Canvas Drop on a socket, in a thread or in a process of its own, and raw requests to it."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import socket
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import msgspec
import uvicorn

from presswork.testing import served
from presswork_canvasdrop.emulator import Behaviour, Emulator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def said(self) -> tuple[int, str]:
        """The status, and the code or the word of a refusal."""
        document = self.json
        return self.status, document.get("code") or document["error"]


@dataclass(frozen=True)
class Running:
    """Where an emulator is reached. `headers` of a request replace ours; the key goes along unless told otherwise."""

    facts: Mapping[str, str]

    @cached_property
    def port(self) -> int:
        return int(self.facts["url"].rpartition(":")[2])

    def ask(
        self,
        method: str,
        target: str,
        body: bytes | Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        key: str | None = "",
    ) -> Answer:
        """Send one request on a connection of its own, to the target just as it is written."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            own = {} if key is None else {"Authorization": f"Bearer {key or self.facts['key']}"}
            connection.request(method, target, body, {**own, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def api(self, method: str, rest: str = "", body: Any = None, **headers: str) -> Answer:
        """Call what comes after `B`, with bytes or with a JSON document."""
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask(method, f"/v1/canvases/{self.facts['canvas']}{rest}", sent, headers)

    def begin(self, files: Mapping[str, bytes]) -> Answer:
        """Begin a staged upload."""
        manifest = [{"path": path, "hash": sha256(body), "size": len(body)} for path, body in files.items()]
        return self.api("POST", "/uploads", {"manifest": manifest})

    def put(self, upload: str, content: bytes, digest: str | None = None) -> Answer:
        """Stage one blob."""
        return self.api("PUT", f"/uploads/{upload}/blobs/{digest or sha256(content)}", content)

    def finalize(self, upload: str) -> Answer:
        """Finalize a staged upload."""
        return self.api("POST", f"/uploads/{upload}/finalize")

    def staged(self, files: Mapping[str, bytes]) -> str:
        """Begin a staged upload and stage all it lacks; return its handle."""
        begun = self.begin(files).json
        content = {sha256(body): body for body in files.values()}
        for digest in begun["missingHashes"]:
            assert self.put(begun["uploadId"], content[digest]).status == 204
        upload: str = begun["uploadId"]
        return upload

    def publish(self, files: Mapping[str, bytes]) -> dict[str, Any]:
        """Publish by the staged way."""
        answer = self.finalize(self.staged(files))
        assert answer.status == 200, answer.body
        result: dict[str, Any] = answer.json
        return result

    def deploy(self, files: Mapping[str, bytes]) -> Answer:
        """Publish as a ZIP."""
        return self.api("PUT", "/deploy", zipped(files.items()))

    def live(self) -> dict[str, bytes] | None:
        """Return what is live, read back byte by byte; None where nothing is."""
        listed = self.api("GET", "/files")
        if listed.status == 404:
            return None
        return {file["path"]: self.read(file["path"]).body for file in listed.json["files"]}

    def read(self, path: str) -> Answer:
        """Read one live file back."""
        return self.api("GET", f"/files?path={quote(path, safe='')}")

    def page(self, path: str = "", **headers: str) -> Answer:
        """Get a page as a visitor."""
        target = self.facts["site_url"].removeprefix(self.facts["url"]) + path
        return self.ask("GET", target, headers=headers, key=None)


@dataclass(frozen=True)
class InThread(Running):
    """An emulator in this process: its behaviour, faults and requests are at hand."""

    emulator: Emulator

    def other(self, slug: str = "other") -> InThread:
        """Return another canvas of the same emulator."""
        return replace(self, facts=self.emulator.facts(self.facts["url"], slug))


@dataclass(frozen=True)
class InProcess(Running):
    """An emulator in a process of its own, to be killed."""

    process: subprocess.Popen[str]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zipped(entries: Any, **options: Any) -> bytes:
    """Return a ZIP of (name or ZipInfo, content) pairs."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **options) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return stream.getvalue()


@contextmanager
def emulating(
    folder: Path,
    behaviour: Behaviour | None = None,
    *,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    **settings: Any,
) -> Iterator[InThread]:
    """Run an emulator on a free port, in a thread: with `behaviour`, or without a rate limit and with `settings`."""
    behaviour = behaviour or msgspec.convert({"rate_limit": None, **settings}, Behaviour)
    emulator = Emulator(folder, behaviour, clock=clock, sleep=sleep)
    with served(emulator) as address:
        yield InThread(emulator.facts(address), emulator)


@contextmanager
def emulator_process(folder: Path, **settings: Any) -> Iterator[InProcess]:
    """Run an emulator on a free port, in a process of its own."""
    line = [sys.executable, __file__, str(folder), json.dumps({"rate_limit": None, **settings})]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield InProcess(json.loads(process.stdout.readline()), process)
        finally:
            process.kill()


def _serve(folder: str, settings: str) -> None:
    emulator = Emulator(Path(folder), msgspec.json.decode(settings, type=Behaviour))
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(json.dumps(emulator.facts(f"127.0.0.1:{listener.getsockname()[1]}")), flush=True)
        server = uvicorn.Server(uvicorn.Config(emulator, log_level="critical", lifespan="off"))
        server.run(sockets=[listener])


if __name__ == "__main__":
    _serve(*sys.argv[1:])
