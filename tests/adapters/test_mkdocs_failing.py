"""A build that fails deploys nothing and records nothing; a deploy that fails is the build's clean failure."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from support_local import command
from support_mkdocs import BUILT, Docs, Run, either

if TYPE_CHECKING:
    from pathlib import Path

HOOK = "hooks: [hook.py]"
_LATE = "from mkdocs.plugins import event_priority\n@event_priority(-5000)\n"
_ERROR = "from mkdocs.exceptions import PluginError\n"

_TWO_BUILDS = """
from contextlib import suppress
from mkdocs.commands.build import build
from mkdocs.config import load_config

config = load_config("mkdocs.yml")
config.plugins.on_startup(command="build", dirty=False)
build(config)
with suppress(Exception, SystemExit):
    build(config)
config.plugins.on_shutdown()
"""

FAILING = {
    "an error of a plugin in a page": (_ERROR + "def on_page_markdown(*a, **k): raise PluginError('boom')", 1),
    "an exit in a page": ("def on_page_markdown(*a, **k): raise SystemExit(3)", 3),
    "an error of a plugin after the build": (_ERROR + "def on_post_build(config): raise PluginError('boom')", 1),
    "an error after the site was staged": (
        _ERROR + _LATE + "def on_post_build(config): raise PluginError('boom')",
        1,
    ),
    "an exit after the site was staged": (_LATE + "def on_post_build(config): raise SystemExit(3)", 3),
    "Ctrl-C after the site was staged": (_LATE + "def on_post_build(config): raise KeyboardInterrupt", 1),
    "an error at shutdown": (_ERROR + "def on_shutdown(): raise PluginError('boom')", 1),
}


def untouched(docs: Docs) -> bool:
    return not docs.state.exists()


@either
@pytest.mark.parametrize(("code", "exit_code"), FAILING.values(), ids=FAILING)
def test_a_failed_build_deploys_and_records_nothing(tmp_path: Path, tool: str, code: str, exit_code: int) -> None:
    docs = Docs(tmp_path, more=HOOK, tool=tool)
    docs.file("hook.py", code)
    run = docs.build(PRESSWORK_DEPLOY="1").failed(exit_code)

    assert untouched(docs)
    assert "presswork" not in run.output


@either
def test_an_exception_in_a_page_deploys_and_records_nothing(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, more=HOOK, tool=tool)
    docs.file("hook.py", "def on_page_markdown(markdown, **k): return 1 / 0")
    run = docs.build()

    assert run.code == 1
    assert "ZeroDivisionError" in run.stderr  # the tool's own traceback, and nothing of ours in it
    assert "presswork" not in run.output
    assert untouched(docs)


@pytest.mark.parametrize(
    ("second", "deployed"),
    [
        ("def on_post_build(config): builds.append(config)", True),
        (_LATE + "def on_post_build(config): builds.append(config) or builds[1:] and fail(PluginError('boom'))", False),
        ("def on_post_build(config): builds.append(config) or builds[1:] and fail(SystemExit(3))", False),
    ],
    ids=["both succeed", "an error", "an exit"],
)
def test_a_failure_that_somebody_swallowed_deploys_nothing_either(tmp_path: Path, second: str, deployed: bool) -> None:
    docs = Docs(tmp_path, more=HOOK)
    docs.file("hook.py", f"{_ERROR}builds = []\ndef fail(error): raise error\n{second}")
    docs.file("two_builds.py", _TWO_BUILDS)
    docs.python("two_builds.py").ok()

    assert docs.state.exists() is deployed


@either
def test_a_build_that_does_not_fail_is_dealt_with_after_all_others_shut_down(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, more=HOOK, tool=tool)
    docs.file("hook.py", _LATE + "def on_post_build(config): pass\ndef on_shutdown(): print('others are done')")
    run = docs.build().ok()

    assert run.stdout == "others are done\n"
    assert docs.live == docs.site


@either
def test_a_warning_in_a_build_that_is_strict_by_its_settings_deploys_nothing(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, more="strict: true", tool=tool)
    docs.page("guide.md", "[broken](nowhere.md)\n")
    run = docs.build(PRESSWORK_DEPLOY="1").failed()

    assert "Aborted with 1 warnings in strict mode!" in run.output
    assert sorted(docs.site) == BUILT  # the site was written
    assert untouched(docs)


@either
def test_our_own_words_do_not_fail_a_strict_build(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, more=HOOK, tool=tool)
    docs.file("hook.py", "def on_post_build(config): open(config.site_dir + '/INDEX.html', 'w').write('clashes')")
    run = docs.build("--strict").ok()

    assert "warning: INDEX.html and index.html differ only in case or in how letters are composed." in run.said
    assert docs.live == docs.site


def test_all_that_forbids_a_deploy_is_told_at_once(tmp_path: Path) -> None:
    docs = Docs(tmp_path, more=HOOK)
    docs.file(
        "hook.py",
        "import os\ndef on_post_build(config): [os.symlink('?', config.site_dir + f'/dead-{n}') for n in 'ab']",
    )
    run = docs.build().failed()

    assert _clean(run) == [
        "Error: dead-a is a link to nothing. (2 findings forbid it in all.)",
        "hint: Mend the link, remove it, or ignore it.",
    ]
    assert "error: dead-a is a link to nothing." in run.said
    assert "error: dead-b is a link to nothing." in run.said
    assert docs.live is None


@either
def test_a_store_locked_by_another_deploy_fails_the_build(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, tool=tool)
    holder = subprocess.Popen(command("hold", tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout is not None
        process = holder.stdout.readline().strip()
        assert process.isdigit()
        run, report = docs.report()
        message, hint = _clean(run.failed())
        holder.communicate("")

    assert "is under way: process " + process in message
    assert hint == "hint: Let it end, then run the same command again."
    assert report["outcome"] == "refused"
    assert report["targets"][0]["error"]["code"] == "locked"
    assert docs.live is None
    docs.build().ok()
    assert docs.live == docs.site


def test_a_build_that_lost_most_of_its_pages_is_refused_until_that_is_allowed(tmp_path: Path) -> None:
    docs = Docs(tmp_path)
    for number in range(12):
        docs.page(f"more/{number}.md", f"# Page {number}\n")
    docs.build().ok()
    before = docs.live
    shutil.rmtree(tmp_path / "docs" / "more")
    message, hint = _clean(docs.build().failed())
    assert "12 of 14 live pages would be gone" in message
    assert "PRESSWORK_ALLOW_REMOVALS=1" in hint
    assert docs.live == before

    docs.build(PRESSWORK_ALLOW_REMOVALS="1").ok()
    assert docs.live == docs.site


@either
def test_a_store_that_cannot_be_made_fails_the_build(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, "[{presswork: {path: nowhere/store}}]", tool=tool)
    run, report = docs.report()

    assert _clean(run.failed()) == [
        f"Error: {tmp_path / 'nowhere'} is not there, and `path` of the local host is to be a folder in it.",
        "hint: Make that folder, or set `path` to another place.",
    ]
    assert report["outcome"] == "failed"
    assert not (tmp_path / "nowhere").exists()
    assert docs.record is not None  # the build itself is good: `presswork deploy` can follow


def test_a_quiet_build_tells_its_failure_all_the_same(tmp_path: Path) -> None:
    run = Docs(tmp_path, "[{presswork: {path: nowhere/store}}]").build("--quiet").failed()

    assert len(_clean(run)) == 2
    assert run.stdout == ""


def test_an_output_folder_that_went_away_is_told(tmp_path: Path) -> None:
    docs = Docs(tmp_path, more=HOOK)
    docs.file("hook.py", "import shutil\ndef on_shutdown(): shutil.rmtree('site')")
    message, hint = _clean(docs.build().failed())

    assert f"{tmp_path / 'site'} is not a folder that can be read" in message
    assert hint.startswith("hint: ")


def _clean(run: Run) -> list[str]:
    """Return how the tool told the failure: the one message and its hint, the last of what was said."""
    lines = run.stderr.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("Error: "))
    return lines[start:]
