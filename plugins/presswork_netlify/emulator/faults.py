"""Faults that are switched on by method, path and count, and the documented ones by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct, field

from presswork_netlify.emulator.wire import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from presswork_netlify.emulator.wire import Call

__all__ = ["NAMED", "Fault", "strike"]


class Fault(Struct, kw_only=True, forbid_unknown_fields=True):
    """An answer given in place of the right one, to `count` requests (None: to all) after the first `skip`.

    It strikes requests of the `method` (`*`: any) in whose path, percent-decoded, the regular expression `pattern`
    is found. A `body` that is not text goes as JSON. With `after` the request is carried out first.
    `delay` is in seconds.
    """

    method: str = "*"
    pattern: str = ""
    count: int | None = 1
    skip: int = 0
    status: int = 500
    body: object = ""
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False
    delay: float = 0.0

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"The pattern is no regular expression: {error}") from error

    def answer(self) -> Answer:
        """Return what is sent."""
        headers = {name.lower().encode(): value.encode() for name, value in self.headers.items()}
        if isinstance(self.body, str):
            return Answer(self.status, self.body.encode(), tuple(headers.items()))
        headers.setdefault(b"content-type", b"application/json")
        return Answer(self.status, msgspec.json.encode(self.body), tuple(headers.items()))


def strike(faults: list[Fault], call: Call) -> Fault | None:
    """Return the first fault that strikes this request, and count it down."""
    for fault in faults:
        if fault.method not in {"*", call.method} or not re.search(fault.pattern, call.path):
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


_HTML: Final = {"Content-Type": "text/html"}
_UPLOAD: Final = r"/deploys/[^/]+/(files|functions)/"
_DID_NOT_MATCH: Final = "Uploaded file hello-world did not match deploy"

NAMED: Final[Mapping[str, Fault]] = {
    "spurious-401": Fault(method="PUT", pattern=_UPLOAD, status=401),
    "timeout-408": Fault(method="PUT", pattern=_UPLOAD, status=408),
    "html-502": Fault(status=502, body="<html><body><h1>502 Bad Gateway</h1></body></html>", headers=_HTML),
    "html-504": Fault(status=504, body="<html><body><h1>504 Gateway Time-out</h1></body></html>", headers=_HTML),
    "text-503": Fault(status=503, body="Service Unavailable", headers={"Content-Type": "text/plain"}),
    "bare-429": Fault(status=429, body={"code": 429, "message": "Too Many Requests"}),
    "errors-string": Fault(method="PUT", pattern=_UPLOAD, status=422, body={"errors": _DID_NOT_MATCH}),
    "errors-list": Fault(method="PUT", pattern=_UPLOAD, status=422, body={"errors": [_DID_NOT_MATCH]}),
    "errors-object": Fault(method="PUT", pattern=_UPLOAD, status=422, body={"errors": {"file": [_DID_NOT_MATCH]}}),
    "no-records": Fault(method="PUT", pattern=_UPLOAD, status=422, body={"code": 422, "message": "No records matched"}),
    "empty-create": Fault(method="POST", pattern="/sites/[^/]+/deploys$", status=200, after=True),
    "sso": Fault(
        pattern="^/api/v1/.*(sites|deploys)",
        count=None,
        status=403,
        body={"code": 403, "message": "This team enforces SAML SSO: the token was not granted access"},
    ),
}
"""The odd answers that users of the service have met, to be copied (`msgspec.structs.replace`) and switched on."""
