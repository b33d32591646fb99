"""The line a release carries at its host: what it is, in words, and which manifest it holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from presswork.git import Revision
    from presswork.manifest import Manifest

__all__ = ["commit_in", "digest_in", "make_label", "title_in"]

_SHAPE: Final = re.compile(
    r"(?P<title>.*?)(?: \[(?P<commit>[0-9a-f]{7,40})\])? (?P<digest>sha256:[0-9a-f]{64})", re.DOTALL
)


def make_label(revision: Revision | None, manifest: Manifest) -> str:
    """Return title, commit and manifest digest, as in `Fix a typo [3f2a9c1b0d2e] sha256:…`."""
    title = " ".join(((revision and revision.title) or "Deployed by Presswork").split())[:120]
    commit = f" [{revision.commit[:12]}]" if revision and re.fullmatch("[0-9a-f]{7,64}", revision.commit) else ""
    return f"{title}{commit} {manifest.digest}"


def digest_in(label: str | None) -> str | None:
    """Return the manifest digest a label of ours names, None for anybody else's."""
    return _part(label, "digest")


def commit_in(label: str | None) -> str | None:
    """Return the commit a label of ours names."""
    return _part(label, "commit")


def title_in(label: str | None) -> str | None:
    """Return the words of a label, whoever wrote it."""
    return _part(label, "title") or label


def _part(label: str | None, name: str) -> str | None:
    found = _SHAPE.fullmatch(label or "")
    return found[name] if found else None
