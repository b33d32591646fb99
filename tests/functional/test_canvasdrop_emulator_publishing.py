"""The emulator's ways to publish, against the protocol's tables: staged uploads, ZIPs, names, types and warnings."""

from __future__ import annotations

import stat
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from presswork_canvasdrop.emulator import NAMED
from support_canvasdrop import emulating, sha256, zipped
from support_canvasdrop_codes import EARNED, SWITCHED, entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_canvasdrop import InThread

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
KEY = b"cd_" + b"x" * 43


@pytest.fixture
def canvas(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path) as running:
        yield running


@pytest.mark.parametrize("said", [*EARNED, *SWITCHED], ids=str)
def test_every_refusal_is_given_to_the_request_that_earns_it(canvas: InThread, said: tuple[int, str]) -> None:
    answer = (EARNED | SWITCHED)[said](canvas)
    assert answer.said == said
    (shape,) = answer.json.keys() & {"code", "error"}
    assert ("message" in answer.json) is (shape == "code")


def test_a_code_is_switched_only_where_no_request_earns_it() -> None:
    bodies = [fault.body for fault in NAMED.values()]
    switched = {body["code"] for body in bodies if isinstance(body, dict) and "code" in body}
    assert switched | {"UPLOAD_IN_PROGRESS"} == {code for _, code in SWITCHED}
    assert not switched & {code for _, code in EARNED}


# Begin


def test_a_staged_upload_goes_live(canvas: InThread) -> None:
    files = {"index.html": b"home", "empty.css": b"", "a/twin.html": b"home"}
    begun = canvas.begin(files)
    assert (begun.status, list(begun.json)) == (200, ["uploadId", "missingHashes"])
    upload = begun.json["uploadId"]
    assert upload.startswith("up_")
    assert len(upload) == 46
    assert begun.json["missingHashes"] == [sha256(b"home"), EMPTY]
    for content in (b"home", b"home", b""):
        put = canvas.put(upload, content)
        assert (put.status, put.body, put.headers["Content-Length"]) == (204, b"", None)
    done = canvas.finalize(upload)
    assert done.json == {
        "url": canvas.facts["site_url"],
        "version": 1,
        "fileCount": 3,
        "totalBytes": 8,
        "warnings": [],
    }
    assert canvas.live() == files
    assert canvas.api("GET", "/versions").json["versions"][0]["source"] == "upload"


def test_what_is_stored_is_not_asked_for_again_but_on_another_canvas(canvas: InThread) -> None:
    canvas.publish({"index.html": b"home"})
    again = canvas.begin({"index.html": b"home"}).json
    assert again["missingHashes"] == []
    assert canvas.finalize(again["uploadId"]).json["version"] == 2
    assert canvas.other().begin({"index.html": b"home"}).json["missingHashes"] == [sha256(b"home")]


def test_blobs_of_an_unfinished_upload_are_there_for_the_next(canvas: InThread) -> None:
    canvas.staged({"a.html": b"a"})
    assert canvas.begin({"a.html": b"a", "b.html": b"b"}).json["missingHashes"] == [sha256(b"b")]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "body must be JSON"),
        (b"{", "body must be JSON"),
        ({}, "manifest must be an array"),
        ({"manifest": {}}, "manifest must be an array"),
        ([], "manifest must be an array"),
        ({"manifest": []}, "manifest is empty"),
        ({"manifest": [entry(".nojekyll"), entry("")]}, "manifest has no deployable files"),
    ],
)
def test_a_manifest_that_is_none_is_refused(canvas: InThread, body: Any, message: str) -> None:
    answer = canvas.api("POST", "/uploads", body)
    assert (answer.status, answer.json) == (400, {"code": "INVALID_MANIFEST", "message": message})


@pytest.mark.parametrize(
    "wrong",
    [{"size": -1}, {"size": "1"}, {"size": None}, {"digest": "A" * 64}, {"digest": "0" * 63}, {"digest": None}],
    ids=str,
)
def test_a_bad_hash_or_size_is_refused_with_its_path(canvas: InThread, wrong: dict[str, Any]) -> None:
    answer = canvas.api("POST", "/uploads", {"manifest": [entry("fine.html"), entry("bad.html", **wrong)]})
    assert (*answer.said, answer.json["path"]) == (400, "INVALID_MANIFEST", "bad.html")


