"""A deploy to Netlify by digest, from the folder to the live address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from presswork_netlify.emulator import Fault
from support_netlify import emulating, sha1
from support_netlify_host import HOME, Publisher, asked, changing, codes, edited, pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_netlify import InThread


@pytest.fixture
def netlify(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "netlify", processing=()) as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, netlify: InThread) -> Publisher:
    return Publisher(tmp_path, netlify)


def test_a_site_goes_live_with_the_bytes_it_was_built_of(publisher: Publisher, netlify: InThread) -> None:
    site = {**pages(5), "ünïcode/ñ.html": b"<p>n", "a b.txt": b"", "_redirects": b"/a /b", "_headers": b"/*"}
    told = publisher.deploy(site)

    assert publisher.live(site) == site
    assert (told.uploaded and told.uploaded.files, told.route and told.route.name) == (len(site), "digest")
    assert told.verified
    assert (told.verified.method, told.verified.files, told.verified.ok) == ("listing", len(site), True)
    assert told.release
    assert told.release.url == netlify.facts["site_url"].rstrip("/")
    assert told.requests == len(asked(netlify))


def test_a_small_site_is_deployed_by_these_requests(publisher: Publisher, netlify: InThread) -> None:
    publisher.deploy(HOME)

    title = r"\?title=Deployed%20by%20Presswork%20sha256%3A[0-9a-f]{64}$"
    assert len(asked(netlify, f"^POST /sites/SITE/deploys{title}")) == 1
    assert [line.partition("?")[0] for line in changing(netlify)] == [
        "POST /sites/SITE/deploys",
        "PUT /sites/SITE/deploys/ID",
        "PUT /deploys/ID/files/index.html",
    ]


def test_the_title_carries_commit_and_manifest_digest(publisher: Publisher, netlify: InThread) -> None:
    publisher.environ["PRESSWORK_COMMIT"] = "3f2a9c1b0d2e4f"
    told = publisher.deploy(HOME)

    (deploy,) = netlify.api("GET", f"/sites/{netlify.site}/deploys").json
    assert told.manifest
    assert deploy["title"] == f"Deployed by Presswork [3f2a9c1b0d2e] {told.manifest.digest}"


@pytest.mark.parametrize(("files", "asynchronous"), [(100, False), (101, True)])
@pytest.mark.parametrize("unprepared", ["empty", "null", "absent"])
def test_more_than_100_files_are_prepared_asynchronously(
    publisher: Publisher, netlify: InThread, files: int, asynchronous: bool, unprepared: str
) -> None:
    netlify.emulator.behaviour.unprepared = unprepared
    netlify.emulator.behaviour.preparing = ("preparing", "enqueued")
    site = pages(files)
    publisher.deploy(site)

    assert len(publisher.live(site)) == files
    assert len(asked(netlify, "^PUT /deploys/ID/files/")) == files
    before = asked(netlify)[: asked(netlify).index(asked(netlify, "^PUT /deploys/ID/files/")[0])]
    assert before.count("GET /deploys/ID") == (3 if asynchronous else 0)


@pytest.mark.parametrize("files", [3, 101])
def test_a_manifest_that_is_answered_with_an_empty_body_is_looked_up(
    publisher: Publisher, netlify: InThread, files: int
) -> None:
    netlify.emulator.faults.append(Fault(method="PUT", pattern="/deploys/[^/]+$", status=200, after=True))
    site = pages(files)
    publisher.deploy(site)

    assert publisher.live(site) == site
    assert len(asked(netlify, "^POST ")) == 1


def test_a_manifest_that_is_cut_off_and_worked_on_all_the_same_is_looked_up(
    publisher: Publisher, netlify: InThread
) -> None:
    netlify.emulator.behaviour.cut_off = 5
    site = pages(10)
    publisher.deploy(site, settings={"patience": 0})

    assert publisher.live(site) == site
    assert len(asked(netlify, "^POST ")) == 1


def test_a_manifest_that_never_arrives_is_an_error(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.faults.append(Fault(method="PUT", pattern="/deploys/[^/]+$", status=504, count=None))
    told = publisher.deploy(HOME, "failed", settings={"patience": 0})

    assert told.error
    assert told.error.retryable
    assert "504" in told.error.message


@pytest.mark.parametrize("shown", [["prepared"], ["uploading"], [None]])
@pytest.mark.parametrize("required", [None, "absent"])
def test_nothing_required_by_a_synchronous_answer_means_nothing(
    tmp_path: Path, netlify: InThread, shown: list[str | None], required: str | None
) -> None:
    Publisher(tmp_path / "first", netlify).deploy(HOME)

    def edit(method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
        if method == "PUT" and "/sites/" in path:
            document["state"] = shown[0]
            document["required"] = None
            if required:
                del document["required"]
        return document

    with edited(netlify, edit) as odd:
        told = Publisher(tmp_path / "second", odd).deploy({**HOME, "again.html": HOME["index.html"]})
    assert told.uploaded
    assert told.uploaded.files == 0


def test_required_is_waited_for_where_an_asynchronous_deploy_is_prepared_without_it(
    publisher: Publisher, netlify: InThread
) -> None:
    looks = 0

    def edit(method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
        nonlocal looks
        if method == "GET" and path.startswith("/deploys/") and document["state"] == "prepared":
            looks += 1
            if looks < 2:
                document["required"] = None
        return document

    site = pages(101)
    with edited(netlify, edit) as odd:
        publisher.environ["PRESSWORK_NETLIFY_API_URL"] = odd.facts["api_url"]
        publisher.deploy(site)
    assert looks >= 2
    assert publisher.live(site) == site


def test_a_hash_that_is_not_of_the_site_is_passed_over_with_a_warning(publisher: Publisher, netlify: InThread) -> None:
    example = "907d14fb3af2b0d4f18c2d46abe8aedce17367bd"

    def edit(method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
        if "required" in document and document["required"] is not None and method == "PUT":
            document["required"].append(example)
        return document

    with edited(netlify, edit) as odd:
        publisher.environ["PRESSWORK_NETLIFY_API_URL"] = odd.facts["api_url"]
        told = publisher.deploy(HOME)
    assert codes(told)["netlify-unknown-hash"] == "warning"
    assert example in next(f.message for f in told.findings if f.code == "netlify-unknown-hash")


def test_content_that_stands_at_several_paths_is_sent_once(publisher: Publisher, netlify: InThread) -> None:
    site = {**HOME, "one.txt": b"the same", "two.txt": b"the same", "deep/three.txt": b"the same"}
    told = publisher.deploy(site)

    assert len(asked(netlify, "^PUT /deploys/ID/files/")) == 2
    assert told.uploaded
    assert told.uploaded.files == 2
    assert publisher.live(site) == site


def test_content_that_another_site_has_is_not_sent(tmp_path: Path, publisher: Publisher, netlify: InThread) -> None:
    publisher.deploy(pages(10))
    other = netlify.api("POST", "/sites", {}).json["id"]
    netlify.emulator.requests.clear()
    told = Publisher(tmp_path / "other", netlify, site=other).deploy(pages(10))

    assert asked(netlify, "/files/") == []
    assert told.uploaded
    assert told.uploaded.files == 0


def test_an_unchanged_site_sends_nothing(publisher: Publisher, netlify: InThread) -> None:
    publisher.deploy(pages(10))
    netlify.emulator.requests.clear()
    publisher.deploy(pages(10), "unchanged")

    assert asked(netlify) == ["GET /sites/SITE"]


def test_a_changed_site_sends_what_changed(publisher: Publisher, netlify: InThread) -> None:
    site = pages(10)
    publisher.deploy(site)
    netlify.emulator.requests.clear()
    site["p/3.html"] = b"changed"
    del site["p/4.html"]
    told = publisher.deploy(site)

    assert asked(netlify, "/deploys/ID/files/") == ["PUT /deploys/ID/files/p/3.html"]
    assert told.changes == {"added": 0, "changed": 1, "removed": 1, "moved": 0, "same": 8}
    assert publisher.live(pages(10)) == site


def test_an_unchanged_site_is_known_by_its_title_where_nothing_is_remembered(
    tmp_path: Path, publisher: Publisher, netlify: InThread
) -> None:
    publisher.deploy(pages(10))
    netlify.emulator.requests.clear()
    Publisher(tmp_path / "elsewhere", netlify).deploy(pages(10), "unchanged")

    assert asked(netlify) == ["GET /sites/SITE"]


def test_what_others_deployed_is_known_by_the_listing(publisher: Publisher, netlify: InThread) -> None:
    netlify.deploy({"index.html": b"theirs", "kept.html": b"kept"}, title="by hand")
    told = publisher.deploy({"index.html": b"ours", "kept.html": b"kept"})

    assert told.changes == {"added": 0, "changed": 1, "removed": 0, "moved": 0, "same": 1}


@pytest.mark.parametrize("words", [False, True])
def test_the_end_of_post_processing_is_waited_for(publisher: Publisher, netlify: InThread, words: bool) -> None:
    netlify.emulator.behaviour.processing = ("processing", "processed")
    netlify.emulator.behaviour.old_words = words
    publisher.deploy(HOME)
    publisher.deploy({"index.html": b"2"})

    assert publisher.live(HOME) == {"index.html": b"2"}
    assert [release.live for release in publisher.history()] == [True, False]


def test_the_manifest_names_every_file_by_its_sha1_without_a_leading_slash(
    publisher: Publisher, netlify: InThread
) -> None:
    site = {"index.html": b"home", "a/b.html": b"b"}
    told = publisher.deploy(site)

    assert told.release
    listed = netlify.api("GET", f"/deploys/{told.release.id}/files").json
    assert {file["path"]: file["sha"] for file in listed} == {f"/{path}": sha1(body) for path, body in site.items()}


def test_the_report_holds_what_the_host_said(publisher: Publisher) -> None:
    document = json.loads(publisher.report(HOME).to_json())

    (target,) = document["targets"]
    assert (document["outcome"], target["host"], target["retries"]) == ("deployed", "netlify", 0)
    assert target["release"]["live"]
