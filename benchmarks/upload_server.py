"""The smallest server that speaks as much of Netlify's deploy protocol as a deploy by digest asks for.

    python benchmarks/upload_server.py

Prints its port and ends with its standard input. It takes every uploaded byte unseen and gives each upload the same
answer, so that what a benchmark measures is the client. `GET /control` tells what it did since it was last asked;
`?latency=SECONDS` holds every further answer back so long, `?rate=BYTES` as much longer as the request's body would
have taken at so many bytes a second on its connection (0: no time), `?forget=1` makes every site empty again.
"""

from __future__ import annotations

import heapq
import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

_SCRATCH: Final = bytearray(1024 * 1024)
_TAKEN: Final = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 17\r\n\r\n{"size": "taken"}'


@dataclass
class Deploy:
    """One deploy: what it still wants, and the files it is made of."""

    id: str
    site: Site
    title: str
    files: dict[str, str] | None = None
    required: list[str] = field(default_factory=list)
    lacking: int = 0

    def facts(self) -> dict[str, Any]:
        """Return what the API says of it."""
        state = "new" if self.files is None else "uploading" if self.lacking else "ready"
        wanted = self.required if self.lacking else []
        return {"id": self.id, "state": state, "required": wanted, "title": self.title, "context": "production"}


@dataclass
class Site:
    """One site: what it holds, and what is live."""

    held: set[str] = field(default_factory=set)
    live: Deploy | None = None


@dataclass
class Connection:
    """One client's connection, and the request that is coming in on it."""

    socket: socket.socket
    head: bytes = b""
    body: list[bytes] | None = None
    size: int = 0
    left: int = 0
    upload: Deploy | None = None


