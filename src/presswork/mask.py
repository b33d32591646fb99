"""Keeping secrets out of everything that is shown, logged, raised or written."""

from __future__ import annotations

import html
import json
import re
import threading
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["MASK", "Mask", "mask_values"]

MASK: Final = "•••"
_SHORTEST: Final = 4
"""A secret of fewer characters is not looked for: it would mask words."""
_SURELY: Final = 16
"""Characters from which on the value of a variable that is named like a credential is taken for one."""
_NAMED_SO: Final = re.compile(r"[A-Z][A-Z0-9_]*_(TOKEN|KEY|SECRET|PASSWORD)")
_NO_CHANCE: Final = 8
"""Characters from which on a secret in a file is there by no chance."""
_OURS: Final = frozenset({"outcome", "severity", "step"})
"""Fields whose values are words of Presswork's own, which a reader of the document must find."""


class Mask:
    """Replaces every secret it has been told of, however the places it travels through spell it.

    Found are: the secret as it stands, percent-encoded (hex of either case, `/` kept or not, `+` for a space), as
    JSON and Python write it in a string, and as HTML does. Not found is Base64: only a proxy's own password is ever
    sent so, which is shown nowhere.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        """Begin with the values of the variables that are named like credentials, whoever is going to use them."""
        self._forms: tuple[str, ...] = ()
        self._leaks: tuple[bytes, ...] = ()
        self._lock = threading.Lock()
        for name, value in (environ or {}).items():
            if len(value) >= _SURELY and _NAMED_SO.fullmatch(name):
                self.add(value, public=name.endswith("_KEY"))

    def add(self, secret: str, *, public: bool = False) -> None:
        """Learn one more secret; one that may be `public` is masked, and no leak: a search service's key, say."""
        if len(secret) >= _SHORTEST:
            with self._lock:
                self._forms = tuple(sorted({*self._forms, *_forms(secret)}, key=len, reverse=True))
                if len(secret) >= _NO_CHANCE and not public:
                    self._leaks = tuple({*self._leaks, *(form.encode() for form in _forms(secret))})

    def leak(self, content: bytes) -> int:
        """Return where the first secret begins in a file's content, or -1."""
        return min((at for form in self._leaks if (at := content.find(form)) >= 0), default=-1)

    def __call__(self, text: str) -> str:
        """Return the text without secrets."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return text


def mask_values(mask: Callable[[str], str], data: Any) -> Any:
    """Return what a JSON document is made of with every text in it masked; its keys and literals stay as they are."""
    if isinstance(data, str):
        return mask(data)
    if isinstance(data, dict):
        return {key: value if key in _OURS else mask_values(mask, value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [mask_values(mask, value) for value in data]
    return data


def _forms(secret: str) -> set[str]:
    quoted = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    in_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    forms = {
        secret,
        *quoted,
        *(re.sub("%..", lambda found: found[0].lower(), form) for form in quoted),
        *in_json,
        *(form.replace("/", "\\/") for form in in_json),
        repr(secret)[1:-1],
        html.escape(secret),
    }
    return forms | {json.dumps(form)[1:-1] for form in forms}  # a message in a report, say