@pytest.mark.parametrize("body", [None, {"manifest": [None]}, {"manifest": ["a"]}, {"manifest": [{"path": 1}]}])
def test_what_the_server_does_not_expect_breaks_it(canvas: InThread, body: Any) -> None:
    answer = canvas.api("POST", "/uploads", b"null" if body is None else body)
    assert answer.said == (500, "internal_server_error")


def test_the_last_entry_of_a_path_and_the_first_size_of_a_hash_count(canvas: InThread) -> None:
    manifest = [entry("a.html", 9), entry("a.html", 1, sha256(b"a")), entry("b.html", 5, sha256(b"a"))]
    begun = canvas.api("POST", "/uploads", {"manifest": manifest, "extra": 1}).json
    assert begun["missingHashes"] == [sha256(b"a")]
    assert canvas.put(begun["uploadId"], b"a").status == 204


def test_unknown_fields_and_odd_sizes_are_let_through(canvas: InThread) -> None:
    manifest = [entry("a.html", 0.5) | {"mime": "image/png"}]
    assert canvas.api("POST", "/uploads", {"manifest": manifest}).status == 200


# Blobs


@pytest.mark.parametrize("digest", [sha256(b"other"), sha256(b"a").upper(), "short"])
def test_a_blob_that_is_not_its_hash_is_refused(canvas: InThread, digest: str) -> None:
    upload = canvas.begin({"a.html": b"a"}).json["uploadId"]
    answer = canvas.put(upload, b"a", digest)
    assert answer.json == {"code": "BLOB_HASH_MISMATCH", "message": f"blob bytes do not match hash {digest}"}


def test_a_blob_of_another_size_than_declared_is_refused(canvas: InThread) -> None:
    manifest = [entry("a.html", 2, sha256(b"a"))]
    upload = canvas.api("POST", "/uploads", {"manifest": manifest}).json["uploadId"]
    answer = canvas.put(upload, b"a")
    message = f"staged size 1 != declared 2 for {sha256(b'a')}"
    assert (answer.status, answer.json) == (400, {"code": "BLOB_HASH_MISMATCH", "message": message})


def test_a_blob_that_no_manifest_names_is_taken_and_swept_by_the_next_publish(canvas: InThread) -> None:
    upload = canvas.staged({"a.html": b"a"})
    for stray in (b"asked for again", b"forgotten"):
        assert canvas.put(upload, stray).status == 204
    assert canvas.begin({"b.html": b"asked for again"}).json["missingHashes"] == []
    canvas.publish({"c.html": b"c"})
    assert canvas.begin({"b.html": b"asked for again"}).json["missingHashes"] == []
    assert canvas.begin({"b.html": b"forgotten"}).json["missingHashes"] == [sha256(b"forgotten")]


def test_a_handle_is_of_its_canvas_and_its_owner(canvas: InThread) -> None:
    upload = canvas.staged({"a.html": b"a"})
    for answer in (canvas.other().put(upload, b"a"), canvas.other().finalize(upload)):
        assert answer.json == {"code": "UPLOAD_HANDLE_INVALID", "message": "no such upload session"}
    canvas.emulator.change(owner="somebody else")
    assert canvas.finalize(upload).said == (404, "UPLOAD_HANDLE_INVALID")


def test_chunked_bodies_are_taken(canvas: InThread) -> None:
    upload = canvas.begin({"a.html": b"ab"}).json["uploadId"]
    target = f"/v1/canvases/{canvas.facts['canvas']}"
    assert canvas.ask("PUT", f"{target}/uploads/{upload}/blobs/{sha256(b'ab')}", iter([b"a", b"b"])).status == 204
    assert canvas.ask("PUT", f"{target}/deploy", iter([zipped([("a.html", b"a")])])).status == 200
    assert canvas.ask("POST", f"{target}/uploads", iter([b'{"manifest":', b"[]}"])).said == (400, "INVALID_MANIFEST")


# Finalize


def test_a_blob_that_is_missing_is_staged_and_the_same_handle_finalized(canvas: InThread) -> None:
    upload = canvas.begin({"a.html": b"a", "b.html": b"b"}).json["uploadId"]
    canvas.put(upload, b"b")
    answer = canvas.finalize(upload)
    assert answer.json == {"code": "UPLOAD_MISSING_BLOB", "message": f"blob {sha256(b'a')} was not staged"}
    canvas.put(upload, b"a")
    assert canvas.finalize(upload).status == 200


