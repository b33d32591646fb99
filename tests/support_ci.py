"""A CI in small: reads the files that the documentation shows and runs their commands, each job in a clone of its own.

What is not a command of ours is stood in for: actions are a clone and two copies, `pip` finds everything installed, and
`gh` takes down what it was told.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from support_docs import blocks

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCS: Final = Path(__file__).parents[1] / "docs" / "how-to"
_PIP: Final = """#!/bin/sh
[ "$1" = install ] && [ "$2" = -r ] && [ -f "$3" ]
"""
_GH: Final = """#!/bin/sh
echo "$@" >> "$GH_LOG"
[ -n "$GH_TOKEN" ] || exit 4
case "$1 $2" in
    "pr comment") cat summary.md >> "$GH_LOG";;
    "pr list") printf '%s\\n' $GH_OPEN;;
    *) exit 1;;
esac
"""


def template(page: str, title: str) -> dict[Any, Any]:
    """Return the file of that title in a how-to page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    (block,) = (block for block in blocks(text) if block.title == title)
    document = yaml.safe_load(block.text)
    assert isinstance(document, dict)
    return document


class Failed(AssertionError):
    """A command of a job failed."""


class Runner:
    """Runs jobs for a repository. `environ` is what every job sees, `secrets` what it is given only where it asks."""

    def __init__(self, folder: Path, files: Mapping[str, str], environ: Mapping[str, str], **secrets: str) -> None:
        self.folder = folder
        self.repository = folder / "repository"
        self.secrets = secrets
        self.artifacts: dict[str, Path] = {}
        self.ran: list[str] = []
        self._jobs = 0
        tools = folder / "bin"
        for name, text in {"pip": _PIP, "gh": _GH}.items():
            _write(tools / name, text)
            (tools / name).chmod(0o755)
        known = {n: v for n, v in os.environ.items() if not re.match("PRESSWORK|GIT|CI|NETLIFY|GH_", n)}
        self._environ = {
            **known,
            "PATH": os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]]),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GH_LOG": str(folder / "gh.log"),
            **{f"GIT_{who}_{what}": "ann@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
            **environ,
        }
        for path, text in files.items():
            _write(self.repository / path, text)
        self._bash(self.repository, "git init --quiet --initial-branch=main")
        self.commit("Begin")

    def commit(self, title: str, files: Mapping[str, str] | None = None) -> None:
        for path, text in (files or {}).items():
            _write(self.repository / path, text)
        self._bash(self.repository, f"git add --all && git commit --quiet --message '{title}'")

    def said_to_gh(self) -> str:
        log = self.folder / "gh.log"
        return log.read_text() if log.exists() else ""

    # GitHub and its like

    def workflow(self, document: Mapping[Any, Any], event: Mapping[str, Any], **environ: str) -> dict[str, Any]:
        """Run the jobs of a workflow for an event; return the address each one's environment shows."""
        addresses: dict[str, Any] = {}
        self.ran = []
        for name, job in document["jobs"].items():
            context = {"github.token": "a-token", "github.repository": "a/docs", **event}
            if "if" in job and not holds(job["if"], context):
                continue
            assert job.get("needs") is None or job["needs"] in self.ran
            self.ran.append(name)
            self._steps(job["steps"], context, environ)
            if isinstance(job.get("environment"), dict):
                addresses[name] = self._filled(job["environment"]["url"], context)
        return addresses

    def _steps(self, steps: list[dict[str, Any]], context: dict[str, Any], environ: Mapping[str, str]) -> None:
        place = self._place()
        for number, step in enumerate(steps):
            given = {key: self._filled(str(value), context) for key, value in step.get("with", {}).items()}
            if "uses" in step:
                self._use(step["uses"], place, given, context)
                continue
            out = self.folder / f"output-{self._jobs}-{number}"
            out.touch()
            env = {key: self._filled(value, context) for key, value in step.get("env", {}).items()}
            files = {"GITHUB_OUTPUT": str(out), "GITHUB_STEP_SUMMARY": str(self.folder / "step-summary")}
            assert "${{" not in step["run"], "an expression in a command can be more than one word"
            self._bash(place, step["run"], **files, **environ, **env)
            for key, _, value in (line.partition("=") for line in out.read_text().splitlines()):
                context[f"steps.{step.get('id')}.outputs.{key}"] = value

    def _use(self, action: str, place: Path, given: Mapping[str, str], context: Mapping[str, Any]) -> None:
        name = action.partition("@")[0].rpartition("/")[2]
        if name == "checkout":
            self._bash(self.folder, f"git clone --quiet '{self.repository}' '{place}'")
        elif name == "upload-artifact":
            hidden = () if given.get("include-hidden-files") == "True" else (".*",)
            shutil.copytree(place / given["path"], self._kept(given["name"]), ignore=shutil.ignore_patterns(*hidden))
        elif name == "download-artifact":
            assert given.get("run-id") == context.get("github.event.workflow_run.id")
            shutil.copytree(self.artifacts[given["name"]], place / given["path"], dirs_exist_ok=True)
        else:
            assert name == "setup-python", action

    def _filled(self, text: str, context: Mapping[str, Any]) -> str:
        known = {**context, **{f"secrets.{name}": value for name, value in self.secrets.items()}}
        return re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: str(known[found[1]]), text)

    # GitLab

    def pipeline(self, document: Mapping[str, Any], **variables: str) -> dict[str, str]:
        """Run the jobs of a pipeline; return the address each one's environment shows. Secrets go by environment."""
        addresses, handed = {}, {}
        self.ran = []
        jobs = {name: job for name, job in document.items() if isinstance(job, dict) and "script" in job}
        for stage in document["stages"]:
            for name, job in jobs.items():
                if job["stage"] != stage or not any(_ruled(rule["if"], variables) for rule in job["rules"]):
                    continue
                self.ran.append(name)
                place = self._place()
                self._use("checkout", place, {}, {})
                for path, kept in handed.items():
                    shutil.copytree(kept, place / path)
                secrets = self.secrets if "environment" in job else {}
                own = {key: str(value) for key, value in job.get("variables", {}).items()}
                self._bash(place, "\n".join(job["script"]), **variables, **own, **secrets)
                artifacts = job.get("artifacts", {})
                for path in artifacts.get("paths", ()):
                    handed[path] = self._kept(path)
                    kept = place / path
                    (shutil.copytree if kept.is_dir() else shutil.copy)(kept, handed[path])
                if dotenv := artifacts.get("reports", {}).get("dotenv"):
                    known = dict(line.split("=", 1) for line in (place / dotenv).read_text().splitlines())
                    addresses[name] = known[job["environment"]["url"].removeprefix("$")]
        return addresses

    def _place(self) -> Path:
        self._jobs += 1
        return self.folder / f"job-{self._jobs}"

    def _kept(self, name: str) -> Path:
        self.artifacts[name] = self.folder / f"artifact-{self._jobs}-{name}"
        return self.artifacts[name]

    def _bash(self, place: Path, command: str, **environ: str) -> None:
        line = ["bash", "-e", "-o", "pipefail", "-c", command]
        done = subprocess.run(
            line, cwd=place, env=self._environ | environ, capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode:
            raise Failed(f"{command}\n{done.stdout}{done.stderr}")


def holds(condition: str, context: Mapping[str, Any]) -> bool:
    """Say whether a condition of GitHub's holds; what the event does not have is empty."""
    words = re.sub(r"github\.[\w.]+", lambda found: repr(context.get(found[0], "")), condition)
    return _true(words)


def _ruled(rule: str, variables: Mapping[str, str]) -> bool:
    return _true(re.sub(r"\$(\w+)", lambda found: repr(variables.get(found[1], "")), rule))


def _true(words: str) -> bool:
    return bool(eval(words.replace("&&", "and").replace("||", "or"), {"__builtins__": {}}))  # noqa: S307 -- our own pages


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
