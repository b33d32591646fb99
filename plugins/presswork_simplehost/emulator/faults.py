"""Answers that no request earns, switched on for a test."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct, field
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NAMED", "Fault", "strike"]


class Fault(Struct, kw_only=True):
    """An answer in place of the right one, to `count` requests (None: to all) after the first `skip`.

    It strikes requests of the `method` (`*`: any) in whose path, percent-decoded, the regular expression `pattern`
    is found. A `body` that is not text goes as JSON. With `after` the request is carried out first.
    """

    method: str = "*"
    pattern: str = ""
    count: int | None = 1
    skip: int = 0
    status: int = 500
    body: object = ""
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False

    def answer(self) -> Response:
        """Return what is sent."""
        if isinstance(self.body, str):
            return Response(self.body, self.status, self.headers)
        return Response(
            msgspec.json.encode(self.body), self.status, {"content-type": "application/json", **self.headers}
        )


def strike(faults: list[Fault], method: str, path: str) -> Fault | None:
    """Return the first fault that strikes this request, and count it down."""
    for fault in faults:
        if fault.method not in {"*", method} or not re.search(fault.pattern, path):
            continue
        if fault.skip:
            fault.skip -= 1
            continue
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                faults.remove(fault)
        return fault
    return None


def _error(code: str, status: int, error: str) -> dict[str, object]:
    return {"error": error, "code": code, "status": status}


NAMED: Final[Mapping[str, Fault]] = {
    "internal-error": Fault(status=500, body=_error("INTERNAL_ERROR", 500, "Something went wrong")),
    "forbidden": Fault(status=403, body=_error("FORBIDDEN", 403, "Not enabled on this deployment")),
    "storage-write": Fault(
        method="PUT",
        pattern="^/api/v1/_upload/",
        status=500,
        body=_error("INTERNAL_ERROR", 500, "Storage write failed"),
    ),
    "bare-429": Fault(status=429, body=_error("RATE_LIMITED", 429, "Too many requests")),
    "html-502": Fault(
        status=502, body="<html><body><h1>502 Bad Gateway</h1></body></html>", headers={"content-type": "text/html"}
    ),
}
"""The answers of the documentation that no request earns, and a gateway's, to be copied (`msgspec.structs.replace`)."""
