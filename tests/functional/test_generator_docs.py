"""The pages on Zensical and Hugo, followed as their reader would; only what the generators write is made up."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from presswork.cli.starting import init
from support_docs import Reader, shown
from support_local import tree

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"


class Generator(NamedTuple):
    """What it prints, its folder, and of each file in that: the sources it is made of, and its size by their number."""

    says: str
    folder: str
    files: dict[str, tuple[str, dict[int, int]]]


GENERATORS = {
    "zensical": Generator(
        "Build started\nBuild finished in 0.25s\nNo issues found\n",
        "site",
        {
            "index.html": ("docs/index.md", {1: 9501}),
            "folding/index.html": ("docs/folding.md", {1: 9488}),
            "search.json": ("docs/*.md", {2: 321}),
            "sitemap.xml": ("zensical.toml", {1: 265}),
            "404.html": ("zensical.toml", {1: 9016}),
            "assets/images/favicon.png": ("zensical.toml", {1: 1870}),
            "assets/javascripts/LICENSE": ("zensical.toml", {1: 857}),
            "assets/javascripts/bundle.77dd0ce9.min.js": ("zensical.toml", {1: 176795}),
            "assets/javascripts/workers/search.c47bb847.min.js": ("zensical.toml", {1: 25577}),
            "assets/stylesheets/classic/main.94dd801d.min.css": ("zensical.toml", {1: 144475}),
            "assets/stylesheets/classic/palette.813d4b3f.min.css": ("zensical.toml", {1: 12050}),
            "assets/stylesheets/modern/main.4ab2de0c.min.css": ("zensical.toml", {1: 149060}),
            "assets/stylesheets/modern/palette.b60ce83d.min.css": ("zensical.toml", {1: 10152}),
        },
    ),
    "hugo": Generator(
        "",
        "public",
        {
            "index.html": ("content/*.md", {2: 101, 1: 61}),
            "first-proof/index.html": ("content/first-proof.md", {1: 60}),
            "damp-paper/index.html": ("content/damp-paper.md", {1: 59}),
            "sitemap.xml": ("content/*.md", {2: 366, 1: 298}),
        },
    ),
}
_PROGRAM = """#!{python}
import hashlib, pathlib, shutil
said, folder, files = {generator!r}
shutil.rmtree(folder, ignore_errors=True)
for path, (sources, sizes) in files.items():
    found = [source.read_bytes() for source in sorted(pathlib.Path().glob(sources))]
    if found:
        file = pathlib.Path(folder, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        size = sizes[len(found)]
        file.write_text((hashlib.sha256(b"".join(found)).hexdigest() * (size // 64 + 1))[:size])
print(said, end="")
"""


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Somebody who has both generators, in a folder of their own."""
    (tmp_path / "bin").mkdir()
    for name, generator in GENERATORS.items():
        program = tmp_path / "bin" / name
        program.write_text(_PROGRAM.format(python=sys.executable, generator=tuple(generator)))
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    home = tmp_path / "home"
    home.mkdir()
    return Reader(home)


@pytest.mark.parametrize(("name", "project"), [("zensical", "handbook"), ("hugo", "diary")])
def test_the_page_prints_what_it_says(reader: Reader, tmp_path: Path, name: str, project: str) -> None:
    page = (HOW_TO / f"{name}.md").read_text()

    assert reader.follow(page) == len(list(shown(page))) >= 5
    live = tree((tmp_path / "home" / project / ".presswork" / "local" / "current").resolve(strict=True))
    assert live == tree(tmp_path / "home" / project / GENERATORS[name].folder) != {}


@pytest.mark.parametrize(
    ("name", "was", "became"),
    [
        ("zensical", "Taking site: the folder zensical.toml", "Taking site: the folder mkdocs.yml"),
        ("hugo", "1 removed", "0 removed"),
    ],
)
def test_a_page_that_says_otherwise_is_noticed(reader: Reader, name: str, was: str, became: str) -> None:
    page = (HOW_TO / f"{name}.md").read_text()
    assert was in page

    with pytest.raises(AssertionError, match="prints:"):
        reader.follow(page.replace(was, became))


@pytest.mark.parametrize("name", ["zensical", "hugo"])
def test_the_settings_shown_are_those_that_init_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"{name}.toml").touch()
    init.main(["--host", "local", "-o", "keep=20", "--yes"], standalone_mode=False)

    written = (tmp_path / "presswork.toml").read_text()
    assert f'```toml title="presswork.toml"\n{written}```\n' in (HOW_TO / f"{name}.md").read_text()
