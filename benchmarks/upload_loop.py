"""The least work that deploys a folder: what `upload.py` holds Presswork against.

    python benchmarks/upload_loop.py DIR API_URL SITE WORKERS

Scans, asks, and sends what is asked for, with one `http.client` connection a thread. No retries, no pacing, no check
of what it sends, no memory of what it did, no proof. Prints the CPU seconds that sending took, and how many files.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = {"Authorization": "Bearer nothing-to-hide"}
_JSON = {**_TOKEN, "Content-Type": "application/json"}
_RAW = {**_TOKEN, "Content-Type": "application/octet-stream"}


def read(place: str) -> bytes:
    file = os.open(place, os.O_RDONLY)
    try:
        size = os.fstat(file).st_size
        data = os.read(file, size + 1)
        while len(data) < size:
            data += os.read(file, size - len(data))
        return data
    finally:
        os.close(file)


def scan(root: str) -> Iterator[tuple[str, str]]:
    """Yield path and SHA-1 of every file; SHA-256 is a manifest's identity and so part of the work."""
    stack = [root]
    while stack:
        with os.scandir(stack.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    stack.append(entry.path)
                else:
                    data = read(entry.path)
                    hashlib.sha256(data).hexdigest()
                    yield entry.path[len(root) + 1 :], hashlib.sha1(data, usedforsecurity=False).hexdigest()


def main(root: str, api_url: str, site: str, workers: int) -> None:
    api = urlsplit(api_url)

    def connected() -> HTTPConnection:
        return HTTPConnection(api.hostname or "", api.port)  # sets TCP_NODELAY when it connects

    def ask(method: str, path: str, body: object = None) -> Any:
        here.request(method, f"{api.path}{path}", json.dumps(body) if body is not None else None, _JSON)
        return json.loads(here.getresponse().read())

    here = connected()
    files = dict(scan(root))
    paths = {sha: path for path, sha in files.items()}
    ask("GET", f"/sites/{site}")
    deploy = ask("POST", f"/sites/{site}/deploys", {"draft": False})["id"]
    required = ask("PUT", f"/sites/{site}/deploys/{deploy}", {"files": files, "async": True})["required"]

    waiting = iter(required)

    def send() -> None:
        mine = connected()
        for sha in waiting:
            path = paths[sha]
            mine.request("PUT", f"{api.path}/deploys/{deploy}/files/{quote(path)}", read(f"{root}/{path}"), _RAW)
            answer = mine.getresponse()
            answer.read()
            if answer.status != 200:
                raise AssertionError(answer.status)

    began = time.process_time()
    threads = [threading.Thread(target=send) for _ in range(min(workers, len(required)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cpu = time.process_time() - began
    if (state := ask("GET", f"/deploys/{deploy}")["state"]) != "ready":
        raise AssertionError(state)
    print(json.dumps({"cpu": cpu, "files": len(required)}))


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2], sys.argv[3], int(sys.argv[4]))
