"""Keeping secrets out of everything that is shown, logged, raised or written."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

__all__ = ["MASK", "Mask"]

MASK: Final = "•••"
_SHORTEST: Final = 4
"""A secret of fewer characters is not looked for: it would mask words."""


class Mask:
    """Replaces every secret it has been told of, as it stands and as it stands in a URL."""

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()

    def add(self, secret: str) -> None:
        """Learn one more secret."""
        if len(secret) >= _SHORTEST:
            forms = {*self._forms, secret, quote(secret), quote(secret, safe="")}
            self._forms = tuple(sorted(forms, key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """Return the text without secrets."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return text
