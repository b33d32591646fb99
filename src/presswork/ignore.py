"""Which files of an output folder are no part of the site: gitignore's rules, ours first and the user's after."""

from __future__ import annotations

import re
import warnings
from fnmatch import translate
from functools import cached_property
from typing import TYPE_CHECKING, Final

from presswork.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pathspec import GitIgnoreSpec
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

__all__ = ["DEFAULTS", "Ignore"]

DEFAULTS: Final = (
    ".git",
    ".presswork",
    ".doctrees",
    ".buildinfo",
    ".buildinfo.bak",
    "*.doctree",
    "environment.pickle",
    ".DS_Store",
    "*~",
    ".*.sw[a-p]",
    ".#*",
)
"""The rules before the user's: version control, our own state, what Sphinx and editors leave behind."""

# Importing pathspec takes longer than reading a small site: where there are no rules but ours, it is not asked.
_DEFAULTS: Final = re.compile("|".join(map(translate, DEFAULTS)))

# Every name that one of DEFAULTS matches begins with a dot or ends like this (the line feed because pathspec's
# `$` matches before one). It costs a tenth of matching.
_ENDS: Final = ("~", ".doctree", "environment.pickle", "\n")


class Ignore:
    """The default rules and then `patterns`, in gitignore's syntax; the last one that matches a path decides.

    Paths are relative to the site's root, a folder's with a slash at its end. `ConfigError` for a pattern that
    means nothing.
    """

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self._patterns = tuple(patterns)
        own = self._spec.patterns[len(DEFAULTS) :] if patterns else ()
        self._own = [pattern.match_file for pattern in own if pattern.include]

    @cached_property
    def _spec(self) -> GitIgnoreSpec:
        from pathspec import GitIgnoreSpec

        return GitIgnoreSpec([_compiled(line) for line in (*DEFAULTS, *self._patterns)], backend="simple")

    def suspects(self, path: str, name: str) -> bool:
        """Say cheaply whether a rule may match this path, of that last name, none of whose folders is suspected."""
        return name[0] == "." or name.endswith(_ENDS) or (bool(self._own) and any(match(path) for match in self._own))

    def ignores(self, path: str) -> bool:
        """Say whether the rules leave this path out, where they leave none of its folders out."""
        if not self._patterns and "\n" not in path:  # which pathspec has its own ways with
            return _DEFAULTS.match(path.removesuffix("/").rpartition("/")[2]) is not None
        return self._spec.match_file(path)


def _compiled(line: str) -> GitIgnoreSpecPattern:
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # such as [[:alpha:]], which it cannot read
            pattern = GitIgnoreSpecPattern(line)
    except (ValueError, re.error, FutureWarning) as error:
        raise _meaningless(line) from error
    if pattern.include is None and line.strip() and not line.startswith("#"):
        raise _meaningless(line)
    return pattern


def _meaningless(line: str) -> ConfigError:
    return ConfigError(
        f"The ignore pattern {line!r} is not one that gitignore's rules give a meaning to.",
        hint="Write it as in a .gitignore file: `*.map`, `drafts/`, `!.buildinfo`; check its [ ] and backslashes.",
    )
