"""Sizes that a site is not to exceed: in all, of one kind of file, of a page with what a browser loads for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import UNSET, Struct, UnsetType, structs

from presswork.errors import ConfigError
from presswork.findings import Finding
from presswork.mediatypes import is_page
from presswork.report.terminal import amount
from presswork_checks.case import Case, Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presswork.manifest import Entry
    from presswork_checks.page import Page

__all__ = ["Budgets", "Sizes", "read_size"]

_KINDS: Final = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "json": "application/json",
    "image": "image/",
    "font": "font/",
    "audio": "audio/",
    "video": "video/",
}
_UNITS: Final = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?) ?([A-Za-z]*)")


class Sizes(Struct, frozen=True, forbid_unknown_fields=True):
    """The budgets: bytes, or text such as `500 kB` and `1.5 MiB`."""

    total: int | str | UnsetType = UNSET
    page: int | str | UnsetType = UNSET
    html: int | str | UnsetType = UNSET
    css: int | str | UnsetType = UNSET
    js: int | str | UnsetType = UNSET
    json: int | str | UnsetType = UNSET
    image: int | str | UnsetType = UNSET
    font: int | str | UnsetType = UNSET
    audio: int | str | UnsetType = UNSET
    video: int | str | UnsetType = UNSET


class Budgets(Check):
    """Adds up sizes; without a budget there is nothing to say."""

    name = "budgets"

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        given = structs.asdict(case.settings.options(self.name, Sizes))
        self._most = {key: read_size(key, value) for key, value in given.items() if value is not UNSET}
        self._pages: dict[str, int] = {}

    def reads(self, entry: Entry) -> bool:
        """Read the changed pages where there is a budget for one."""
        return "page" in self._most and is_page(entry.path) and entry.path in self.case.changed

    def take(self, page: Page) -> None:
        """Add up a page and the images, scripts and style sheets of this site that it loads, each once."""
        files = {page.path}
        for link in page.loaded():
            address = self.case.addresses.of(page.path, link, page.base)
            file = address.file if address else None
            if file is not None and not self.case.settings.ignores(self.name, file):
                files.add(file)
        size = sum(self.case.manifest[file].size for file in files)
        if size > self._most["page"]:
            self._pages[page.path] = size

    def findings(self) -> Iterator[Finding]:
        """Yield one finding for each budget that is exceeded, with the largest file or page of its kind."""
        for key, most in self._most.items():
            if key != "page":
                yield from self._over(key, most)
        if self._pages:
            path = max(self._pages, key=self._pages.__getitem__)
            others = f", and {len(self._pages) - 1:,} more pages are too large" if len(self._pages) > 1 else ""
            yield Finding(
                severity="warning",
                code="page-over-budget",
                message=f"The page and what it loads come to {amount(self._pages[path])}, its budget is"
                f" {amount(self._most['page'])}{others}.",
                path=path,
                source=self.case.sources.get(path),
                hint="Make its images and scripts smaller, or raise `checks: {budgets: {page: …}}`.",
            )

    def _over(self, key: str, most: int) -> Iterator[Finding]:
        kind, types = _KINDS.get(key, ""), self.case.manifest.types
        files = [self.case.manifest[path] for path in self.paths() if types[path].startswith(kind)]
        size = sum(entry.size for entry in files)
        if size > most:
            largest = max(files, key=lambda entry: entry.size)
            what = "The site comes" if key == "total" else f"Files of the kind {key} come"
            yield Finding(
                severity="warning",
                code="over-budget",
                message=f"{what} to {amount(size)}, the budget is {amount(most)}."
                f" The largest is {largest.path}, {amount(largest.size)}.",
                path=largest.path,
                hint="Make it smaller, leave out what is not needed, or raise the budget.",
            )


def read_size(key: str, value: object) -> int:
    """Return a size in bytes; `ConfigError` where it is none."""
    found = _SIZE.fullmatch(str(value).strip())
    if found is None or found[2].lower() not in _UNITS:
        raise ConfigError(
            f"`checks.budgets.{key}` is {value!r}, which is no size.",
            hint="Write it as `500 kB`, `1.5 MiB` or in bytes.",
        )
    return round(float(found[1]) * _UNITS[found[2].lower()])
