"""Which paths a site may have."""

from __future__ import annotations

import pytest

from presswork.paths import path_trouble


@pytest.mark.parametrize(
    "path",
    ["index.html", "a/b/c.html", ".well-known/x", "a b.html", "ü/日本.html", "...", "a\\b", "a:b", "a\nb", "..a/b.."],
)
def test_any_other_path_is_legal(path: str) -> None:
    assert path_trouble(path) is None


@pytest.mark.parametrize("path", ["", "/", "/a", ".", "..", "a/../b", "./a", "a/.", "a//b", "a/", "a\0b", "caf\udce9"])
def test_a_path_that_no_file_below_a_root_can_have_is_trouble(path: str) -> None:
    assert path_trouble(path)
