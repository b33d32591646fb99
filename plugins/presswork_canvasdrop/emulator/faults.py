"""Faults that are switched on by method, path and count, and those that no request can earn, by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct, field
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from presswork_canvasdrop.emulator.wire import Call

__all__ = ["NAMED", "Fault", "strike"]


class Fault(Struct, kw_only=True, forbid_unknown_fields=True):
    """An answer given in place of the right one, to `count` requests (None: to all) after the first `skip`.

    It strikes requests of the `method` (`*`: any) in whose path, percent-decoded, the regular expression `pattern`
    is found. A `body` that is not text goes as JSON. `delay` is in seconds. `work` says what is carried out first:
    nothing, all, or of a finalize only that it takes its lease, or that it consumes the handle without publishing.
    """

    method: str = "*"
    pattern: str = ""
    count: int | None = 1
    skip: int = 0
    status: int = 500
    body: object = ""
    headers: dict[str, str] = field(default_factory=dict)
    work: Literal["none", "all", "lease", "consume"] = "none"
    delay: float = 0.0

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"The pattern is no regular expression: {error}") from error

    def answer(self) -> Response:
        """Return what is sent."""
        if isinstance(self.body, str):
            return Response(self.body, self.status, self.headers)
        return JSONResponse(self.body, self.status, self.headers)


def strike(faults: list[Fault], call: Call) -> Fault | None:
    """Return the first fault that strikes this request, and count it down."""
    for fault in faults:
        if fault.method not in {"*", call.method} or not re.search(fault.pattern, call.scope["path"]):
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


_BEGIN: Final = "/uploads$"
_BROKEN: Final = {"error": "internal_server_error"}

NAMED: Final[Mapping[str, Fault]] = {
    # a finalize that died while it held its lease, and one whose last step failed: nothing is published
    "finalize-died": Fault(method="POST", pattern="/finalize$", work="lease", body=_BROKEN),
    "commit-failed": Fault(method="POST", pattern="/finalize$", work="consume", body=_BROKEN),
    # codes that no request earns by itself
    "version-unavailable": Fault(
        method="POST",
        pattern="/rollback$",
        status=409,
        body={"code": "VERSION_UNAVAILABLE", "message": "version was pruned"},
    ),
    "path-exists": Fault(status=409, body={"code": "PATH_EXISTS", "message": "path already exists"}),
    "invalid-encoding": Fault(status=400, body={"code": "INVALID_ENCODING", "message": "unknown encoding"}),
    # a staged route that is missing, in a proxy's words
    "missing-404": Fault(method="POST", pattern=_BEGIN, count=None, status=404, body="<h1>404</h1>"),
    "missing-405": Fault(method="POST", pattern=_BEGIN, count=None, status=405),
    "missing-501": Fault(method="POST", pattern=_BEGIN, count=None, status=501),
    "database-down": Fault(pattern="^/healthz$", status=503, body={"status": "error", "db": "down"}),
}
"""The odd answers, to be switched on with `Emulator.fail`."""
