"""A store written by hand, as its layout is documented, served over real sockets."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from hashlib import sha256
from http.client import HTTPConnection, HTTPMessage, HTTPResponse
from typing import TYPE_CHECKING, NamedTuple

import uvicorn

from presswork.manifest import Entry, Manifest
from presswork.mediatypes import media_type
from presswork_local.serve import make_app

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from presswork_local.layout import Layout

LIVE = "20260102-000000-0000000b"
OLDER = "20260101-000000-0000000a"
PREVIEW = "20260103-000000-0000000c"
NEWEST = "20260104-000000-0000000d"
PAGES = {
    "index.html": b"<h1>home</h1>",
    "404.html": b"<h1>lost</h1>",
    "docs/index.html": b"<h1>docs</h1>",
    "docs/data.bin": bytes(range(256)) * 4,
    "docs/empty.txt": b"",
    "about.html": b"<h1>about</h1>",
    "LICENSE": b"free",
    "a:b/index.html": b"<h1>colon</h1>",
    "spaced out/é%41#?&+.txt": b"odd",
    "new\nline.txt": b"odder",
    "%2e%2e/x": b"literal",
}


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes


class Builder:
    """Writes a store by hand, as its layout is documented."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("manifests", "staging", "blobs", "releases", "previews", "tmp"):
            (root / name).mkdir(parents=True)
        (root / "VERSION").write_text("1\n")

    def release(self, name: str, files: Mapping[str, bytes]) -> None:
        entries = [Entry(path, len(data), sha256(data).hexdigest()) for path, data in files.items()]
        manifest = Manifest(entries, {path: media_type(path) for path in files})
        facts = {"id": name, "created": "2026-01-01T00:00:00.000000Z", "live": True, "label": ""}
        document = {"schema": 1, "release": facts, "manifest": json.loads(manifest.to_json())}
        self.record(name).write_text(json.dumps(document))
        self.folder(name).mkdir()
        for path, data in files.items():
            file = self.folder(name) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)

    def switch(self, name: str) -> None:
        (self.root / "current.new").symlink_to(f"releases/{name}")
        (self.root / "current.new").replace(self.root / "current")

    def record(self, name: str) -> Path:
        return self.root / "manifests" / f"{name}.json"

    def folder(self, name: str) -> Path:
        return self.root / "releases" / name


@contextmanager
def serving(store: Layout, *, any_host: bool = False) -> Iterator[int]:
    """Serve a store from a thread; yield the port. The socket listens before the thread starts: nobody waits."""
    config = uvicorn.Config(make_app(store, any_host=any_host), log_level="critical", lifespan="on")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def built(root: Path) -> Builder:
    """Build a store with a live release, an older one, and a preview under the alias `draft`."""
    builder = Builder(root)
    builder.release(LIVE, PAGES)
    builder.release(OLDER, {"index.html": b"<h1>older</h1>", "old.html": b"gone"})
    builder.release(PREVIEW, {"index.html": b"<h1>preview</h1>"})
    (root / "previews" / "draft").symlink_to(f"../releases/{PREVIEW}")
    (builder.folder(LIVE) / "secret.txt").write_text("in the folder, not in the manifest")
    (root / "releases" / "x").write_text("beside the releases")
    builder.switch(LIVE)
    return builder


def ask(
    port: int, target: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", host: str = "localhost"
) -> Answer:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, target, headers={"Host": host, **(headers or {})})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def ask_raw(port: int, request: bytes) -> Answer:
    """Send these very bytes as the request line and headers."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(request)
        answer = HTTPResponse(line)
        answer.begin()
        return Answer(answer.status, answer.headers, answer.read())


def etag(data: bytes) -> str:
    return f'"{sha256(data).hexdigest()}"'
