"""Requests as they go out: addresses kept byte for byte, the token to its own origin only, bodies with a length."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol
from urllib.parse import quote, urlencode

import httpx
import msgspec

from presswork import __version__
from presswork.errors import ConfigError, HostError
from presswork.source import PIECE
from presswork.transport.roads import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from presswork.mask import Mask

__all__ = ["Api", "Ask", "Content"]

_BUFFERED: Final = 4 << 20
"""Bytes of a body that may still be on their way when all of it was handed to the system."""
_SLOWEST_LINE: Final = 128 << 10
_SLOWEST_HOST: Final = 4 << 20
"""Bytes a second below which a line, or a host's work on a body, counts as stuck."""
_US: Final = f"presswork/{__version__}".encode()
_WHOLE: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"(https?://(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?)(?![^/?#])([^#]*)", re.IGNORECASE)
_UNSENDABLE: Final = re.compile(r"[^!-~]+")
_FIELD: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+:[\t -~\x80-\xff]*")


class Content(Protocol):
    """A body that is read anew for each try: `size` bytes, and as many from `pieces()`.

    What `pieces()` raises ends the request, of which the host has then not got the whole.
    """

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    def pieces(self) -> Iterator[bytes]:
        """Yield them."""
        ...


class _Origin(NamedTuple):
    url: httpx.URL
    name: tuple[str, bytes, int]


class _Address(httpx.URL):
    """An origin and a target, which goes out byte for byte: httpx would write it anew."""

    def __init__(self, origin: httpx.URL, target: bytes) -> None:
        super().__init__(origin)
        self._target = target

    @property
    def raw_path(self) -> bytes:
        return self._target


@dataclass(frozen=True, kw_only=True, repr=False)
class Ask:
    """One request, as it is sent at every try. `address` may hold a secret."""

    method: str
    address: str
    url: httpx.URL
    headers: list[tuple[bytes, bytes]]
    body: Content | bytes
    size: int
    extensions: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.url.raw_path.partition(b'?')[0].decode('ascii')}"

    def request(self) -> httpx.Request:
        """Return the request, with its body opened anew."""
        request = httpx.Request(
            self.method, self.url, headers=self.headers, stream=_Stream(self), extensions=self.extensions
        )
        request.url = self.url  # httpx has taken what it knows of it
        return request


class Api:
    """What all requests of one client share: the address they are relative to, and the token.

    The token goes to the origin of `base` only, and over plain `http:` only on loopback. `timeout` is in seconds.
    `ConfigError` where `base` is no address, or none that a token may be sent to.
    """

    def __init__(self, base: str, token: str | None, timeout: float, mask: Mask) -> None:
        self._base = base.rstrip("/")
        self._timeout = timeout
        self._origins: dict[str, _Origin] = {}
        try:
            self._home, _ = self._locate(self._base)
        except HostError as error:
            raise ConfigError(error.message, hint="It looks like https://api.example.org/v1.") from None
        self._token = None
        if token is not None:
            mask.add(token)
            mask.add(token.strip())
            self._token = f"Bearer {token.strip()}".encode()
            if self._home.url.scheme != "https" and not is_loopback(str(self._home.url)):
                raise ConfigError(
                    f"{self._base} is not https: a token would travel in the open.", hint="Use the https address."
                )
            if not _FIELD.fullmatch(b"authorization:" + self._token):
                raise ConfigError("The token has a line break in it.", hint="Set it again, in one line.")

    def ask(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        body: Content | bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        signed: bool = False,
    ) -> Ask:
        """Return a request. `path` is below `base`, or a whole address, which goes out as it is.

        What a request line cannot carry (spaces, letters beyond ASCII) is percent-encoded as UTF-8.
        """
        address = path if _WHOLE.match(path) else f"{self._base}/{path.lstrip('/')}"
        if params:
            address += ("&" if "?" in address else "?") + urlencode(params, quote_via=quote, safe="")
        origin, target = self._locate(address)
        fields = {b"host": origin.url.netloc, b"user-agent": _US, b"accept": b"application/json, */*"}
        if self._token is not None and not signed and origin.name == self._home.name:
            fields[b"authorization"] = self._token
        if json is not None:
            body = msgspec.json.encode(json)
            fields[b"content-type"] = b"application/json"
        for name, value in (headers or {}).items():
            fields[name.lower().encode()] = value.encode()
        if body is None:
            body = b""
            size = 0
        else:
            size = len(body) if isinstance(body, bytes) else body.size
        if size or method in {"POST", "PUT", "PATCH"}:
            fields[b"content-length"] = b"%d" % size
        _check(fields)
        return Ask(
            method=method,
            address=address,
            url=_Address(origin.url, target),
            headers=list(fields.items()),
            body=body,
            size=size,
            extensions={
                "timeout": {
                    "connect": self._timeout,
                    "write": self._timeout,
                    "read": self._timeout + min(size, _BUFFERED) // _SLOWEST_LINE + size // _SLOWEST_HOST,
                    "pool": None,
                }
            },
        )

    def _locate(self, address: str) -> tuple[_Origin, bytes]:
        """Return the origin of an address, and the rest of it as it stands on a request line."""
        found = _ADDRESS.match(address)
        if found is None:
            raise _not_an_address()
        origin = self._origins.get(found[1])
        if origin is None:
            try:
                url = httpx.URL(found[1].lower())
            except httpx.InvalidURL:
                raise _not_an_address() from None
            port = url.port or (443 if url.scheme == "https" else 80)
            if port > 65535:
                raise _not_an_address()
            origin = self._origins[found[1]] = _Origin(url, (url.scheme, url.raw_host, port))
        target = _UNSENDABLE.sub(lambda bad: quote(bad[0], safe="", errors="surrogateescape"), found[2])
        return origin, (target if target.startswith("/") else f"/{target}").encode("ascii")


class _Stream(httpx.SyncByteStream):
    """The body of one try, in pieces of at most 256 KiB."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def __iter__(self) -> Iterator[bytes]:
        body, left = self._ask.body, self._ask.size
        if isinstance(body, bytes):
            for start in range(0, left, PIECE):
                yield body[start : start + PIECE]
            return
        held = b""  # the last piece waits until it is known to be the last: a wrong length never arrives whole
        for piece in body.pieces():
            left -= len(piece)
            if left < 0:
                break
            if held:
                yield held
            held = piece
        if left:
            raise HostError("A body is not as long as it says.", hint="The host's plugin is at fault: report it.")
        if held:
            yield held


def _check(fields: Mapping[bytes, bytes]) -> None:
    for name, value in fields.items():
        if not _FIELD.fullmatch(name + b":" + value):
            raise HostError(
                f"The header {name.decode(errors='replace')!r} cannot be sent.",
                hint="A host's plugin, or an address the host gave, is at fault: report it.",
            )


def _not_an_address() -> HostError:
    return HostError(
        "An address is not one that this can speak to, http or https, without a password.",
        hint="Run the same command with --trace and report what the host gave.",
    )
