"""One request and one answer, as the handlers see them, and how the API says no."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Answer", "Call", "Disconnected", "Headers", "Receive", "Refusal", "Scope", "Send", "answer", "paged"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]
T = TypeVar("T")

PIECE: Final = 256 * 1024
JSON: Final = (b"content-type", b"application/json; charset=utf-8")


class Disconnected(Exception):
    """The client went away before its request was whole."""


class Answer(NamedTuple):
    """What is sent back: a body, or a file (with its size) that is the body."""

    status: int
    body: bytes = b""
    headers: Headers = ()
    file: Path | None = None
    size: int = 0

    def plus(self, headers: Headers) -> Answer:
        """Return the same answer with more headers."""
        return self._replace(headers=(*self.headers, *headers))

    async def send(self, send: Send, *, head: bool) -> None:
        """Send it; with `head` without its body."""
        length = self.size if self.file else len(self.body)
        headers = [*self.headers, (b"content-length", b"%d" % length)] if self.status != 204 else [*self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        if head:
            await send({"type": "http.response.body", "body": b""})
        elif self.file is None:
            await send({"type": "http.response.body", "body": self.body})
        else:
            with self.file.open("rb", buffering=0) as stream:
                while piece := stream.read(PIECE):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


def answer(document: object, status: int = 200) -> Answer:
    """Return a JSON answer."""
    return Answer(status, msgspec.json.encode(document), (JSON,))


class Refusal(Exception):
    """The API says no: its usual `{"code", "message"}`, or another document."""

    def __init__(self, status: int, message: str, *, document: object = None, headers: Headers = ()) -> None:
        super().__init__(message)
        self.answer = answer(document or {"code": status, "message": message}, status).plus(headers)


class Call:
    """One request. `path` is percent-decoded, once; `raw` is path and query as they were sent."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        query: bytes = scope["query_string"]
        self.raw: str = scope["raw_path"].decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
        self.peer: str = scope["client"][0] if scope.get("client") else ""
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._receive = receive
        self.host = self.header(b"host")
        self.origin = f"http://{self.host}"

    def header(self, name: bytes) -> str:
        """Return a header by its lower-case name, empty where it was not sent."""
        return self._headers.get(name, b"").decode("latin-1")

    @cached_property
    def content_type(self) -> str:
        """The media type of the body, without parameters."""
        return self.header(b"content-type").partition(";")[0].strip().lower()

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's values."""
        return dict(parse_qsl(self.raw.partition("?")[2], keep_blank_values=True))

    def number(self, name: str, default: int) -> int:
        """Return a whole number from 1 of the query, the default where it is none."""
        value = self.query.get(name, "")
        return int(value) if value.isdecimal() and 0 < int(value) < 2**31 else default

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives; `Disconnected` where it does not."""
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            yield message.get("body", b"")
            more = message.get("more_body", False)

    async def body(self) -> bytes:
        """Return the whole body."""
        return b"".join([chunk async for chunk in self.chunks()])

    async def fields(self) -> bytes:
        """Return the body, which must be a JSON object or nothing at all, as JSON."""
        body = await self.body()
        if body and "json" not in self.content_type:
            raise Refusal(400, "The body is not JSON")
        return body or b"{}"


def parsed(fields: bytes, shape: type[T]) -> T:
    """Return the JSON as this shape; `Refusal` with 400 where it is not JSON, 422 where it does not fit."""
    try:
        return msgspec.json.decode(fields, type=shape)
    except msgspec.ValidationError as error:
        raise Refusal(422, str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(400, "The body is not JSON") from error


def paged(call: Call, items: Sequence[T], show: Callable[[T], object], most: int) -> Answer:
    """Return one page of a listing, `most` to a page or what `per_page` says below that, with its Link header."""
    per_page, page = min(call.number("per_page", most), most), call.number("page", 1)
    last = max(1, -(-len(items) // per_page))
    shown = [show(item) for item in items[(page - 1) * per_page : page * per_page]]
    links: Iterable[tuple[str, int, bool]] = (
        ("next", page + 1, page < last),
        ("last", last, page < last),
        ("prev", min(page - 1, last), page > 1),
    )
    address = call.origin + call.raw.partition("?")[0]
    link = ", ".join(
        f'<{address}?{urlencode({**call.query, "page": number})}>; rel="{name}"'
        for name, number, there in links
        if there
    )
    return answer(shown).plus([(b"link", link.encode())] if link else ())
