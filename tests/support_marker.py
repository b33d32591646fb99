"""A token that can be recognised in any spelling, an account whose token it is, and the search for it."""

from __future__ import annotations

import base64
import json
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from support_netlify import emulating

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support_netlify import InThread

MARKER = "nfp_mArKeR/0123+456789=abc&\"d'<e>%f"
"""Has every sign that is spelt otherwise in an address, in JSON, in Python or in HTML."""
SIGN = "mArKeR"
"""What no spelling but Base64 changes."""

PLUGIN = """
import os
from presswork.errors import PressworkError
from presswork.hookspecs import hookimpl

def _fail():
    token = os.environ["NETLIFY_AUTH_TOKEN"]
    if os.environ["RAISES"] == "ours":
        raise PressworkError(f"with {token}", hint=f"and {token}") from ValueError(token)
    raise RuntimeError(f"with {token}", token) from ValueError(token)
"""
HOOKS: Mapping[str, str] = {
    "presswork_hosts": "",
    "presswork_edit_manifest": "site, entries",
    "presswork_check": "site, manifest, plan",
    "presswork_event": "event",
    "presswork_finished": "report",
    "presswork_secret": "host, target, name",
}


def plugin_of(hook: str) -> str:
    """Return the source of a plugin whose implementation of this hook raises what the token is in."""
    return f"{PLUGIN}\n@hookimpl\ndef {hook}({HOOKS[hook]}):\n    _fail()\n"


@contextmanager
def marked(folder: Path, **behaviour: Any) -> Iterator[InThread]:
    """Run an emulator whose account has the marker for its token."""
    folder.mkdir(parents=True)
    account = {"id": "a" * 24, "user_id": "b" * 24, "token": MARKER}
    (folder / "account.json").write_text(json.dumps(account))
    with emulating(folder, processing=(), **behaviour) as running:
        yield running


def found(text: str | bytes) -> list[str]:
    """Return each place of a text where the marker stands, with what is around it."""
    text = text.decode(errors="replace") if isinstance(text, bytes) else text
    signs = [SIGN, *(base64.b64encode((b"", b"x", b"xx")[n] + MARKER.encode())[4:24].decode() for n in range(3))]
    return [text[max(0, at - 60) : at + 60] for sign in signs if (at := text.find(sign)) >= 0]


def found_below(folder: Path) -> list[str]:
    """Return each file below a folder in whose name or content the marker stands."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [str(file) for file in files if found(str(file)) or found(file.read_bytes())]


def found_in_error(error: BaseException) -> list[str]:
    """Return each place where the marker stands in an exception and in all that it came of."""
    places = []
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        one = pending.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        texts = [str(one), repr(one), repr(one.args), repr(vars(one)), *getattr(one, "__notes__", ())]
        places += [f"{type(one).__name__}: {place}" for text in texts for place in found(text)]
        pending += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]
    return places + found("".join(traceback.format_exception(error)))