def test_after_finalize_the_handle_is_used_up(canvas: InThread) -> None:
    upload = canvas.staged({"a.html": b"a"})
    canvas.finalize(upload)
    for answer in (canvas.finalize(upload), canvas.put(upload, b"a")):
        assert (answer.status, answer.json["message"]) == (409, "already finalized")


def test_a_finalize_whose_commit_failed_is_used_up_with_nothing_published(canvas: InThread) -> None:
    canvas.publish({"a.html": b"old"})
    upload = canvas.staged({"a.html": b"new"})
    canvas.emulator.fail("commit-failed")
    assert canvas.finalize(upload).said == (500, "internal_server_error")
    assert canvas.finalize(upload).said == (409, "UPLOAD_ALREADY_FINALIZED")
    assert canvas.live() == {"a.html": b"old"}
    assert canvas.begin({"a.html": b"new"}).json["missingHashes"] == []


def test_of_many_puts_of_a_blob_all_are_taken_and_of_many_finalizes_one(canvas: InThread) -> None:
    upload = canvas.begin({"a.html": b"a"}).json["uploadId"]
    with ThreadPoolExecutor(8) as pool:
        assert {put.status for put in pool.map(lambda _: canvas.put(upload, b"a"), range(16))} == {204}
        finalized = sorted(done.status for done in pool.map(lambda _: canvas.finalize(upload), range(8)))
    assert finalized == [200] + [409] * 7
    assert canvas.live() == {"a.html": b"a"}


def test_the_last_of_two_publishers_is_live_and_neither_is_told(canvas: InThread) -> None:
    first, second = canvas.staged({"a.html": b"first"}), canvas.staged({"a.html": b"second"})
    assert [canvas.finalize(upload).json["version"] for upload in (second, first)] == [1, 2]
    assert canvas.live() == {"a.html": b"first"}


def test_a_file_called_constructor_breaks_finalize_where_there_is_no_index(canvas: InThread) -> None:
    assert canvas.finalize(canvas.staged({"constructor": b"a"})).status == 500
    assert canvas.finalize(canvas.staged({"constructor": b"a", "index.html": b""})).status == 200


# ZIP


def test_a_zip_goes_live_at_once(canvas: InThread) -> None:
    answer = canvas.deploy({"site/index.html": b"home", "a.css": b"css"})
    assert (answer.status, answer.json["version"], answer.json["fileCount"]) == (200, 1, 2)
    assert (answer.json["totalBytes"], answer.json["url"]) == (7, canvas.facts["site_url"])
    assert canvas.live() == {"site/index.html": b"home", "a.css": b"css"}
    assert canvas.api("GET", "/versions").json["versions"][0]["source"] == "api"


def test_of_a_name_given_twice_the_last_wins_and_both_count(canvas: InThread) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        body = zipped([("index.html", b"one"), ("index.html", b"other")])
    answer = canvas.api("PUT", "/deploy", body).json
    assert (answer["fileCount"], answer["totalBytes"], answer["warnings"]) == (2, 8, [])
    assert canvas.live() == {"index.html": b"other"}


def test_folders_are_skipped_and_links_are_plain_files(canvas: InThread) -> None:
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    canvas.api("PUT", "/deploy", zipped([("folder/", b""), (link, b"index.html")]))
    assert canvas.live() == {"link.txt": b"index.html"}


@pytest.mark.parametrize("name", ["/x", "C:/x", "../x", "a\\..\\x", ".git/../x"])
def test_a_zip_that_slips_out_is_refused_without_a_path(canvas: InThread, name: str) -> None:
    answer = canvas.api("PUT", "/deploy", zipped([("index.html", b""), (name, b"x")]))
    assert (*answer.said, "path" in answer.json) == (400, "ZIP_SLIP_REJECTED", False)


@pytest.mark.parametrize("body", [b"no archive", zipped([("a.html", b"abc")]).replace(b"abc", b"xyz")])
def test_a_zip_that_cannot_be_read_is_refused_and_its_number_given_again(canvas: InThread, body: bytes) -> None:
    canvas.deploy({"a.html": b"a"})
    assert canvas.api("PUT", "/deploy", body).said == (400, "INVALID_ZIP")
    assert canvas.live() == {"a.html": b"a"}
    assert canvas.deploy({"a.html": b"b"}).json["version"] == 2