class Server:
    """Answers in one thread, whatever is ready first."""

    def __init__(self) -> None:
        self.sites: dict[str, Site] = {}
        self.deploys: dict[str, Deploy] = {}
        self.latency = self.rate = 0.0
        self.puts = self.bytes = 0
        self.cpu = time.process_time()
        self.asked = self.answered = 0.0
        self.late: list[tuple[float, int, Connection, bytes]] = []
        self.delayed = 0
        self.ready = selectors.DefaultSelector()
        self.door = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.door.setblocking(False)
        self.ready.register(self.door, selectors.EVENT_READ)
        self.ready.register(sys.stdin, selectors.EVENT_READ)

    def run(self) -> None:
        """Print the port, and answer until standard input ends."""
        print(self.door.getsockname()[1], flush=True)
        while True:
            pause = max(0.0, self.late[0][0] - time.monotonic()) if self.late else None
            for key, _ in self.ready.select(pause):
                if key.data is not None:
                    self.read(key.data)
                elif key.fileobj is self.door:
                    self.enter()
                else:
                    return
            while self.late and self.late[0][0] <= time.monotonic():
                _, _, connection, answer = heapq.heappop(self.late)
                self.send(connection, answer)

    def enter(self) -> None:
        """Take a connection."""
        client, _ = self.door.accept()
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ready.register(client, selectors.EVENT_READ, Connection(client))

    def read(self, connection: Connection) -> None:
        """Take in what has come on a connection."""
        try:
            count = connection.socket.recv_into(_SCRATCH)
        except ConnectionError:
            count = 0
        if not count:
            self.ready.unregister(connection.socket)
            connection.socket.close()
            return
        if not connection.left:
            connection.head += bytes(memoryview(_SCRATCH)[:count])
            end = connection.head.find(b"\r\n\r\n") + 4
            if end < 4:
                return
            body = connection.head[end:]
            self.begin(connection, connection.head[:end])
            count = len(body)
            if connection.body is not None:
                connection.body.append(body)
        elif connection.body is not None:
            connection.body.append(bytes(memoryview(_SCRATCH)[:count]))
        connection.left -= count
        if connection.upload is not None:
            self.bytes += count
        if not connection.left:
            self.end(connection)

    def begin(self, connection: Connection, head: bytes) -> None:
        """Take in a request's head."""
        connection.head = head
        at = head.lower().find(b"\r\ncontent-length: ")
        connection.size = connection.left = int(head[at + 18 : head.find(b"\r\n", at + 18)]) if at >= 0 else 0
        if head.startswith(b"PUT /api/v1/deploys/"):
            connection.upload = self.deploys[head[20 : head.find(b"/", 20)].decode()]
        else:
            connection.body = []

    def end(self, connection: Connection) -> None:
        """Answer a request that is there to its end, now or later."""
        if (deploy := connection.upload) is not None:
            self.puts += 1
            deploy.lacking -= 1
            if not deploy.lacking:
                self.publish(deploy)
            answer = _TAKEN
        else:
            method, address, _ = connection.head.decode().split(" ", 2)
            answer = _as_json(self.answer(method, address, b"".join(connection.body or ())))
        connection.head, connection.body, connection.upload = b"", None, None
        if self.latency or self.rate:
            delay = self.latency + (connection.size / self.rate if self.rate else 0)
            self.delayed += 1  # no two are alike, so that connections need not be compared
            heapq.heappush(self.late, (time.monotonic() + delay, self.delayed, connection, answer))
        else:
            self.send(connection, answer)

    def send(self, connection: Connection, answer: bytes) -> None:
        """Send an answer, waiting for the client where it is a long one."""
        if answer is _TAKEN:
            self.answered = time.monotonic()
        sent = connection.socket.send(answer)
        if sent < len(answer):
            connection.socket.setblocking(True)
            connection.socket.sendall(memoryview(answer)[sent:])
            connection.socket.setblocking(False)

    def answer(self, method: str, address: str, body: bytes) -> object:
        """Return the JSON value that answers anything but an upload."""
        parts = urlsplit(address)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        match method, *parts.path.removeprefix("/api/v1").split("/")[1:]:
            case "GET", "control":
                return self.control(query)
            case "GET", "deploys", deploy:
                return self.deploys[deploy].facts()
            case "GET", "sites", name:
                live = self.site(name).live
                return {"id": name, "name": name, "published_deploy": live.facts() if live else None}
            case "GET", "sites", name, "files":
                live = self.site(name).live
                return [{"path": f"/{path}", "sha": sha} for path, sha in ((live and live.files) or {}).items()]
            case "POST", "sites", name, "deploys":
                made = Deploy(f"{name}-{len(self.deploys)}", self.site(name), query.get("title", ""))
                self.deploys[made.id] = made
                return made.facts()
            case "PUT", "sites", _, "deploys", deploy:
                return self.want(self.deploys[deploy], json.loads(body)["files"])
        raise ValueError(f"{method} {address} is not spoken here")

    def site(self, name: str) -> Site:
        """Return a site; one not heard of is empty."""
        return self.sites.setdefault(name, Site())

    def want(self, deploy: Deploy, files: dict[str, str]) -> dict[str, Any]:
        """Take in a deploy's files and say which are not held."""
        deploy.files = files
        deploy.required = sorted(set(files.values()) - deploy.site.held)
        deploy.lacking = len(deploy.required)
        if not deploy.lacking:
            self.publish(deploy)
        self.asked = time.monotonic() + self.latency
        return deploy.facts()

    def publish(self, deploy: Deploy) -> None:
        """Make a deploy live."""
        deploy.site.live = deploy
        deploy.site.held.update((deploy.files or {}).values())

    def control(self, query: dict[str, str]) -> dict[str, float]:
        """Set the server up, and tell what it did since it was last asked."""
        if "forget" in query:
            self.sites.clear()
            self.deploys.clear()
        self.latency = float(query.get("latency", self.latency))
        self.rate = float(query.get("rate", self.rate))
        used = time.process_time()
        told = {
            "cpu": used - self.cpu,  # seconds
            "puts": self.puts,
            "bytes": self.bytes,
            "phase": self.answered - self.asked,  # seconds from the answer that names the files to that to the last
        }
        self.cpu, self.puts, self.bytes = used, 0, 0
        return told


def _as_json(value: object) -> bytes:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


if __name__ == "__main__":
    Server().run()
