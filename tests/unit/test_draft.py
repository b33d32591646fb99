"""A manifest in the hands of a plugin."""

from __future__ import annotations

import hashlib

import pytest

from presswork.draft import Draft
from presswork.host import SHA1
from presswork.manifest import Entry

HOME = Entry("index.html", 4, hashlib.sha256(b"home").hexdigest())
LOGO = Entry("logo.png", 4, hashlib.sha256(b"logo").hexdigest())


def sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


@pytest.fixture
def draft() -> Draft:
    tables = {"sha1": {"index.html": sha1(b"home"), "logo.png": sha1(b"logo")}}
    return Draft([LOGO, HOME], tables, [SHA1])


def test_a_draft_left_alone_freezes_to_the_entries_it_was_made_of(draft: Draft) -> None:
    manifest = draft.freeze()
    assert manifest.entries == (HOME, LOGO)
    assert manifest.types == {"index.html": "text/html; charset=utf-8", "logo.png": "image/png"}
    assert manifest.listing("sha1") == {"index.html": sha1(b"home"), "logo.png": sha1(b"logo")}
    assert draft.added == {}


def test_a_draft_answers_for_its_entries(draft: Draft) -> None:
    assert len(draft) == 2
    assert set(draft) == {HOME, LOGO}
    assert draft["logo.png"] == LOGO
    assert "logo.png" in draft
    assert "nothing" not in draft


def test_an_added_file_carries_its_bytes_and_every_digest(draft: Draft) -> None:
    entry = draft.add("robots.txt", b"User-agent: *")
    assert entry == Entry("robots.txt", 13, hashlib.sha256(b"User-agent: *").hexdigest())
    assert draft.added == {"robots.txt": b"User-agent: *"}
    manifest = draft.freeze()
    assert manifest["robots.txt"] == entry
    assert manifest.types["robots.txt"] == "text/plain; charset=utf-8"
    assert manifest.listing("sha1")["robots.txt"] == sha1(b"User-agent: *")


def test_adding_at_a_path_that_is_taken_replaces_the_file(draft: Draft) -> None:
    draft.add("index.html", b"another")
    manifest = draft.freeze()
    assert len(manifest) == 2
    assert manifest["index.html"].size == 7
    assert manifest.listing("sha1")["index.html"] == sha1(b"another")


@pytest.mark.parametrize("path", ["/robots.txt", "../robots.txt", "", "caf\udce9"])
def test_a_file_cannot_be_added_at_an_illegal_path(draft: Draft, path: str) -> None:
    with pytest.raises(ValueError, match=r"part|relative|UTF-8"):
        draft.add(path, b"")
    assert len(draft) == 2


def test_dropped_files_are_gone_with_the_bytes_that_were_added(draft: Draft) -> None:
    draft.add("robots.txt", b"")
    for entry in draft:
        if entry.path != "index.html":
            draft.drop(entry.path)
    assert draft.freeze().entries == (HOME,)
    assert draft.added == {}


def test_an_annotation_replaces_the_type_that_the_name_tells(draft: Draft) -> None:
    draft.annotate("logo.png", type="image/webp")
    types = draft.freeze().types
    assert types == {"index.html": "text/html; charset=utf-8", "logo.png": "image/webp"}


def test_what_is_not_there_can_be_neither_dropped_nor_annotated(draft: Draft) -> None:
    with pytest.raises(KeyError):
        draft.drop("nothing")
    with pytest.raises(KeyError):
        draft.annotate("nothing", type="text/plain")
