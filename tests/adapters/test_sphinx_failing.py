"""A build of Sphinx that fails deploys and records nothing; a deploy that fails fails the build in a clean way."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from support_local import command
from support_sphinx import GUIDE, Docs, Run

if TYPE_CHECKING:
    from pathlib import Path

LOUD = {"PRESSWORK_DEPLOY": "1"}
UNCHANGED = "updating environment: 0 added, 0 changed, 0 removed"
SETUP = "def boom(*_): raise ValueError('boom')\ndef setup(app): "
FAILING = {
    "an error in conf.py": ("1 / 0", 2),
    "an extension that is not there": ("extensions += ['nowhere']", 2),
    "an error while reading": (SETUP + "app.connect('source-read', boom)", 2),
    "an error while writing": (SETUP + "app.connect('html-page-context', boom)", 2),
    "an error after the build": (SETUP + "app.connect('build-finished', boom)", 2),
    "an exit after the build": (SETUP + "app.connect('build-finished', lambda *_: exit(3))", 3),
    "a failure that was only noted": (
        SETUP + "app.connect('build-finished', lambda app, _: setattr(app, 'statuscode', 4))",
        4,
    ),
}
WARNING = GUIDE + "\n:doc:`nowhere`\n"
CLASH = """
def setup(app):
    app.connect("build-finished", lambda app, _: (app.outdir / "INDEX.html").write_text("clashes"))
"""


@pytest.mark.parametrize(("more", "code"), FAILING.values(), ids=FAILING)
def test_a_failed_build_deploys_and_records_nothing(tmp_path: Path, more: str, code: int) -> None:
    docs = Docs(tmp_path, more=more)
    run = docs.build(**LOUD)

    assert run.code == code, run.output
    assert run.said == []
    assert "ERROR: presswork" not in run.stderr
    assert docs.untouched


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["-W"], 1), (["-W", "-j", "2"], 1), (["--exception-on-warning"], 2)],
    ids=["strict", "parallel", "at once"],
)
def test_a_warning_that_fails_the_build_keeps_it_from_deploying(
    tmp_path: Path, arguments: list[str], code: int
) -> None:
    docs = Docs(tmp_path)
    docs.page("guide", WARNING)
    run = docs.build(*arguments, **LOUD)

    assert run.code == code
    assert "unknown document: 'nowhere'" in run.stderr
    assert run.said == []
    assert docs.untouched
    if code == 1:
        assert {"index.html", "searchindex.js"} <= docs.site.keys()  # the site was written


def test_our_own_words_do_not_fail_a_strict_build(tmp_path: Path) -> None:
    docs = Docs(tmp_path, more=CLASH)
    run = docs.build("-W", "--keep-going").ok()

    assert "warning: INDEX.html and index.html differ only in case or in how letters are composed." in run.said
    assert "build succeeded." in run.stdout
    assert run.stderr == ""
    assert docs.live == docs.site


def test_a_store_that_cannot_be_made_fails_the_build_and_nothing_is_built_again_for_it(tmp_path: Path) -> None:
    docs = Docs(tmp_path, '{"path": "../nowhere/store"}')
    run, report = docs.report()

    message, hint = run.failed().error
    assert message.endswith("nowhere is not there, and `path` of the local host is to be a folder in it.")
    assert hint == "Make that folder, or set `path` to another place."
    assert "build finished with problems" in run.stdout
    assert (report["outcome"], report["error"]) == ("failed", None)
    assert list(docs.temporary.iterdir()) == []
    assert docs.environment.exists()
    assert docs.record.site.root == str(tmp_path / "out")  # the build itself is good: `presswork deploy` can follow
    assert not (tmp_path / "nowhere").exists()

    (tmp_path / "nowhere").mkdir()
    assert UNCHANGED in docs.build().ok().stdout
    assert (tmp_path / "nowhere" / "store" / "current" / "guide.html").exists()


def test_an_error_of_another_kind_would_have_cost_all_that(tmp_path: Path) -> None:
    docs = Docs(tmp_path, more=FAILING["an error after the build"][0])
    run = docs.build()

    assert "To report this error to the developers" in run.stderr
    assert [path.name.startswith("sphinx-err-") for path in docs.temporary.iterdir()] == [True]
    assert not docs.environment.exists()
    assert UNCHANGED not in docs.build().stdout


def test_a_store_locked_by_another_deploy_fails_the_build(tmp_path: Path) -> None:
    docs = Docs(tmp_path, root=False)
    holder = subprocess.Popen(command("hold", docs.source), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout is not None
        process = holder.stdout.readline().strip()
        run, report = docs.report("-W")
        message, hint = run.failed().error
        holder.communicate("")

    assert "is under way: process " + process in message
    assert hint == "Let it end, then run the same command again."
    assert report["targets"][0]["error"]["code"] == "locked"
    assert docs.live is None
    docs.build().ok()
    assert docs.live == docs.site


def test_all_that_forbids_a_deploy_is_told_at_once(tmp_path: Path) -> None:
    link = "lambda app, _: [(app.outdir / f'dead-{n}').symlink_to('?') for n in 'ab']"
    docs = Docs(tmp_path, more=SETUP + f"app.connect('build-finished', {link})")
    run = docs.build().failed()

    assert run.error == (
        "dead-a is a link to nothing. (2 findings forbid it in all.)",
        "Mend the link, remove it, or ignore it.",
    )
    assert {"error: dead-a is a link to nothing.", "error: dead-b is a link to nothing."} <= set(run.said)
    assert docs.live is None


@pytest.mark.parametrize("arguments", [["-q"], ["-Q"]], ids=" ".join)
def test_a_quiet_build_fails_all_the_same(tmp_path: Path, arguments: list[str]) -> None:
    run = Docs(tmp_path, '{"path": "../nowhere/store"}').build(*arguments).failed()

    assert run.stdout == ""
    assert len(run.stderr.splitlines()) == (2 if arguments == ["-q"] else 0)  # -Q asks for no word at all


def test_a_quiet_build_that_deploys_says_nothing(tmp_path: Path) -> None:
    docs = Docs(tmp_path)
    run: Run = docs.build("-q").ok()

    assert run.output == ""
    assert docs.live == docs.site
