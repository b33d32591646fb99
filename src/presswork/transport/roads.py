"""Which httpx transport a request takes: our thin one directly, httpx's own through a proxy."""

from __future__ import annotations

import os
import ssl
import threading
from ipaddress import ip_address
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from presswork.errors import ConfigError
from presswork.transport.direct import Direct
from presswork.transport.troubles import causes

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Roads", "is_loopback"]


class Roads:
    """Sends requests by the way the environment asks for, which is read once.

    `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name the proxies, and loopback never takes one;
    `SSL_CERT_FILE` and `SSL_CERT_DIR` name other certificates to trust. There is one TLS context.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._proxies = getproxies()
        self._ways: dict[tuple[str, bytes], str | None] = {}
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None
        self._direct = Direct(self._context, clock)
        self._proxied: list[httpx.HTTPTransport] = []
        self._idle: dict[str, list[httpx.HTTPTransport]] = {}
        self.closed = False

    def fetch(self, request: httpx.Request, into: IO[bytes] | None = None) -> httpx.Response:
        """Send a request and return the answer, read to its end. Any thread may call this.

        With `into` the body of an answer of 2xx is written there, in place of what was there, and not kept.

        Raises `httpx.RequestError`, `ConfigError` where the environment's proxy or certificates are of no use, and
        what reading the request's body raises.
        """
        proxy = self._way(request.url)
        return _read(self._direct, request, into) if proxy is None else self._through(proxy, request, into)

    def close(self) -> None:
        """Close all connections, for good. A thread waiting for an answer wakes, unless it waits for a proxy."""
        with self._lock:
            self.closed = True
            proxied = self._proxied
            self._proxied = []
        self._direct.close()
        for transport in proxied:
            transport.close()

    def _way(self, url: httpx.URL) -> str | None:
        """Return the proxy to an address's origin, if there is one between."""
        key = (url.scheme, url.netloc)
        if key not in self._ways:
            proxy = self._proxies.get(url.scheme) or self._proxies.get("all")
            around = proxy is None or is_loopback(str(url)) or proxy_bypass(url.netloc.decode("ascii"))
            self._ways[key] = None if around else proxy
        return self._ways[key]

    def _through(self, proxy: str, request: httpx.Request, into: IO[bytes] | None) -> httpx.Response:
        with self._lock:
            idle = self._idle.setdefault(proxy, [])
            transport = idle.pop() if idle else None
        if transport is None:
            transport = self._transport(proxy)
        try:
            return _read(transport, request, into)
        except httpx.ConnectError as error:
            if any(isinstance(cause, ssl.SSLError) for cause in causes(error)):
                raise
            raise httpx.ProxyError(f"no connection to it: {error}") from error
        finally:
            with self._lock:
                idle.append(transport)

    def _transport(self, proxy: str) -> httpx.HTTPTransport:
        one = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        address = proxy if "://" in proxy else f"http://{proxy}"
        context = self._context()
        try:
            transport = httpx.HTTPTransport(verify=context, proxy=address, limits=one, trust_env=False)
        except (ImportError, ValueError, httpx.InvalidURL):
            raise ConfigError(
                "The proxy that the environment names cannot be used.",
                hint="Set HTTPS_PROXY, HTTP_PROXY or ALL_PROXY to http://NAME:PORT (SOCKS needs httpx[socks]), "
                "or except the host with NO_PROXY.",
            ) from None
        with self._lock:
            self._proxied.append(transport)
        return transport

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                try:
                    self._tls = httpx.create_ssl_context()
                except OSError as error:
                    place = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
                    raise ConfigError(
                        f"The certificates to trust cannot be read: {place}: {error.strerror or error}.",
                        hint="Let SSL_CERT_FILE name a file of certificates in PEM form, or unset it.",
                    ) from None
                self._tls.set_alpn_protocols(["http/1.1"])
            return self._tls


def _read(transport: httpx.BaseTransport, request: httpx.Request, into: IO[bytes] | None) -> httpx.Response:
    response = transport.handle_request(request)
    try:
        if into is None or not response.is_success:
            response.read()
        else:
            into.seek(0)
            into.truncate()
            for piece in response.iter_bytes():
                into.write(piece)
    finally:
        response.close()
    return response


def is_loopback(address: str) -> bool:
    """Say whether an address is this machine's own, and so as good as https."""
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
