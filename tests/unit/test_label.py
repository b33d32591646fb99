from __future__ import annotations

import pytest

from presswork.git import Revision
from presswork.label import commit_in, digest_in, make_label, title_in
from presswork.manifest import Manifest

MANIFEST = Manifest((), {})
COMMIT = "3f2a9c1b0d2e4455667788990011223344556677"


def test_a_label_holds_title_commit_and_digest_and_gives_them_back() -> None:
    label = make_label(Revision(COMMIT, "main", "Fix a typo", dirty=False), MANIFEST)
    assert label == f"Fix a typo [3f2a9c1b0d2e] {MANIFEST.digest}"
    assert (title_in(label), commit_in(label), digest_in(label)) == ("Fix a typo", "3f2a9c1b0d2e", MANIFEST.digest)


def test_a_label_without_a_commit_says_who_made_it() -> None:
    label = make_label(None, MANIFEST)
    assert (title_in(label), commit_in(label), digest_in(label)) == ("Deployed by Presswork", None, MANIFEST.digest)


@pytest.mark.parametrize(
    "title", ["Merge [abcdef1] into main", "a\nb\t c", "sha256:" + "0" * 64, "x" * 500, "ünïcödé", "]["]
)
def test_no_title_can_hide_the_digest_or_break_the_line(title: str) -> None:
    label = make_label(Revision(COMMIT, title=title), MANIFEST)
    assert "\n" not in label
    assert len(label) < 220
    assert digest_in(label) == MANIFEST.digest
    assert commit_in(label) == COMMIT[:12]
    assert title_in(label) == " ".join(title.split())[:120]


def test_a_commit_that_is_no_hash_is_left_out() -> None:
    assert commit_in(make_label(Revision("v1.0"), MANIFEST)) is None


@pytest.mark.parametrize("label", [None, "", "Deployed by hand", "sha256:abc", "[3f2a9c1b0d2e]"])
def test_a_label_of_somebody_else_is_only_a_title(label: str | None) -> None:
    assert digest_in(label) is None
    assert commit_in(label) is None
    assert title_in(label) == label
