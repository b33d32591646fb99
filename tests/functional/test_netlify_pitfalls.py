"""The eight pitfalls that users of Netlify's digest method have met, each under its own name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from presswork_netlify.emulator import NAMED, Fault
from support_netlify import emulating, sha1
from support_netlify_host import HOME, Publisher, asked, codes, edited, pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_netlify import InThread

EXAMPLE_HASH = "907d14fb3af2b0d4f18c2d46abe8aedce17367bd"


@pytest.fixture
def netlify(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "netlify", processing=()) as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, netlify: InThread) -> Publisher:
    return Publisher(tmp_path, netlify)


@pytest.mark.parametrize("call", ["making the deploy", "telling the manifest"])
def test_pitfall_1_an_asynchronous_answer_comes_without_content(
    publisher: Publisher, netlify: InThread, call: str
) -> None:
    manifest = Fault(method="PUT", pattern="/sites/[^/]+/deploys/[^/]+$", status=200, after=True)
    netlify.emulator.faults.append(NAMED["empty-create"] if call == "making the deploy" else manifest)
    site = pages(101)
    publisher.deploy(site)

    assert publisher.live(site) == site
    assert len(netlify.api("GET", f"/sites/{netlify.site}/deploys").json) == 1


def test_pitfall_2_a_path_is_escaped_wrongly_or_with_its_leading_slash(publisher: Publisher, netlify: InThread) -> None:
    site = {
        **HOME,
        "a b/100%25 & more.html": b"1",
        "日本語/é.html": b"2",
        "x;y,z:@=+$!~*'().txt": b"3",
        '[]{}"^`|.txt': b"4",
    }
    publisher.deploy(site)

    assert publisher.live(site) == site
    assert sorted(asked(netlify, "/files/")) == sorted(
        f"PUT /deploys/ID/files/{path}"
        for path in (
            "index.html",
            "a%20b/100%2525%20%26%20more.html",
            "%E6%97%A5%E6%9C%AC%E8%AA%9E/%C3%A9.html",
            "x%3By%2Cz%3A%40%3D%2B%24%21~%2A%27%28%29.txt",
            "%5B%5D%7B%7D%22%5E%60%7C.txt",
        )
    )


def test_pitfall_3_an_upload_is_answered_at_random_with_an_empty_401(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.faults += [Fault(method="PUT", pattern="/files/p", status=401, count=2) for _ in range(2)]
    site = pages(6)
    told = publisher.deploy(site)

    assert publisher.live(site) == site
    assert told.retries == 4


def test_an_upload_that_is_always_answered_so_ends(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.faults.append(Fault(method="PUT", pattern="/files/p/2", status=401, count=None))
    told = publisher.deploy(pages(6), "failed")

    assert told.error
    assert (told.error.path, "401" in told.error.message) == ("p/2.html", True)
    assert len(asked(netlify, "/files/p/2")) == 4


def test_pitfall_4_the_file_you_upload_differs_from_the_one_you_hashed(publisher: Publisher, netlify: InThread) -> None:
    """A file that changes after it was hashed is found out before its last byte goes out."""
    from presswork.hookspecs import hookimpl

    class Meddling:
        @hookimpl
        def presswork_check(self) -> list[Any]:
            (publisher.folder / "site" / "index.html").write_bytes(b"<p>else")
            return []

    publisher.deploy(HOME)
    publisher.plugins = [("meddling", Meddling())]
    told = publisher.deploy({"index.html": b"<p>what"}, "failed")

    assert told.error
    assert told.error.code == "content-changed"
    assert not (publisher.folder / ".." / "netlify" / "blobs" / sha1(b"<p>else")[:2] / sha1(b"<p>else")).exists()
    assert publisher.live(HOME) == HOME


def test_lines_are_sent_as_they_end_on_disk(publisher: Publisher) -> None:
    site = {"index.html": b"one\r\ntwo\nthree\r", "bom.txt": b"\xef\xbb\xbfx", "latin.txt": b"caf\xe9"}
    publisher.deploy(site)

    assert publisher.live(site) == site


def test_pitfall_5_there_is_no_deploy_id_in_the_answer_but_an_id(publisher: Publisher, netlify: InThread) -> None:
    def edit(_method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
        if "deploys" in path and isinstance(document, dict):
            return {**document, "deploy_id": "not-this-one", "build_id": "nor-this"}
        return document

    with edited(netlify, edit) as odd:
        publisher.environ["PRESSWORK_NETLIFY_API_URL"] = odd.facts["api_url"]
        told = publisher.deploy(HOME)
    assert told.release
    assert told.release.id == netlify.api("GET", f"/sites/{netlify.site}").json["published_deploy"]["id"]
    assert not any("not-this" in line for line in asked(netlify))


def test_pitfall_6_nothing_is_required_and_an_upload_of_the_example_hash_fails(
    tmp_path: Path, publisher: Publisher, netlify: InThread
) -> None:
    """Only what `required` names is uploaded: content that the service has from any site is not."""
    netlify.emulator.behaviour.strict_uploads = True
    publisher.deploy(pages(3))
    other = netlify.api("POST", "/sites", {}).json["id"]
    netlify.emulator.requests.clear()
    told = Publisher(tmp_path / "other", netlify, site=other).deploy(pages(3))

    assert asked(netlify, "/files/") == []
    assert told.verified
    assert told.verified.ok


def test_a_hash_that_is_not_ours_is_not_uploaded(publisher: Publisher, netlify: InThread) -> None:
    def edit(method: str, _path: str, document: Any, _headers: dict[str, str]) -> Any:
        if method == "PUT" and "required" in document:
            document["required"] = [EXAMPLE_HASH, *document["required"]]
        return document

    with edited(netlify, edit) as odd:
        publisher.environ["PRESSWORK_NETLIFY_API_URL"] = odd.facts["api_url"]
        told = publisher.deploy(HOME)
    assert codes(told) == {"netlify-unknown-hash": "warning"}


def test_pitfall_7_a_multipart_body_does_not_match_the_deploy(publisher: Publisher, netlify: InThread) -> None:
    """The emulator refuses such bodies as the service does; ours are the raw bytes as `application/octet-stream`."""
    deploy = netlify.api("POST", f"/sites/{netlify.site}/deploys", {"files": {"a": sha1(b"a")}}).json["id"]
    assert netlify.put(deploy, "a", b"--x\r\n\r\na\r\n--x--", "multipart/form-data; boundary=x").status == 422
    assert netlify.put(deploy, "a", b"a", "application/x-www-form-urlencoded").status == 422
    site = pages(5)
    publisher.deploy(site)

    assert publisher.live(site) == site
    assert {request.status for request in netlify.emulator.requests if request.path.count("/files/p")} == {200}


def test_pitfall_8_whether_a_manifest_arrived_is_seen_in_the_listing(publisher: Publisher, netlify: InThread) -> None:
    site = pages(5)
    told = publisher.deploy(site)

    assert told.verified
    assert (told.verified.method, told.verified.files) == ("listing", 5)
    assert asked(netlify)[-1] == "GET /sites/SITE/files"

    def edit(_method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
        return document[1:] if path.endswith("/files") else document

    with edited(netlify, edit) as odd:
        publisher.environ["PRESSWORK_NETLIFY_API_URL"] = odd.facts["api_url"]
        lacking = publisher.deploy({**site, "new.html": b"new"}, "failed")
    assert lacking.error
    assert lacking.error.path == "index.html"


def test_no_redirect_dance_is_needed_for_a_token(publisher: Publisher, netlify: InThread) -> None:
    """The personal token goes in the header, to the API's own address, and follows no redirect."""
    elsewhere = "http://elsewhere.example/login"
    netlify.emulator.faults.append(Fault(pattern="/sites/", status=302, headers={"Location": elsewhere}, count=None))
    told = publisher.deploy(HOME, "failed")

    assert told.error
    assert "302" in told.error.message
    assert all(publisher.environ["NETLIFY_AUTH_TOKEN"] not in request.path for request in netlify.emulator.requests)
