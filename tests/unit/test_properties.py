"""What holds for every manifest, every pair of listings, every folder and every list of ignore patterns."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from presswork.errors import ConfigError
from presswork.ignore import DEFAULTS
from presswork.manifest import Entry, Manifest
from presswork.paths import path_trouble
from presswork.plan import apply, compare
from presswork.scan import scan, shape
from support_scan import write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# No timings: a shared machine is slow when it likes.
relaxed = settings(deadline=None)

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(
    lambda name: path_trouble(name) is None and "/" not in name and len(name.encode()) <= 200
)
legal_paths = st.lists(names, min_size=1, max_size=4).map("/".join)
hexes = st.binary(min_size=32, max_size=32).map(bytes.hex)


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    paths = draw(st.lists(legal_paths, unique=True, max_size=8))
    entries = [Entry(path, draw(st.integers(0, 2**63 - 1)), draw(hexes)) for path in paths]
    types = {path: draw(st.text(max_size=20)) for path in paths}
    digests = {name: {path: draw(hexes) for path in paths} for name in draw(st.sets(st.text(max_size=8), max_size=3))}
    return Manifest(entries, types, digests)


@relaxed
@given(manifests())
def test_a_manifest_survives_its_json(manifest: Manifest) -> None:
    data = manifest.to_json()
    read = Manifest.from_json(data)
    assert (read, read.types, read.digests) == (manifest, manifest.types, manifest.digests)
    assert (read.digest, read.to_json()) == (manifest.digest, data)


listings = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("1234"))


@relaxed
@given(listings, listings)
def test_the_changes_between_two_listings_make_one_of_the_other(old: dict[str, str], new: dict[str, str]) -> None:
    changes = compare(old, new)
    assert apply(changes, old) == new
    told = [change.path for change in changes] + [c.before for c in changes if c.before is not None]
    assert sorted(told) == sorted(old.keys() | new.keys())


def folders_of(path: str) -> Iterator[str]:
    """Yield the folders a path goes through, each with a slash at its end, outermost first."""
    return (path[: at + 1] for at, letter in enumerate(path) if letter == "/")


def possible_together(paths: Iterable[str]) -> bool:
    files = set(paths)
    return not any(folder[:-1] in files for path in files for folder in folders_of(path))


def kept(paths: Iterable[str], patterns: Sequence[str]) -> set[str]:
    """Say by pathspec's own word alone what is left of these files; what is in an ignored folder is ignored."""
    spec = GitIgnoreSpec.from_lines([*DEFAULTS, *patterns])
    return {path for path in paths if not any(map(spec.match_file, (*folders_of(path), path)))}


@relaxed
@given(st.dictionaries(legal_paths, st.binary(max_size=50), max_size=6).filter(possible_together))
def test_files_of_any_legal_name_survive_a_scan_exactly(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), files)
        found = scan(folder)
        measured = shape(folder)
    expected = kept(files, ())
    assert found.entries == tuple(
        Entry(path, len(files[path]), hashlib.sha256(files[path]).hexdigest()) for path in sorted(expected)
    )
    assert {f.code for f in found.findings} <= {"empty-site", "no-index", "name-clash"}
    assert (measured.files, measured.bytes) == (len(expected), sum(len(files[path]) for path in expected))


# Few letters, so that patterns and names meet; line feeds and brackets, where pathspec's answer takes a second look.
words = st.sampled_from(["a", "b", "ab", ".git", ".well-known", "a~", "x.doctree", ".a.swp", "environment.pickle"])
odd = st.text(st.sampled_from("ab.~#e\n"), min_size=1, max_size=4).filter(lambda name: path_trouble(name) is None)
tree = st.lists(st.lists(words | odd, min_size=1, max_size=4).map("/".join), unique=True, max_size=8)
globs = words | odd | st.sampled_from(["*", "**", "?", "*~", "[ab]", "[!a]", "a[!b]b", "*.doctree", ".*", "\\a", "a*"])
patterns = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "!"]),
    st.sampled_from(["", "/"]),
    st.lists(globs, min_size=1, max_size=3).map("/".join),
    st.sampled_from(["", "/"]),
)


@settings(deadline=None, max_examples=300)
@given(tree.filter(possible_together), st.lists(patterns, max_size=4))
@example(["a/a"], ["*/"])
@example(["a/b"], ["a[!b]b"])
@example(["a/b"], ["a", "!a[!b]"])
@example(["a\nb/.git/c", "d/.git\n"], [])
@example([".git/x"], ["!.git[!b]"])
@example([".well-known/.git/a", ".well-known/b~"], ["!.well-known"])
def test_the_scan_ignores_what_pathspec_ignores(paths: list[str], ignore: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), dict.fromkeys(paths, b""))
        try:
            found = {entry.path for entry in scan(folder, ignore=ignore).entries}
        except ConfigError:
            assume(False)  # a pattern without a meaning, of which there is another test
    assert found == kept(paths, ignore)
