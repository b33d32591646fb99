"""From a link on a page to the file of the site that answers it, as browsers and static hosts do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection
    from urllib.parse import SplitResult

__all__ = ["Address", "Addresses"]

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_DROPPED: Final = str.maketrans("", "", "\t\n\r")
"""What browsers drop from the middle of an address (URL Standard, "basic URL parser", step 3)."""


class Address(NamedTuple):
    """Where a link leads: `path` within the site, and the `file` that answers there, if any.

    `answered`: there is a file, or a redirect.
    """

    path: str
    file: str | None
    answered: bool


class Addresses:
    """The addresses of a site of these files, which is served at `base_url`.

    Where that is None the site may lie in any folder of its host: then a link such as `/en/page` is followed only if
    `en` is in the site.
    """

    def __init__(self, files: Collection[str], base_url: str | None, redirects: str = "") -> None:
        base = _split(base_url or "")
        self._files = files
        self._host = base.netloc.lower() if base else ""
        self._known = bool(base_url and base)
        self._tops = {file.partition("/")[0] for file in files}
        self._root = [part for part in base.path.split("/") if part] if base else []
        rules = [line.split()[0] for line in redirects.splitlines() if line.strip() and not line.startswith("#")]
        self._redirects = [_pattern(split.path) for split in map(_split, rules) if split]
        self._seen: dict[tuple[str | None, str], Address | None] = {}

    def of(self, page: str, link: str, base: str = "") -> Address | None:
        """Return where a link on a page leads, whatever anchor it names; None for one that leaves the site.

        `base` is what the page's `base` element says.
        """
        if link.startswith("#") and not base:
            return Address(page, page, answered=True)
        path = link.partition("#")[0].partition("?")[0].strip()
        if not path.isprintable():
            path = path.translate(_DROPPED)
        if not path and not base:  # a query alone, or nothing but spaces
            return Address(page, page, answered=True)
        folder: str | None = page.rpartition("/")[0]
        if base:
            folder = self._based(folder or "", base)
        elif path.startswith("/") or (":" in path and _SCHEME.match(path)):
            folder = ""
        else:
            while folder and path.startswith("../"):  # so that pages in many folders share what is found out
                folder, path = folder.rpartition("/")[0], path[3:]
        if (folder, path) not in self._seen:
            self._seen[folder, path] = self._find(folder, path)
        return self._seen[folder, path]

    def _find(self, folder: str | None, path: str) -> Address | None:
        parts = self._parts(folder, path)
        if parts is None:
            return None
        inner = unquote("/".join(parts))
        file = self._file(inner)
        return Address(inner, file, file is not None or self._redirected(inner))

    def _based(self, folder: str, base: str) -> str | None:
        """Return the folder of the site that a `base` element names; None outside the site."""
        parts = self._parts(folder, base.rpartition("/")[0] + "/")
        return None if parts is None else "/".join(parts).rstrip("/")

    def _parts(self, folder: str | None, link: str) -> list[str] | None:
        """Return a link as parts from the site's root, the last one empty for a folder; None outside."""
        path = self._local(link)
        if path is None or (folder is None and not path.startswith("/")):
            return None
        start = [] if path.startswith("/") else [*self._root, *filter(None, (folder or "").split("/"))]
        parts, above = _joined(start, path)
        if not self._known and (above or (path.startswith("/") and parts[0] not in {"", *self._tops})):
            return None
        depth = len(self._root)
        if parts == self._root:
            return [""]
        return parts[depth:] if parts[:depth] == self._root else None

    def _local(self, link: str) -> str | None:
        """Return a link's path, or None where it names another host or a scheme of another kind, or is no address."""
        if not (_SCHEME.match(link) or link.startswith("//")):
            return link
        split = _split(link)
        if split is None:
            return None
        ours = split.scheme in {"", "http", "https"} and self._host and split.netloc.lower() == self._host
        return split.path or "/" if ours else None

    def _file(self, path: str) -> str | None:
        """Return the file at a path: itself, a folder's index, or, as many hosts have it, a page without `.html`."""
        folder = not path or path.endswith("/")
        names = (f"{path}index.html", f"{path}index.htm") if folder else (path, f"{path}/index.html", f"{path}.html")
        return next((name for name in names if name in self._files), None)

    def _redirected(self, path: str) -> bool:
        """Say whether `_redirects` answers a path."""
        return any(pattern.fullmatch(f"/{path}".rstrip("/") or "/") for pattern in self._redirects)


def _joined(start: list[str], path: str) -> tuple[list[str], bool]:
    """Return a path as parts, and whether it went above the root, which is as far up as it gets."""
    parts, above = start, False
    words = path.split("/")
    for word in words:
        if word == "..":
            above = above or not parts
            del parts[-1:]
        elif word not in {"", "."}:
            parts.append(word)
    if words[-1] in {"", ".", ".."}:
        parts.append("")
    return parts, above


def _split(address: str) -> SplitResult | None:
    """Return an address in its parts; None for one such as `http://[YOUR-IP]:8000/`, which leads nowhere."""
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _pattern(source: str) -> re.Pattern[str]:
    """Return what the path of a rule in `_redirects` takes: `*` is the rest of a path, `:name` one part of it."""
    path = source.rstrip("/") or "/"
    return re.compile(re.sub(r":\w+", "[^/]+", re.escape(path).replace(r"/\*", "(/.*)?").replace(r"\*", ".*")))
