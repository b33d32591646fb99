"""The local host for tests: a bench over a real store, what its `current` serves, and deploys in other processes."""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from presswork.errors import PressworkError
from presswork.host import Intent
from presswork.source import Folder
from presswork.testing import Bench, memory_source
from presswork_local import presswork_hosts

if TYPE_CHECKING:
    import subprocess

OLD = {"index.html": b"old", "same.txt": b"the same", "gone.txt": b"goes", "a/deep.bin": bytes(range(256)) * 300}
NEW = {"index.html": b"new!", "same.txt": b"the same", "b/came.txt": b"comes", "a/deep.bin": b"\1" * 70_000}


def bench(folder: Path, **options: object) -> Bench:
    (host_type,) = presswork_hosts()
    return Bench(host_type, options, folder)


def store_of(folder: Path) -> Path:
    return folder / ".presswork" / "local"


def tree(folder: Path) -> dict[str, bytes]:
    """Return path to content."""
    found = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            file = Path(parent, name)
            found[file.relative_to(folder).as_posix()] = file.read_bytes()
    return found


def served(folder: Path) -> dict[str, bytes] | None:
    current = store_of(folder) / "current"
    return tree(current.resolve(strict=True)) if current.is_symlink() else None


def write_site(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def folder_intent(site: Path, label: str = "from a folder") -> Intent:
    manifest, _ = memory_source(tree(site))
    return Intent(manifest=manifest, source=Folder(str(site)), live=True, label=label)


def command(*arguments: object) -> list[str]:
    """Return the command that runs this file in a process of its own."""
    return [sys.executable, str(Path(__file__)), *map(str, arguments)]


def outcome(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert run.returncode == 0, run.stderr
    return dict(json.loads(run.stdout))


def _deploy(folder: Path, site: Path) -> dict[str, object]:
    target = bench(folder)
    try:
        release = target.deploy(folder_intent(site))
    except PressworkError as error:
        kind = type(error).__name__
        return {"error": kind, "message": error.message, "hint": error.hint, "retryable": error.retryable}
    return {"error": None, "release": release.id}


def _hold(folder: Path) -> None:
    """Hold the lock of a store until standard input ends."""
    with bench(folder).open() as host:
        manifest, source = memory_source(OLD)
        host.begin(Intent(manifest=manifest, source=source, live=True, label="held", replaces=host.live()), None)
        print(os.getpid(), flush=True)
        sys.stdin.read()


def main(verb: str, folder: Path, *rest: str) -> None:
    if verb == "hold":
        _hold(folder)
    elif verb == "deploy":
        print(json.dumps(_deploy(folder, Path(rest[0]))))
    elif verb == "deploy-small":  # no file may become larger than so many bytes
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(rest[1]),) * 2)
        print(json.dumps(_deploy(folder, Path(rest[0]))))
    elif verb == "deploy-as":
        bench(folder).host_type.load()  # another user may not be able to read the interpreter's own files
        os.setgid(int(rest[1]))
        os.setuid(int(rest[1]))
        print(json.dumps(_deploy(folder, Path(rest[0]))))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