@pytest.mark.parametrize("entries", [[], [(".nojekyll", b"")], [("folder/", b"")]])
def test_a_zip_with_nothing_in_it_is_refused(canvas: InThread, entries: list[tuple[str, bytes]]) -> None:
    assert canvas.api("PUT", "/deploy", zipped(entries)).said == (400, "EMPTY_DEPLOY")


# Names, types and warnings


@pytest.mark.parametrize("name", [".nojekyll", ".well-known/x", "a/.b/c", "..x", "...", "a/./b", "././x", "a/", ""])
def test_hidden_names_are_dropped_without_a_word(canvas: InThread, name: str) -> None:
    files = {"index.html": b"", name: b"hidden"}
    result = canvas.publish(files)
    assert (result["fileCount"], result["totalBytes"], result["warnings"]) == (1, 0, [])
    if name:
        assert canvas.deploy(files).json == {**result, "version": 2}
    assert canvas.live() == {"index.html": b""}


def test_a_hidden_segment_is_met_before_one_that_leaves(canvas: InThread) -> None:
    assert canvas.publish({"index.html": b"", ".git/../x": b"x"})["fileCount"] == 1
    assert canvas.begin({"a/../.git": b"x"}).json["path"] == "a/../.git"


def test_some_names_are_dropped_for_what_they_are(canvas: InThread) -> None:
    assert canvas.publish({"index.html": b"", "__proto__": b"x"})["fileCount"] == 1


@pytest.mark.parametrize(("name", "kept"), [("/x", "x"), ("./x", "x"), ("w\\v", "w/v"), ("/a//b", "a//b")])
def test_names_are_normalized_and_read_back_by_the_normal_name_only(canvas: InThread, name: str, kept: str) -> None:
    canvas.publish({name: b"x"})
    assert canvas.live() == {kept: b"x"}
    assert canvas.read(name).said == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    "name",
    ["a//b", "C:/x", "con", "a b", "nul\0", "line\nbreak", "%2e%2e/x", "a?b", "a#b", "\xe9", "e\u0301", "A", "a"],
)
def test_odd_names_are_taken_as_they_are(canvas: InThread, name: str) -> None:
    canvas.publish({name: b"x", "index.html": b""})
    assert canvas.read(name).body == b"x"


def test_of_two_names_that_mean_the_same_the_last_wins(canvas: InThread) -> None:
    canvas.publish({"./k.html": b"one", "/k.html": b"two"})
    assert canvas.live() == {"k.html": b"two"}


@pytest.mark.parametrize(
    ("name", "mime"),
    [
        ("html", "text/html; charset=utf-8"),
        ("a.b.HTM", "text/html; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"),
        ("a.png", "image/png"),
        ("a.woff2", "font/woff2"),
        ("a.php", "text/plain; charset=utf-8"),
        ("objects.inv", "text/plain; charset=utf-8"),
        ("LICENSE", "text/plain; charset=utf-8"),
    ],
)
def test_the_type_goes_by_the_last_extension(canvas: InThread, name: str, mime: str) -> None:
    warned = canvas.publish({name: b"", "index.html": b""})["warnings"]
    assert canvas.read(name).headers["Content-Type"] == mime
    assert warned == ([f"{name} will be served as text/plain"] if mime.startswith("text/plain") else [])


@pytest.mark.parametrize(
    ("names", "warns"),
    [(["index.html", "a.html"], False), (["a.html"], False), (["a.html", "b.html"], True), (["a/index.html"], False)],
)
def test_a_canvas_without_a_first_page_is_warned_of(canvas: InThread, names: list[str], warns: bool) -> None:
    files = dict.fromkeys(names, b"")
    for warnings in (canvas.publish(files)["warnings"], canvas.deploy(files).json["warnings"]):
        assert [text.startswith("No index.html") for text in warnings] == [True] * warns


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.html", KEY, True),
        ("a.svg", b"'" + KEY, True),
        ("LICENSE", KEY[:43], True),
        ("a.png", KEY, False),
        ("a.html", b"x" + KEY, False),
        ("a.html", KEY[:42], False),
    ],
)
def test_keys_are_warned_of_in_a_zip_and_not_in_a_staged_upload(
    canvas: InThread, name: str, content: bytes, found: bool
) -> None:
    files = {"index.html": b"", name: content}
    (by_zip, staged) = (canvas.deploy(files).json["warnings"], canvas.publish(files)["warnings"])
    assert [text for text in by_zip if "may contain a canvas API key" in text] == by_zip[len(staged) :]
    assert (len(by_zip) > len(staged)) is found
