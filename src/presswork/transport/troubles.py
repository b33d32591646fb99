"""What it means that no answer came: in words, with a remedy, and whether to try again."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Trouble", "causes", "explain"]

_AGAIN: Final = "Check the network and the host's status page, then run the same command again: it goes on."


@dataclass(frozen=True)
class Trouble:
    """Why no answer came. `sent`: the host may have got the whole request. `passing`: another try may help."""

    why: str
    hint: str = _AGAIN
    sent: bool = False
    passing: bool = True


def explain(error: httpx.RequestError) -> Trouble:
    """Return what an error of a transport's means."""
    if isinstance(error, httpx.ProxyError):
        return Trouble(
            f"the proxy does not pass it on: {error}",
            "Check HTTPS_PROXY or HTTP_PROXY, and its user and password; NO_PROXY names hosts it is not used for.",
            passing=not str(error).startswith("4"),
        )
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Trouble(
                f"its certificate is not to be trusted: {cause.verify_message.rstrip('.')}",
                "Check the address. Where the network or the host has a certificate authority of its own, "
                "let SSL_CERT_FILE name that authority's certificate.",
                passing=False,
            )
        if isinstance(cause, socket.gaierror):
            return Trouble(
                f"its name is not known: {cause.strerror}",
                "Check how the address is spelt, and that this machine is online.",
                passing=cause.errno == socket.EAI_AGAIN,
            )
        if isinstance(cause, ConnectionRefusedError) and isinstance(error, httpx.ConnectError):
            return Trouble("nothing listens there", "Check the address and its port, and that the service is up.")
        if isinstance(cause, ssl.SSLError) and isinstance(error, httpx.ConnectError):
            return Trouble(
                f"no TLS connection: {cause.reason or cause}",
                "Check that the address is an https one, and what stands between (a proxy, a firewall).",
                passing=cause.reason not in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"},
            )
    if isinstance(error, httpx.TimeoutException):
        hint = f"{_AGAIN} Where it is only slow, set a longer `timeout`."
        return Trouble(str(error) or "it took too long", hint, sent=isinstance(error, httpx.ReadTimeout))
    never = isinstance(error, (httpx.ConnectError, httpx.WriteError, httpx.LocalProtocolError))
    faulty = isinstance(error, httpx.LocalProtocolError)
    return Trouble(str(error) or "the connection was cut", sent=not never, passing=not faulty)


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, what it came of, and so on."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
