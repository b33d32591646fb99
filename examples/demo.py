"""The main job on a real site: built, deployed, changed, planned, deployed again, served, compared, rolled back.

Works in `demo/` and leaves it as it is at the end: the site in `demo/site`, the store in `demo/.presswork/local`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
DEMO = HERE.parent / "demo"
BIN = Path(sys.executable).parent
ENVIRON = {
    **os.environ,
    "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Demo",
    "GIT_AUTHOR_EMAIL": "demo@example.org",
    "GIT_COMMITTER_NAME": "Demo",
    "GIT_COMMITTER_EMAIL": "demo@example.org",
}


def main() -> None:
    """Tell the story; any step that does not hold ends it with an error."""
    started = time.monotonic()
    say("A documentation site: its mkdocs.yml names the plugin, and nothing else is configured.")
    if DEMO.exists():
        shutil.rmtree(DEMO)
    shutil.copytree(HERE / "sites" / "mkdocs", DEMO)
    run("git init --quiet --initial-branch main", shown=False)
    commit("The Letterpress Handbook")
    run("grep -A 2 ^plugins: mkdocs.yml")

    say("The build deploys it to the embedded host: a store of plain files, switched over in one step.")
    run("mkdocs build")
    first = bytes_of(DEMO / "site")
    pages = sum(name.endswith(".html") for name in first)
    check(pages >= 30, f"{pages} pages were built")
    check(first == bytes_of(DEMO / ".presswork/local/current"), "the store holds what was built")

    say("One page changes. A build that is told not to deploy leaves a record; the plan says what would happen.")
    page = DEMO / "docs/presswork/makeready.md"
    words = "Keep the finished packing with the forme: the next printing starts from it."
    page.write_text(f"{page.read_text()}\n{words}\n")
    commit("Say what becomes of the packing")
    run("mkdocs build --quiet", PRESSWORK_DEPLOY="0")
    run("presswork plan")

    say("The deploy sends those files and no other.")
    run("presswork deploy")
    second = bytes_of(DEMO / "site")
    differ = sorted(name for name in second if first.get(name) != second[name])
    report = asked("presswork history --json")
    check(len(report["releases"]) == 2, "two deployments are in the history")
    check(0 < len(differ) < 10, f"{len(differ)} of {len(second)} files differ between the two builds")

    say("Deploying the same build again sends nothing and makes no deployment.")
    run("presswork deploy")
    check(len(asked("presswork history --json")["releases"]) == 2, "there are still two")

    say("The store is served, and every byte compared with the built folder.")
    served(second)

    say("Back to the deployment before, in one step.")
    run("presswork rollback")
    served(first)

    say("And forward again, so that the store and the built folder agree; then the proof of it.")
    newest = report["releases"][0]["id"]
    run(f"presswork rollback {newest}")
    served(second)
    run("presswork verify site")
    run("presswork history")
    say(f"Done in {time.monotonic() - started:.1f} seconds. Look at it: cd demo && ../.venv/bin/presswork serve")


def say(text: str) -> None:
    """Print one sentence of the story."""
    print(f"\n# {text}", flush=True)


def run(command: str, *, shown: bool = True, **environ: str) -> None:
    """Run a command in the demo folder, showing it and what it prints; stop where it fails."""
    if shown:
        words = " ".join([*(f"{name}={value}" for name, value in environ.items()), command])
        print(f"$ {words}", flush=True)
    done = subprocess.run(command.split(), cwd=DEMO, env={**ENVIRON, **environ}, check=False)
    if done.returncode:
        sys.exit(f"error: `{command}` ended with exit code {done.returncode}")


def asked(command: str) -> dict[str, Any]:
    """Return the one target of a command's JSON report."""
    done = subprocess.run(command.split(), cwd=DEMO, env=ENVIRON, check=True, capture_output=True)
    target: dict[str, Any] = json.loads(done.stdout)["targets"][0]
    return target


def commit(message: str) -> None:
    """Commit everything in the demo folder."""
    run("git add --all", shown=False)
    subprocess.run(["git", "commit", "--quiet", "--message", message], cwd=DEMO, env=ENVIRON, check=True)


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder by its path."""
    folder = folder.resolve()
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def served(expected: dict[str, bytes]) -> None:
    """Serve the store on a free port, fetch every file and compare its bytes."""
    print("$ presswork serve --port 0", flush=True)
    command = ["presswork", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=DEMO, env=ENVIRON, stderr=subprocess.PIPE, text=True) as server:
        try:
            line = server.stderr.readline() if server.stderr else ""
            address = re.search(r"127\.0\.0\.1:(\d+)", line)
            if address is None:
                sys.exit(f"error: the server did not start: {line}")
            connection = HTTPConnection("127.0.0.1", int(address[1]))
            for name, content in expected.items():
                connection.request("GET", "/" + quote(name))
                answer = connection.getresponse()
                if (answer.status, answer.read()) != (200, content):
                    sys.exit(f"error: {name} is not served as it was built (status {answer.status})")
        finally:
            server.terminate()
    total = sum(map(len, expected.values()))
    check(True, f"{len(expected)} files, {total:,} bytes, served as they were built")


def check(holds: bool, what: str) -> None:
    """Say what was found, or stop."""
    if not holds:
        sys.exit(f"error: not so: {what}")
    print(f"  ok: {what}", flush=True)


if __name__ == "__main__":
    main()
