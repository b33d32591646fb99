"""What every generator does alike: each scenario of a build, run by the real commands of each."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import support_mkdocs
import support_pelican
import support_sphinx
from presswork.builds import unchanged_since
from support_local import tree
from support_matrix import Case
from support_matrix_kinds import KINDS, NAMES, Pelican, Sphinx
from support_netlify import InThread, emulating, fresh_site
from support_netlify_host import asked, changing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support_cli import Done
    from support_matrix import Files

NOW = {"PRESSWORK_DEPLOY": "1"}
OFF = {"PRESSWORK_DEPLOY": "0"}
UNCHANGED = "default (local): unchanged, nothing was sent"


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.name)
def first(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Done]:
    """A project after its first build, and what that said."""
    case = Case(request.param, tmp_path_factory.mktemp("matrix"))
    done = case.build()
    case.keep()
    return case, done


@pytest.fixture
def case(first: tuple[Case, Done]) -> Case:
    """A project as its first build left it."""
    case, _ = first
    case.restore()
    return case


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InThread]:
    with emulating(tmp_path_factory.mktemp("netlify"), processing=()) as running:
        yield running


@pytest.fixture
def netlify(emulator: InThread) -> Iterator[InThread]:
    with fresh_site(emulator) as running:
        yield running


def test_the_first_build_deploys_what_it_built(first: tuple[Case, Done]) -> None:
    case, done = first
    case.restore()
    case.ended_well(done)

    said = case.said(done)
    assert said[0] == "default (local): deployed"
    assert any(line.endswith(f"{case.store.as_uri()}/current/") for line in said)
    assert case.live == case.site
    assert case.live.keys() >= {"index.html", *(path for name in NAMES for path in case.kind.page(name).built)}
    assert case.out.keys() - case.site.keys() == {path for path in case.out if path.startswith(case.kind.own)}
    assert bool(case.out.keys() - case.site.keys()) is isinstance(case.kind, Sphinx)


def test_a_rebuild_of_the_same_commit_has_its_date_and_sends_nothing(case: Case) -> None:
    before = case.standing
    path = case.folder / "report.json"
    done = case.afresh(PRESSWORK_REPORT=str(path))
    case.ended_well(done)

    (target,) = json.loads(path.read_text())["targets"]
    assert (target["outcome"], target["uploaded"]) == ("unchanged", None)
    assert case.said(done)[0] == UNCHANGED
    file, date = case.kind.dated
    assert date.encode() in case.site[file]
    assert case.standing[:2] == before[:2]
    assert case.live == case.site


def test_without_that_date_the_plan_tells_of_each_file_why_it_differs(case: Case) -> None:
    case.configure()
    case.ended_well(case.afresh(SOURCE_DATE_EPOCH="1750000000"))  # stands for the clock on that day
    before = case.standing
    case.ended_well(case.afresh(SOURCE_DATE_EPOCH="1760000000", **OFF))
    words = case.presswork("plan")
    done = case.presswork("plan", "--json")
    for plan in (words, done):
        case.ended_well(plan)

    (target,) = json.loads(done.out)["targets"]
    differ = {entry["path"]: entry for entry in target["entries"] if entry["change"] != "same"}
    live = case.live
    assert differ.keys() == {path for path, content in case.site.items() if live.get(path) != content} != set()
    for entry in differ.values():
        assert entry["change"] == "changed"
        assert entry["reason"].startswith("only the ")
        assert "SOURCE_DATE_EPOCH" in entry["reason"]
    assert _loud(words.out.splitlines()) == []
    assert case.standing[:2] == before[:2]


def test_a_changed_page_is_deployed_and_named(case: Case) -> None:
    before = case.site
    case.page("guide", "Otherwise.")
    done, target = case.report()
    case.ended_well(done)

    changed = {path for path, content in case.site.items() if before[path] != content}
    page = case.kind.page("guide")
    assert set(page.built) <= changed
    assert target["changes"] == {
        "added": 0,
        "changed": len(changed),
        "removed": 0,
        "moved": 0,
        "same": len(before) - len(changed),
    }
    assert target["uploaded"] == {"files": len(changed), "bytes": sum(len(case.site[path]) for path in changed)}
    assert f"  changed  The guide ({page.source})" in _loud(case.said(done))
    assert case.live == case.site


def test_a_deleted_page_goes_even_where_the_generator_leaves_it_in_its_folder(case: Case) -> None:
    before = case.live
    page = case.kind.page("guide")
    (case.folder / page.source).unlink()
    done = case.build()
    case.ended_well(done)

    left = set(page.built) if case.kind.leaves else set()
    assert before.keys() - case.live.keys() == set(page.built)
    assert case.live == {path: content for path, content in case.site.items() if path not in left}
    assert left <= case.site.keys()
    assert _left_over(case.said(done)) == left


def test_a_renamed_page_is_live_by_its_new_name_only(case: Case) -> None:
    old, new = case.kind.page("guide"), case.kind.page("handbook")
    (case.folder / old.source).unlink()
    case.page("handbook", "How it goes.")
    done = case.build()
    case.ended_well(done)

    left = set(old.built) if case.kind.leaves else set()
    assert not set(old.built) & case.live.keys()
    assert case.live == {path: content for path, content in case.site.items() if path not in left}
    assert set(new.built) <= case.live.keys()
    assert _left_over(case.said(done)) == left


def test_a_failed_build_leaves_all_as_it_was_and_we_add_no_word(case: Case) -> None:
    before = case.standing
    case.page("guide", "Otherwise.")
    case.write(f"theme/{case.kind.template}", "{% broken")
    done = case.build(**NOW)

    with pytest.raises(AssertionError):  # the generator's own way of telling it: so that check can fail
        case.ended_well(done, case.kind.failed)
    assert done.code == case.kind.failed
    assert "presswork: " not in done.out + done.err
    assert "hint: " not in done.out + done.err
    assert case.standing == before


def test_a_strict_build_with_a_warning_deploys_nothing_and_any_other_does(case: Case) -> None:
    before = case.standing
    case.write(case.kind.page("guide").source, case.kind.dubious("guide"))
    done = case.build(*case.kind.strict, **NOW)
    assert done.code == 1
    assert "warning" in (done.out + done.err).lower()
    assert "presswork: " not in done.out + done.err
    assert "hint: " not in done.out + done.err
    assert case.standing == before

    other = case.build(**NOW)
    case.ended_well(other)
    assert case.said(other)[0] == "default (local): deployed"
    assert case.live == case.site


def test_while_a_generator_watches_nothing_is_deployed_or_recorded(case: Case) -> None:
    before = case.standing
    with _watching(case) as change:
        change("Written while it was watched.")

    built = b"Written while it was watched." in case.out[case.kind.page("guide").built[0]]
    assert built is case.kind.leaves  # the others serve from a folder of their own
    assert case.standing == before


def test_a_build_that_is_off_leaves_a_record_and_says_what_deploys_it(case: Case) -> None:
    case.configure(on_build="off")
    case.page("guide", "Otherwise.")
    live, releases, record = case.standing
    done = case.build()
    case.ended_well(done)

    (line,) = case.said(done)
    what, typed = line.split(" is built and not deployed. To deploy it: ")
    assert what.endswith(case.kind.out)
    assert case.standing[:2] == (live, releases)
    assert case.standing[2] != record
    assert unchanged_since(case.record)
    now = case.shell(typed)
    case.ended_well(now)
    assert f"{what}: the last build from " in now.err
    assert case.live == case.site != live


def test_with_a_host_named_a_build_needs_no_token_and_a_plan_and_a_deploy_do(case: Case, netlify: InThread) -> None:
    case.configure(host="netlify", site=netlify.site)
    live = case.live
    done = case.build()
    case.ended_well(done)

    (line,) = case.said(done)
    assert " is built and not deployed. To deploy it: " in line
    assert case.record.settings.target().host == "netlify"
    assert case.live == live
    assert asked(netlify) == []

    for words in (["plan"], ["deploy"]):
        without = case.presswork(*words)
        case.ended_well(without, 2)
        assert "error: The host netlify needs a credential: NETLIFY_AUTH_TOKEN is not set.\nhint: " in without.err
    asks = case.build(**NOW, PRESSWORK_NETLIFY_API_URL=netlify.facts["api_url"])
    case.ended_well(asks, 1)
    message, hint = case.told(asks)
    assert message == "The host netlify needs a credential: NETLIFY_AUTH_TOKEN is not set."
    assert hint.startswith("Set NETLIFY_AUTH_TOKEN in the environment")
    assert asked(netlify) == []


def test_with_a_token_the_plan_changes_nothing_and_both_ways_to_deploy_make_the_site_live(
    case: Case, netlify: InThread
) -> None:
    case.configure(host="netlify", site=netlify.site, source_date="commit")
    token = _token(netlify)
    case.ended_well(case.build())
    plan = case.presswork("plan", **token)
    case.ended_well(plan)
    assert "default (netlify): planned, nothing was sent" in plan.out
    assert changing(netlify) == []

    case.ended_well(case.presswork("deploy", **token))
    assert _served(netlify, case.site) == case.site
    netlify.emulator.requests.clear()
    case.page("guide", "Otherwise.")
    built = case.build(**NOW, **token)
    case.ended_well(built)
    assert case.said(built)[0] == "default (netlify): deployed"
    assert _served(netlify, case.site) == case.site
    assert 0 < len(asked(netlify, "^PUT /deploys/ID/files/")) < len(case.site)
    assert netlify.facts["token"] not in built.out + built.err


def test_one_build_for_each_language_is_deployed_as_one_site(case: Case) -> None:
    case.configure(on_build="off")
    before = case.live
    for code in ("en", "de"):
        files, words, places = case.kind.language(code)
        for path, text in files.items():
            case.write(path, text)
        done = case.build(*words, places=places)
        case.ended_well(done)
        assert case.live == before
    case.ended_well(case.presswork("deploy", "public"))

    built = {path: content for path, content in tree(case.folder / "public").items() if not _own(case, path)}
    assert case.live == built
    assert {"en/index.html", "de/index.html"} <= built.keys()


@pytest.mark.parametrize("first", KINDS[:2], indirect=True, ids=lambda kind: kind.name)
def test_a_version_that_mike_builds_is_not_the_site_and_all_it_keeps_is(case: Case) -> None:
    before = case.standing
    for version in ("1.0", "2.0"):
        done = case.mike("deploy", version)
        case.ended_well(done)
        assert case.said(done) == ["what mike builds is one version: deploy the branch it commits them all to"]
    assert case.standing == before

    case.git("worktree", "add", "--quiet", "../versions", "gh-pages")
    case.ended_well(case.presswork("deploy", "../versions"))
    kept = case.git("ls-tree", "-r", "--name-only", "gh-pages").split()
    assert {"1.0/guide/index.html", "2.0/guide/index.html", "versions.json"} <= {*kept}
    assert case.live.keys() == {*kept}


def test_a_misspelt_key_is_told_before_anything_is_built(case: Case) -> None:
    before, out = case.standing, case.out
    case.configure(host="local", pth="store")
    case.page("guide", "Otherwise.")
    done = case.build(**NOW)
    case.ended_well(done, case.kind.wrong)

    message, hint = case.told(done)
    assert message.endswith(f"{Path(case.kind.config).name}: unknown key `pth` for the host local.")
    assert hint == "Did you mean `path`?"
    assert case.standing == before
    assert case.out == out


def test_a_host_that_is_down_fails_the_build_and_the_next_one_deploys(case: Case, netlify: InThread) -> None:
    case.configure(host="netlify", site=netlify.site, patience=0)
    live = case.live
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    down = _token(netlify) | {"PRESSWORK_NETLIFY_API_URL": f"http://127.0.0.1:{port}/api/v1"}
    done = case.build(**NOW, **down)
    case.ended_well(done, 1)

    message, hint = case.told(done)
    assert message.startswith("The host did not answer to GET ")
    assert hint == "Check the address and its port, and that the service is up."
    assert netlify.facts["token"] not in done.out + done.err
    assert case.live == live
    assert asked(netlify) == []
    case.ended_well(case.presswork("deploy", **_token(netlify)))
    assert _served(netlify, case.site) == case.site


def _loud(lines: list[str]) -> list[str]:
    """Return the lines of a plan that tell of what a writer changed, and not a build alone."""
    kinds = ("  added ", "  changed ", "  moved ", "  removed ")
    return [line for line in lines if line.startswith(kinds) and ", only " not in line]


def _left_over(lines: list[str]) -> set[str]:
    """Return the files that are told as left over."""
    end = ": Left over from an earlier build, not deployed."
    return {line.removeprefix("info: ").removesuffix(end) for line in lines if line.endswith(end)}


def _token(netlify: InThread) -> dict[str, str]:
    return {"NETLIFY_AUTH_TOKEN": netlify.facts["token"], "PRESSWORK_NETLIFY_API_URL": netlify.facts["api_url"]}


def _served(netlify: InThread, site: Files) -> Files:
    """Return what the live address gives for each path of a site."""
    return {path: netlify.page(netlify.name, path).body for path in site}


def _own(case: Case, path: str) -> bool:
    """Say whether a file below the folder of one language is the generator's own."""
    return path.partition("/")[2].startswith(case.kind.own)


@contextmanager
def _watching(case: Case) -> Iterator[Callable[[str], None]]:
    """Run what builds at every change, and yield what changes a page and returns when that was built."""
    page = case.kind.page("guide")
    if isinstance(case.kind, Pelican):
        with support_pelican.watching(case, "-r", **NOW) as watcher:
            watcher.until("Done:")
            yield lambda text: watcher.change(case.folder / page.source, case.kind.text("guide", text))
            watcher.interrupt()
        said = "".join(watcher.said)
        assert "Caught exception" not in said
    elif isinstance(case.kind, Sphinx):
        with support_sphinx.watching(case, "-b", case.kind.builder, **NOW) as watching:
            yield lambda text: (case.page("guide", text), watching.built())
        said = "".join(watching.said)
    else:
        with support_mkdocs.serving(case, **NOW) as server:
            yield lambda text: (case.page("guide", text), server.rebuilt("/guide/", text))
            said = server.interrupt().ok().stderr
        assert "Shutting down..." in said
    assert "presswork: " not in said
