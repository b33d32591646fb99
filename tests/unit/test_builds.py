"""Which files of a folder are left over from earlier builds: those a generator once made, unless another wrote them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from presswork.builds import after_build, last_build
from presswork.project import Project
from presswork.settings import read_settings
from presswork.site import Site
from support_local import served, tree, write_site

if TYPE_CHECKING:
    from pathlib import Path

PAGES = {"index.html": b"home", "guide.html": b"guide"}
MINUTE = 60 * 10**9


class Folder:
    """A project whose generator leaves what it no longer makes. Its clock goes on by a minute for each build."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = write_site(folder / "site", PAGES)
        self._now = 1_750_000_000 * 10**9
        (folder / "pyproject.toml").touch()

    def build(self, *made: str, by_hand: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Make these files, and let a plugin write others; return what is left over then."""
        self._now += MINUTE
        write_site(self.site, dict.fromkeys(by_hand, b"from a plugin"))
        for path in (*made, *by_hand):
            os.utime(self.site / path, ns=(self._now, self._now))
        project = Project(read_settings({}, door="the test", folder=self.folder, environ={}), environ={})
        after_build(Site(root=str(self.site), made=made), project, lambda _line: None)
        build = last_build(project.state)
        assert build is not None
        return build.site.left_over


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    assert folder.build("index.html", "guide.html") == ()
    return folder


def test_what_is_no_longer_made_is_left_over_and_not_deployed(folder: Folder) -> None:
    for _ in range(2):
        assert folder.build("index.html") == ("guide.html",)
        assert served(folder.folder) == {"index.html": b"home"}


def test_a_redirect_that_a_plugin_wrote_over_a_deleted_page_is_not_left_over(folder: Folder) -> None:
    assert folder.build("index.html", by_hand=("guide.html",)) == ()
    assert served(folder.folder) == {"index.html": b"home", "guide.html": b"from a plugin"}


def test_a_redirect_that_comes_later_is_not_left_over_any_more(folder: Folder) -> None:
    assert folder.build("index.html") == ("guide.html",)
    for written in (("guide.html",), ()):  # a plugin may keep what it wrote once
        assert folder.build("index.html", by_hand=written) == ()
        assert served(folder.folder) == tree(folder.site)


def test_what_is_made_again_is_not_left_over(folder: Folder) -> None:
    assert folder.build("index.html") == ("guide.html",)
    assert folder.build("index.html", "guide.html") == ()
    assert served(folder.folder) == PAGES


def test_what_went_from_the_folder_is_not_left_over(folder: Folder) -> None:
    (folder.site / "guide.html").unlink()

    assert folder.build("index.html") == ()


def test_what_another_put_there_never_is(folder: Folder) -> None:
    assert folder.build("index.html", "guide.html", by_hand=("google1234.html",)) == ()
    assert folder.build("index.html", "guide.html") == ()
    assert served(folder.folder) == tree(folder.site)
