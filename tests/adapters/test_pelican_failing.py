"""A run that fails deploys nothing and records nothing; a deploy that fails is the run's clean failure."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from support_local import command
from support_pelican import BUILT, Blog

if TYPE_CHECKING:
    from pathlib import Path

BESIDE = "import sys\nsys.path.append('.')\n"
DEPLOY = {"PRESSWORK_DEPLOY": "1"}  # asked for as loudly as can be
_AT = "from pelican import signals\ndef register(): signals.{event}.connect(fail)\ndef fail(*a, **k): raise {error}\n"

FAILING = {
    "an error before anything is written": _AT.format(event="article_generator_finalized", error="ValueError('boom')"),
    "an error while it is written": _AT.format(event="article_writer_finalized", error="ValueError('boom')"),
    "an error at the end": _AT.format(event="finalized", error="ValueError('boom')"),
    "an exit at the end": _AT.format(event="finalized", error="SystemExit(1)"),
}


@pytest.mark.parametrize("code", FAILING.values(), ids=FAILING)
def test_a_failed_run_deploys_and_records_nothing(tmp_path: Path, code: str) -> None:
    blog = Blog(tmp_path, more=f"{BESIDE}PLUGINS.append('bad')")
    blog.plugin("bad", code)
    run = blog.build(**DEPLOY).failed(clean=False)

    assert blog.untouched
    assert run.said == []


@pytest.mark.parametrize("template", ["{% broken", "{{ nothing.of.the.kind }}", "{% include 'nowhere.html' %}"])
def test_a_broken_template_deploys_and_records_nothing(tmp_path: Path, template: str) -> None:
    blog = Blog(tmp_path, more='THEME_TEMPLATES_OVERRIDES = ["templates"]')
    blog.file("templates/page.html", template)
    run = blog.build(**DEPLOY).failed(clean=False)

    assert "CRITICAL" in run.stdout
    assert "second.html" in blog.site  # written before that
    assert blog.untouched


STRICT = {
    "errors, a date that is none": ("errors", "", "soon", "Hello."),
    "errors, a plugin that is not there": ("errors", "PLUGINS.append('nowhere')", "2026-01-01", "Hello."),
}


@pytest.mark.parametrize(("level", "more", "date", "text"), STRICT.values(), ids=STRICT)
def test_what_fails_a_strict_build_deploys_and_records_nothing(
    tmp_path: Path, level: str, more: str, date: str, text: str
) -> None:
    blog = Blog(tmp_path, more=more)
    blog.article("third.md", "Third", date, text)
    blog.build("--fatal", level, **DEPLOY).failed(clean=False)
    assert blog.untouched

    assert blog.build().code == 0
    assert blog.live == blog.site


@pytest.mark.parametrize("level", ["errors", "warnings"])
def test_our_own_words_do_not_fail_a_strict_build(tmp_path: Path, level: str) -> None:
    blog = Blog(tmp_path)
    blog.file("output/INDEX.html", "clashes")
    for _ in range(2):
        run = blog.build("--fatal", level).ok()
        assert "warning: INDEX.html and index.html differ only in case or in how letters are composed." in run.said
    assert blog.live == blog.site

    off = blog.build("--fatal", level, PRESSWORK_DEPLOY="0").ok()
    assert off.said == ["output is built and not deployed. To deploy it: presswork deploy"]


@pytest.mark.parametrize("flags", [[], ["-q"], ["-D", "--fatal", "errors"], ["-q", "--fatal", "warnings"]], ids=str)
def test_a_deploy_that_fails_is_told_in_one_message_whatever_the_flags(tmp_path: Path, flags: list[str]) -> None:
    blog = Blog(tmp_path, '{"path": "nowhere/store"}')
    run = blog.build(*flags, "--log-handler", "rich").failed()

    assert run.error == (
        f"{tmp_path / 'nowhere'} is not there, and `path` of the local host is to be a folder in it.",
        "Make that folder, or set `path` to another place.",
    )
    assert "CRITICAL" not in run.stdout
    assert "error: " not in run.stdout
    assert not (tmp_path / "nowhere").exists()
    assert blog.made == BUILT  # the build itself is good: `presswork deploy` can follow


def test_all_that_forbids_a_deploy_is_told_at_once(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    (tmp_path / "output").mkdir()
    for name in ("dead-a", "dead-b"):
        (tmp_path / "output" / name).symlink_to("nowhere")
    run = blog.build().failed()

    assert run.error[0] == "dead-a is a link to nothing. (2 findings forbid it in all.)"
    assert "error: dead-a is a link to nothing." in run.said
    assert "error: dead-b is a link to nothing." in run.said
    assert blog.live is None


def test_a_store_locked_by_another_deploy_fails_the_build(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    with subprocess.Popen(
        command("hold", tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        process = holder.stdout.readline().strip()
        assert process.isdigit()
        run, report = blog.report()
        message, hint = run.failed().error
        holder.communicate("")

    assert "is under way: process " + process in message
    assert hint == "Let it end, then run the same command again."
    assert report["outcome"] == "refused"
    assert report["targets"][0]["error"]["code"] == "locked"
    assert blog.live is None
    blog.build().ok()
    assert blog.live == blog.site


def test_a_build_that_lost_most_of_its_pages_is_refused_until_that_is_allowed(tmp_path: Path) -> None:
    blog = Blog(tmp_path, more="DELETE_OUTPUT_DIRECTORY = True")
    for number in range(40):
        blog.article(f"more/{number}.md", f"Number {number}", "2026-04-01", "Hello.")
    blog.build().ok()
    before = blog.live
    shutil.rmtree(tmp_path / "content" / "more")
    message, hint = blog.build().failed().error
    assert "live pages would be gone" in message
    assert "PRESSWORK_ALLOW_REMOVALS=1" in hint
    assert blog.live == before

    blog.build(PRESSWORK_ALLOW_REMOVALS="1").ok()
    assert blog.live == blog.site


@pytest.mark.parametrize("more", ["SITEURL = ''", "RELATIVE_URLS = True"])
def test_a_development_build_goes_to_the_default_place_only(tmp_path: Path, more: str) -> None:
    blog = Blog(tmp_path, more=more)
    blog.build().ok()
    assert blog.live == blog.site
    assert blog.record.site.development

    blog.configure('{"path": "store"}', more)
    message, hint = blog.build().failed().error
    assert message.startswith("This is a development build (")
    assert message.endswith("; default is not for those.")
    assert hint.endswith("pelican -s publishconf.py")
    assert blog.presswork("deploy").code == 3
    assert not (tmp_path / "store").exists()

    blog.file("publishconf.py", "from pelicanconf import *\nSITEURL = 'https://example.org'\nRELATIVE_URLS = False")
    blog.build("-s", "publishconf.py", PYTHONPATH=str(tmp_path)).ok()
    assert (tmp_path / "store" / "current" / "index.html").exists()
    message, _ = blog.build("-s", "publishconf.py", "--relative-urls", PYTHONPATH=str(tmp_path)).failed().error
    assert message == "This is a development build (https://example.org); default is not for those."
