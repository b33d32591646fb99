"""Credentials among the files: by their names, by the shape of their content, and those of this very run."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final

from presswork.findings import Finding
from presswork_checks.case import Case, Check
from presswork_checks.page import line_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presswork.manifest import Entry
    from presswork_checks.page import Page

__all__ = ["Secrets", "secret_in"]

_KEY_FILES: Final = frozenset(
    {"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".netrc", "_netrc", ".npmrc", ".pypirc", ".pgpass", ".htpasswd"}
    | {".git-credentials", ".dockercfg"}
)
_KEY_ENDS: Final = (".p12", ".pfx", ".jks", ".keystore", ".ppk", ".kdbx")
_HARMLESS_ENV: Final = ("example", "sample", "template", "dist", "test", "md", "html")

_NO_TEXT: Final = ("image/", "audio/", "video/", "font/", "application/zip", "application/gzip", "application/pdf")
_UNKNOWN: Final = "application/octet-stream"
_UNKNOWN_MOST: Final = 1024 * 1024
"""The largest file of an unknown kind, in bytes, that is taken for text."""

# What every shape holds and hardly anything else does. Each of these expressions begins with a literal, so that it is
# looked for at a GB a second; one expression for all the shapes takes a hundred times as long.
_MARKS: Final = tuple(
    re.compile(mark)
    for mark in (
        rb"AKIA",
        rb"_(?:(?<=gh[pousr]_)|(?<=npm_)|(?<=nfp_)|(?<=hf_)|(?<=[sr]k_live_)|(?<=github_pat_)|(?<=dop_v1_))",
        rb"-(?:(?<=glpat-)|(?<=xox[abeoprs]-)|(?<=pypi-)|(?<=sk-ant-))",
        rb"T3BlbkFJ",
        rb"hooks\.slack\.com/services/",
        rb"SG\.",
    )
)
_REACH: Final = 300
"""How many bytes on either side of a mark a shape may take."""
_SHAPES: Final = re.compile(
    rb"""(?<![A-Za-z0-9_-])(?:
      (?P<AWS>AKIA[A-Z2-7]{16}(?![A-Za-z0-9]))
    | (?P<GitHub>(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})(?![A-Za-z0-9]))
    | (?P<GitLab>glpat-[A-Za-z0-9_-]{20,})
    | (?P<Slack>xox[abeoprs]-[0-9]{8,}-[A-Za-z0-9-]{16,}|hooks\.slack\.com/services/T\w{8,}/B\w{8,}/\w{24})
    | (?P<Stripe>[sr]k_live_[A-Za-z0-9]{24,})
    | (?P<npm>npm_[A-Za-z0-9]{36}(?![A-Za-z0-9]))
    | (?P<PyPI>pypi-AgEI[A-Za-z0-9_-]{60,})
    | (?P<Netlify>nfp_[A-Za-z0-9]{36,})
    | (?P<Anthropic>sk-ant-[a-z0-9]+-[A-Za-z0-9_-]{80,})
    | (?P<OpenAI>sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,})
    | (?P<SendGrid>SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})
    | (?P<DigitalOcean>dop_v1_[a-f0-9]{64})
    | (?P<HuggingFace>hf_[A-Za-z]{34}(?![A-Za-z0-9]))
    )""",
    re.VERBOSE,
)
_INVENTED: Final = re.compile(rb"(?i)example|x{4}|0{4}|1234|abcd|your")
_PEM: Final = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
_TAG_OR_ESCAPE: Final = re.compile(rb"<[^<>]*>|\\[nr]")
_KEY_LINE: Final = re.compile(rb"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{60,}={0,2}")


class Secrets(Check):
    """Looks at the names of all files and at the content of those that change."""

    name = "secrets"

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._found: list[Finding] = []

    def reads(self, entry: Entry) -> bool:
        """Read what is text, by its media type."""
        if entry.path not in self.case.changed:
            return False
        kind = self.case.manifest.types[entry.path]
        return entry.size <= _UNKNOWN_MOST if kind == _UNKNOWN else not kind.startswith(_NO_TEXT) or "svg" in kind

    def take(self, page: Page) -> None:
        """Look for this run's own secrets and for the shapes of others."""
        if (own := self.case.mask.leak(page.content)) >= 0:
            message = "Here is a credential of this run, from its environment."
            self._found.append(self._error(page.path, "own-secret", message, line_at(page.content, own)))
        elif found := secret_in(page.content):
            what, at = found
            self._found.append(self._error(page.path, "secret", f"This looks like {what}.", line_at(page.content, at)))

    def findings(self) -> Iterator[Finding]:
        """Yield what was found in the files, and those that are secret by their names."""
        yield from self._found
        for path in self.paths():
            name = path.rpartition("/")[2]
            if name == ".env" or (name.startswith(".env.") and not name.endswith(_HARMLESS_ENV)):
                yield self._error(path, "env-file", "A file of environment variables, where credentials are kept.")
            elif name in _KEY_FILES or name.lower().endswith(_KEY_ENDS):
                yield self._error(path, "key-file", "A file of keys or credentials, by its name.")

    def _error(self, path: str, code: str, message: str, line: int | None = None) -> Finding:
        return Finding(
            severity="error",
            code=code,
            message=message,
            path=path,
            line=line,
            source=self.case.sources.get(path),
            hint="Take it out, and revoke it if it was ever live. `checks: {secrets: {ignore: [PATH]}}` lets it pass.",
        )


def secret_in(content: bytes) -> tuple[str, int] | None:
    """Return what the first secret in a file looks like, and where it begins; None where there is none.

    What is plainly made up, as documentation has it, is none: few different characters, `EXAMPLE`, `1234`.
    """
    for found in _PEM.finditer(content):
        body = _TAG_OR_ESCAPE.sub(b"\n", content[found.end() : found.end() + 2000])
        if any(_looks_random(line[0]) for line in _KEY_LINE.finditer(body.partition(b"-----")[0])):
            return "a private key", found.start()
    for hit in chain.from_iterable(mark.finditer(content) for mark in _MARKS):
        for shape in _SHAPES.finditer(content, max(0, hit.start() - _REACH), hit.end() + _REACH):
            if _looks_random(shape[0]):
                return f"a credential for {shape.lastgroup}", shape.start()
    return None


def _looks_random(text: bytes) -> bool:
    return len(set(text)) >= 12 and not _INVENTED.search(text)
