"""One request as the handlers see it, and how the API says no."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from presswork_simplehost.emulator.records import Account

__all__ = ["STATUS", "Call", "Refusal", "answer", "moment"]

T = TypeVar("T")

STATUS: Final = {
    "INVALID_REQUEST": 400,
    "INVALID_PATH": 400,
    "INVALID_HASH": 400,
    "SECRET_DETECTED": 400,
    "UNAUTHORIZED": 401,
    "SITE_LIMIT_EXCEEDED": 403,
    "PLAN_LIMIT": 403,
    "NOT_FOUND": 404,
    "FILE_TOO_LARGE": 413,
    "STORAGE_EXCEEDED": 413,
    "RATE_LIMITED": 429,
}


class Refusal(Exception):
    """The API says no: `error`, `code` and `status`, and what else the case has to say (where it is not None)."""

    def __init__(self, code: str, error: str, **more: object) -> None:
        super().__init__(error)
        self.status = STATUS[code]
        self.body: dict[str, object] = {"error": error, "code": code, "status": self.status}
        self.body.update((name, value) for name, value in more.items() if value is not None)

    def answer(self) -> Response:
        """Return what is sent."""
        return answer(self.body, self.status)


class Call(Request):
    """One request. `account` is set once its key is known; `target` is path and query as they were sent."""

    account: Account | None = None

    @property
    def target(self) -> str:
        """Path and query, byte for byte."""
        path: bytes = self.scope["raw_path"]
        query: bytes = self.scope["query_string"]
        return (path + (b"?" + query if query else b"")).decode("latin-1")

    @property
    def origin(self) -> str:
        """The address that the client used."""
        return f"http://{self.headers.get('host', '')}"

    @property
    def email(self) -> str:
        """The address of the account, where a key is required."""
        return self.account.email if self.account else ""

    async def fields(self, shape: type[T]) -> T:
        """Return the body, which must be JSON of this shape."""
        body = await self.body()
        if self.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refusal("INVALID_REQUEST", "Content-Type must be application/json")
        try:
            return msgspec.json.decode(body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Refusal("INVALID_REQUEST", f"Invalid request body: {error}") from error


def answer(document: Any, status: int = 200) -> Response:
    """Return a JSON answer."""
    return Response(msgspec.json.encode(document), status, media_type="application/json")


def moment(seconds: float | None) -> str | None:
    """Return a time as the API writes it: ISO 8601, UTC, milliseconds."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
