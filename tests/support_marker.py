"""A token that can be recognised in any spelling, an account whose token it is, and the search for it."""

from __future__ import annotations

import base64
import json
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from support_cli import Project as Shell
from support_cli import install
from support_netlify import emulating
from support_netlify_host import HOME

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
    "presswork_check": "site, manifest, plan, source, checks, mask",
    "presswork_event": "event",
    "presswork_finished": "report",
    "presswork_secret": "host, target, name",
}


HOST = """
import os
import msgspec
from presswork.host import Capabilities, HostType
from presswork.hookspecs import hookimpl

def fail(place):
    if place == WHERE:
        token = os.environ["NETLIFY_AUTH_TOKEN"]
        raise RuntimeError(f"with {token}") from ValueError(token)

fail("when it is imported")

class Options(msgspec.Struct):
    pass

class Leaky:
    capabilities = Capabilities(atomic=True, previews=False, proof=())
    place = session = "here"

    def __init__(self, options, kit):
        self.kit = kit

    def live(self):
        fail("in its host")

    def begin(self, intent, session):
        return self

    def wanted(self):
        fail("in its upload")
        return []

    def close(self):
        pass

def load():
    fail("when its host is loaded")
    return Leaky

@hookimpl
def presswork_hosts():
    yield HostType(name="leaky", summary="leaks", options=Options, load=load)
"""


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


class Command:
    """Runs the command with the token in its environment, and searches all it said and left."""

    def __init__(self, folder: Path, netlify: InThread) -> None:
        self.shell = Shell(folder)
        self.shell.site(HOME)
        self.shell.environ |= {
            "NETLIFY_AUTH_TOKEN": MARKER,
            "PRESSWORK_NETLIFY_API_URL": netlify.facts["api_url"],
            "NETLIFY_SITE_ID": netlify.site,
            "RAISES": "theirs",
        }
        self.shell.write({"presswork.toml": 'host = "netlify"\npatience = 0\n'})

    def run(self, *words: str, **environ: str) -> str:
        """Run it; return all it said; the marker must be nowhere."""
        trace = ["--trace", "trace.txt"] if words[0] != "hosts" else []
        done = self.shell.run_raw(*words, *trace, **environ)
        said = f"{done.out}\n{done.err}\n"
        assert found(said) == []
        assert found_below(self.shell.folder) == []
        return said

    def plugin(self, hook: str, source: str = "") -> dict[str, str]:
        """Install a plugin that fails in a hook; return the environment in which it is there."""
        folder = self.shell.folder.parent / f"installed-{hook}"
        if not folder.exists():
            install(folder, "leaky", {"leaky": "leaky"}, {"leaky.py": source or plugin_of(hook)})
        return {"PYTHONPATH": str(folder)}


def next_link(method: str, path: str, document: Any, headers: dict[str, str]) -> Any:
    if path.endswith(("/files", "/deploys")):
        headers["link"] = f'<http://elsewhere.example/?access_token={MARKER}>; rel="next"'
    return document


def here_link(_method: str, path: str, document: Any, headers: dict[str, str]) -> Any:
    if path.endswith("/deploys") and isinstance(document, list):
        origin = document[0]["url"].partition("/_live/")[0]
        headers["link"] = f'<{origin}/api/v1{path}?page=1&access_token={quoted()}>; rel="next"'
    return document


def addresses(method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
    deploys = document if isinstance(document, list) else [document, document.get("published_deploy") or {}]
    for one in deploys:
        if "ssl_url" in one:
            echo = f"https://x.example/?t={quoted()}&u={MARKER}"
            one.update(dict.fromkeys(("url", "ssl_url", "deploy_ssl_url"), echo))
    return document


def reason(method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
    if method == "GET" and "/deploys/" in path and document.get("state") == "ready":
        document |= {"state": "error", "error_message": f"no luck with {MARKER}"}
    return document


def misshapen(method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
    return {MARKER: MARKER, "id": [MARKER]}


def ids(method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
    if path.endswith("/deploys") and method == "POST":
        document["id"] = MARKER
    return document


def labels(method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
    for one in document if isinstance(document, list) else [document, document.get("published_deploy") or {}]:
        if "title" in one:
            one["title"] = f"Deployed with {MARKER}"
    return document


def quoted() -> str:
    return "nfp_mArKeR%2F0123%2B456789%3Dabc%26%22d%27%3Ce%3E%25f"


EDITS = (next_link, here_link, addresses, reason, misshapen, ids, labels)

ECHOES = [
    {"status": 403, "body": {"message": f"the token {MARKER} may not"}},
    {"status": 403, "body": f"<html><title>No {MARKER}</title>"},
    {"status": 422, "body": {"errors": {"token": [MARKER]}, "code": MARKER}},
    {"status": 401, "body": {"code": 401, "message": MARKER}, "headers": {"WWW-Authenticate": f"Bearer {MARKER}"}},
    {"status": 302, "headers": {"Location": f"http://elsewhere.example/?token={MARKER}"}},
    {"status": 502, "body": f"upstream said Authorization: Bearer {MARKER}"},
    {"status": 429, "body": {"message": MARKER}, "headers": {"Retry-After": "100000"}},
    {"status": 200, "body": f"not json {MARKER}"},
    {"status": 200, "body": {"id": [MARKER]}},
]
PLACES = [
    "^/api/v1/sites/[^/]+$",
    "/sites/[^/]+/deploys$",
    "/sites/[^/]+/deploys/[^/]+$",
    "/files/",
    "v1/deploys/[^/]+$",
]
