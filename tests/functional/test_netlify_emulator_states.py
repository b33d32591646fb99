"""The emulator against the protocol's sections on preparation and states, and on archives."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from support_netlify import emulating, fresh_site, new, sha1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support_netlify import Answer, InThread


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InThread]:
    with emulating(tmp_path_factory.mktemp("netlify")) as running:
        yield running


@pytest.fixture
def netlify(shared: InThread) -> Iterator[InThread]:
    with fresh_site(shared) as running:
        yield running


def create(netlify: InThread, files: dict[str, bytes] | None = None, query: str = "", **fields: Any) -> Answer:
    manifest = {} if files is None else {"files": {path: sha1(content) for path, content in files.items()}}
    return netlify.api("POST", f"/sites/{netlify.site}/deploys{query}", {**manifest, **fields})


def send_zip(netlify: InThread, body: bytes, query: str = "") -> Answer:
    target = f"/api/v1/sites/{netlify.site}/deploys{query}"
    return netlify.ask("POST", target, body, {"Content-Type": "application/zip"})


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as opened:
        opened.mkdir("folder")
        for path, content in files.items():
            opened.writestr(path, content)
    return buffer.getvalue()


def states(netlify: InThread, deploy: str, looks: int) -> list[str]:
    return [netlify.api("GET", f"/deploys/{deploy}").json["state"] for _ in range(looks)]


# Asynchronously


def test_an_asynchronous_deploy_is_prepared_after_looking(netlify: InThread) -> None:
    netlify.emulator.behaviour.preparing = ("preparing", "preparing")
    home = new()
    made = create(netlify, {"index.html": home}, **{"async": True}).json
    assert (made["state"], made["required"]) == ("preparing", [])
    refused = netlify.put(made["id"], "index.html", home)
    assert (refused.status, refused.json["message"]) == (422, "No records matched")
    assert states(netlify, made["id"], 3) == ["preparing", "preparing", "prepared"]
    assert netlify.api("GET", f"/deploys/{made['id']}").json["required"] == [sha1(home)]
    netlify.put(made["id"], "index.html", home)
    assert netlify.settled(made["id"])["state"] == "ready"


def test_an_asynchronous_deploy_that_requires_nothing_goes_on_by_itself(netlify: InThread) -> None:
    home = new()
    netlify.deploy({"index.html": home})
    made = create(netlify, {"index.html": home}, **{"async": True}).json
    assert states(netlify, made["id"], 4) == ["preparing", "prepared", "processing", "ready"]


@pytest.mark.parametrize(("unprepared", "there"), [("null", True), ("absent", False)])
def test_what_is_required_may_be_unknown_at_first(netlify: InThread, unprepared: Any, there: bool) -> None:
    netlify.emulator.behaviour.unprepared = unprepared
    made = create(netlify, {"index.html": new()}, **{"async": True}).json
    assert ("required" in made) is there
    assert made.get("required") is None


def test_a_long_synchronous_deploy_is_cut_off_and_made_all_the_same(netlify: InThread) -> None:
    netlify.emulator.behaviour.cut_off = 2
    files = {name: new() for name in "abc"}
    answer = create(netlify, files)
    assert (answer.status, answer.headers["Content-Type"]) == (504, "text/html")
    (found,) = netlify.api("GET", f"/sites/{netlify.site}/deploys?per_page=1").json
    assert len(found["required"]) == 3
    assert create(netlify, files, **{"async": True}).status == 200


# States


def test_a_deploy_goes_through_its_states(netlify: InThread) -> None:
    netlify.emulator.behaviour.processing = ("enqueued", "building", "processing", "processed")
    one, two = new(), new()
    made = create(netlify, {"a": one, "b": two}).json
    seen = [made["state"]]
    netlify.put(made["id"], "a", one)
    seen += states(netlify, made["id"], 1)
    netlify.put(made["id"], "b", two)
    assert [*seen, *states(netlify, made["id"], 5)] == [
        "uploading", "uploading", "enqueued", "building", "processing", "processed", "ready",
    ]  # fmt: skip


def test_both_addresses_of_a_deploy_show_the_same(netlify: InThread) -> None:
    deploy = netlify.deploy({"index.html": new()})
    assert netlify.api("GET", f"/sites/{netlify.site}/deploys/{deploy['id']}").json == deploy
    assert netlify.api("GET", f"/deploys/{deploy['id']}").json == deploy
    assert netlify.api("GET", "/deploys/000000000000000000000000").status == 404


@pytest.mark.parametrize(("outcome", "message"), [("error", "The disk is full"), ("error", None), ("rejected", None)])
def test_a_deploy_may_fail(netlify: InThread, outcome: Any, message: str | None) -> None:
    live = new()
    netlify.deploy({"index.html": live})
    netlify.emulator.behaviour.outcome = outcome
    netlify.emulator.behaviour.error_message = message
    failed = netlify.deploy({"index.html": new()})
    assert (failed["state"], failed["error_message"]) == (outcome, message)
    assert netlify.page(netlify.name).body == live
    assert netlify.page(f"{failed['id']}--{netlify.name}").status == 404


def test_older_words_for_ready(netlify: InThread) -> None:
    netlify.emulator.behaviour.old_words = True
    first = netlify.deploy({"index.html": new()})
    assert first["state"] == "current"
    second = netlify.deploy({"index.html": new()})
    assert (states(netlify, first["id"], 1), second["state"]) == (["old"], "current")


def test_time_passes_by_looking_at_the_site_too(netlify: InThread) -> None:
    home = new()
    made = create(netlify, {"index.html": home}).json
    netlify.put(made["id"], "index.html", home)
    assert netlify.page(netlify.name).status == 404
    assert netlify.page(netlify.name).body == home


# By archive


def test_a_zip_is_a_whole_deploy(netlify: InThread) -> None:
    netlify.deploy({"index.html": new(), "old.html": new()})
    home = new()
    answer = send_zip(netlify, archive({"index.html": home, "a/b.txt": b"b"}), "?title=zipped")
    assert answer.status == 200
    assert (answer.json["state"], answer.json["required"], answer.json["title"]) == ("processing", [], "zipped")
    netlify.settled(answer.json["id"])
    assert netlify.page(netlify.name).body == home
    assert netlify.page(netlify.name, "a/b.txt").body == b"b"
    assert netlify.page(netlify.name, "old.html").status == 404


@pytest.mark.parametrize("body", [b"", b"not an archive", archive({"a": new()})[:-40]])
def test_what_is_no_zip_is_a_422(netlify: InThread, body: bytes) -> None:
    assert send_zip(netlify, body).status == 422
    assert netlify.api("GET", f"/sites/{netlify.site}/deploys").json == []


@pytest.mark.parametrize("path", ["../up", "a#b", "a?b", "a//b"])
def test_a_zip_with_a_path_that_cannot_be_is_a_422(netlify: InThread, path: str) -> None:
    assert send_zip(netlify, archive({path: b""})).status == 422


def test_a_damaged_zip_is_a_422(netlify: InThread) -> None:
    body = bytearray(archive({"a": bytes(range(256)) * 10}))
    assert send_zip(netlify, bytes(body)).status == 200
    body[120] ^= 0xFF
    assert send_zip(netlify, bytes(body)).status == 422


def test_a_zip_holds_25000_files_at_most(netlify: InThread) -> None:
    assert netlify.emulator.behaviour.zip_files == 25_000
    netlify.emulator.behaviour.zip_files = 3
    assert send_zip(netlify, archive(dict.fromkeys("abc", b""))).status == 200
    assert send_zip(netlify, archive(dict.fromkeys("abcd", b""))).status == 422


def test_content_that_came_in_a_zip_is_known(netlify: InThread) -> None:
    content = new()
    netlify.settled(send_zip(netlify, archive({"a": content})).json["id"])
    assert create(netlify, {"b": content}).json["required"] == []


# Sites that want git


def test_a_site_may_refuse_production_deploys_that_do_not_come_from_git(netlify: InThread) -> None:
    netlify.api("PATCH", f"/sites/{netlify.site}", {"prevent_non_git_prod_deploys": True})
    assert create(netlify, {"a": new()}).status == 422
    assert send_zip(netlify, archive({"a": b"a"})).status == 422
    assert netlify.api("GET", f"/sites/{netlify.site}/deploys").json == []
    assert create(netlify, {"a": new()}, draft=True).status == 200
    assert create(netlify, {"a": new()}, branch="b").status == 200
    made = create(netlify).json["id"]
    assert netlify.api("PUT", f"/sites/{netlify.site}/deploys/{made}", {"files": {"a": sha1(new())}}).status == 422


def test_a_site_may_not_publish_what_does_not_come_from_git(netlify: InThread) -> None:
    netlify.emulator.behaviour.non_git = "hold"
    netlify.api("PATCH", f"/sites/{netlify.site}", {"prevent_non_git_prod_deploys": True})
    assert netlify.deploy({"index.html": new()})["state"] == "ready"
    assert netlify.api("GET", f"/sites/{netlify.site}").json["published_deploy"] is None
