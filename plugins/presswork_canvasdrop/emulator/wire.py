"""One request as the handlers see it, and how the API says no."""

from __future__ import annotations

import re
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

__all__ = ["Call", "Cap", "Refusal", "broken", "is_number", "prefers_html", "refusal"]

_HELD: Final = 8 * 1024 * 1024  # bytes of a body in memory, the rest goes to disk
_RANGE: Final = re.compile(r"([\w*.+-]+/[\w*.+-]+)(?:\s*;\s*(?!q=)[^;,]*)*(?:\s*;\s*q=([01](?:\.\d*)?))?")


class Refusal(Exception):
    """The server says no, with this document."""

    def __init__(self, status: int, document: Mapping[str, object], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(document)
        self.response = JSONResponse(document, status, headers)


def refusal(status: int, code: str, message: str, path: str | None = None) -> Refusal:
    """Return what the deploy logic says."""
    return Refusal(status, {"code": code, "message": message} | ({} if path is None else {"path": path}))


def broken() -> Refusal:
    """Return a server fault."""
    headers = {"content-type": "application/json; charset=utf-8", "vary": "Accept"}
    return Refusal(500, {"error": "internal_server_error"}, headers)


class Cap(NamedTuple):
    """The most bytes a body may have, and what is said of a larger one."""

    most: int
    code: str
    message: str

    def refusal(self) -> Refusal:
        """Return what is said."""
        return refusal(413, self.code, self.message)


class Call(Request):
    """A request. `taken`: its body was read whole; `stop`: the step at which a finalize is to fail."""

    taken = False
    stop = ""

    @property
    def declared(self) -> int:
        """The bytes the body is said to have; without end where it comes in chunks."""
        chunked = "transfer-encoding" in self.headers
        return 2**63 if chunked else int(self.headers.get("content-length", 0))

    async def take(self, cap: Cap) -> IO[bytes]:
        """Return the body as a file, read to its end; `Refusal` where it is too large."""
        body = SpooledTemporaryFile(_HELD)  # noqa: SIM115  the caller closes it
        try:
            async for chunk in self.stream():
                body.write(chunk)
                if body.tell() > cap.most:
                    raise cap.refusal()
        except BaseException:  # the client may have gone away
            body.close()
            raise
        self.taken = True
        body.seek(0)
        return body

    async def document(self, invalid: Refusal) -> Any:
        """Return the body as JSON, whatever it is declared to be; `invalid` where it is none."""
        content = await self.body()
        self.taken = True
        try:
            return msgspec.json.decode(content)
        except msgspec.DecodeError as error:
            raise invalid from error


def prefers_html(accept: str) -> bool:
    """Say whether an Accept header asks for HTML before JSON, so that errors come as pages."""
    quality = {kind.lower(): float(q or 1) for kind, q in _RANGE.findall(accept)}
    html = quality.get("text/html", 0.0)
    return html > quality.get("application/json", 0.0) and html >= quality.get("*/*", 0.0)


def is_number(value: object) -> TypeGuard[float]:
    """Say whether a value of a JSON document is a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
