"""The manifest, its canonical JSON and its digest."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from presswork.draft import Draft
from presswork.errors import PressworkError
from presswork.manifest import Entry, Manifest
from presswork.scan import scan
from support_scan import write

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENT = (
    '{"schema":1,"entries":['
    '{"path":"Z.js","size":2,"sha256":"aa"},{"path":"a.b","size":0,"sha256":"bb"},'
    '{"path":"a/ü.html","size":7,"sha256":"cc"}],'
    '"types":{"Z.js":"text/javascript","a.b":"text/b","a/ü.html":"text/html"},'
    '"digests":{"git":{"Z.js":"1","a.b":"2","a/ü.html":"3"},"sha1":{"Z.js":"4","a.b":"5","a/ü.html":"6"}}}\n'
).encode()
ENTRIES = [Entry("a/ü.html", 7, "cc"), Entry("a.b", 0, "bb"), Entry("Z.js", 2, "aa")]
TYPES = {"a/ü.html": "text/html", "a.b": "text/b", "Z.js": "text/javascript"}
DIGESTS = {
    "sha1": {"a/ü.html": "6", "a.b": "5", "Z.js": "4"},
    "git": {"a/ü.html": "3", "Z.js": "1", "a.b": "2"},
}


@pytest.fixture
def manifest() -> Manifest:
    return Manifest(ENTRIES, TYPES, DIGESTS)


def test_the_json_is_canonical_whatever_the_order_of_what_it_was_made_of(manifest: Manifest) -> None:
    assert manifest.to_json() == DOCUMENT
    assert Manifest(ENTRIES[::-1], dict(reversed(TYPES.items())), DIGESTS).to_json() == DOCUMENT


def test_what_was_written_is_read_back(manifest: Manifest) -> None:
    read = Manifest.from_json(DOCUMENT)
    assert (read.entries, read.types, read.digests) == (manifest.entries, manifest.types, manifest.digests)
    assert read.to_json() == DOCUMENT


def changed(old: bytes, new: bytes) -> Callable[[], bytes]:
    assert old in DOCUMENT
    return lambda: DOCUMENT.replace(old, new)


@pytest.mark.parametrize(
    "damage",
    [
        lambda: b"",
        lambda: DOCUMENT[:-10],
        lambda: b"[]",
        lambda: DOCUMENT.replace("ü".encode(), b"\xfc"),
        changed(b'"schema":1,', b""),
        changed(b'"size":7', b'"size":"7"'),
        changed(b'"a.b","size"', b'"Z.js","size"'),
        changed(b'"Z.js":"text/javascript",', b""),
        changed(b'"Z.js":"4",', b""),
        changed(b'"digests"', b'"extra":1,"digests"'),
    ],
)
def test_a_damaged_document_is_refused(damage: Callable[[], bytes]) -> None:
    with pytest.raises(PressworkError, match="cannot be read") as caught:
        Manifest.from_json(damage())
    assert caught.value.hint


def test_a_document_of_a_later_schema_is_refused_with_both_versions() -> None:
    with pytest.raises(PressworkError, match="its schema is 2, this version reads 1"):
        Manifest.from_json(changed(b'"schema":1', b'"schema":2')())


def test_a_path_that_comes_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        Manifest([*ENTRIES, ENTRIES[0]], TYPES)


def test_the_digest_is_that_of_the_entries_as_they_are_written(manifest: Manifest) -> None:
    entries = DOCUMENT[DOCUMENT.index(b"[") : DOCUMENT.index(b"]") + 1]
    assert manifest.digest == "sha256:" + hashlib.sha256(entries).hexdigest()


def test_tables_take_no_part_in_the_digest_nor_in_equality(manifest: Manifest) -> None:
    bare = Manifest(ENTRIES, dict.fromkeys(TYPES, "text/plain"))
    assert bare.digest == manifest.digest
    assert bare == manifest
    assert hash(bare) == hash(manifest)
    assert bare.to_json() != manifest.to_json()


@pytest.mark.parametrize("other", [Entry("a.c", 0, "bb"), Entry("a.b", 1, "bb"), Entry("a.b", 0, "dd")])
def test_path_size_and_content_each_make_another_manifest(manifest: Manifest, other: Entry) -> None:
    entries = [ENTRIES[0], other, ENTRIES[2]]
    another = Manifest(entries, {**TYPES, "a.c": "text/c"})
    assert another.digest != manifest.digest
    assert another != manifest


def test_a_manifest_answers_for_its_entries(manifest: Manifest) -> None:
    assert [entry.path for entry in manifest] == ["Z.js", "a.b", "a/ü.html"]
    assert (len(manifest), manifest.size) == (3, 9)
    assert manifest["a.b"] == Entry("a.b", 0, "bb")
    assert "a.b" in manifest
    assert "a" not in manifest


def test_listings_are_by_the_name_of_the_digest(manifest: Manifest) -> None:
    assert manifest.listing() == {"Z.js": "aa", "a.b": "bb", "a/ü.html": "cc"}
    assert manifest.listing("sha1") == DIGESTS["sha1"]
    with pytest.raises(KeyError):
        manifest.listing("md5")


def test_a_manifest_without_some_paths_keeps_the_rest_of_every_table(manifest: Manifest) -> None:
    less = manifest.without({"a.b", "never there"})
    assert [entry.path for entry in less] == ["Z.js", "a/ü.html"]
    assert less.types == {"Z.js": "text/javascript", "a/ü.html": "text/html"}
    assert less.digests == {
        "git": {"Z.js": "1", "a/ü.html": "3"},
        "sha1": {"Z.js": "4", "a/ü.html": "6"},
    }
    assert len(manifest) == 3
    assert manifest.without(()) is manifest


def test_the_documented_example_is_what_is_written(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/reference/manifest.md").read_text()
    example = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert example
    write(tmp_path, {"index.html": b"<h1>Home</h1>", "style.css": b""})
    written = Draft(scan(tmp_path).entries).freeze().to_json()
    compact = json.dumps(json.loads(example[1]), separators=(",", ":"), ensure_ascii=False)
    assert written == compact.encode() + b"\n"
