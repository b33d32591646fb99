"""Which httpx transport a request takes: our thin one directly, httpx's own through a proxy."""

from __future__ import annotations

import threading
from functools import cached_property
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from presswork.transport.direct import Direct

if TYPE_CHECKING:
    import ssl

__all__ = ["Roads", "is_loopback", "origin"]


class Roads:
    """Sends requests by the way the environment asks for, which is read once.

    `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name the proxies; `SSL_CERT_FILE` and `SSL_CERT_DIR`
    another set of certificates. There is one TLS context, and one connection a thread.
    """

    def __init__(self) -> None:
        self._proxies = getproxies()
        self._local = threading.local()
        self._lock = threading.Lock()
        self._proxied: list[httpx.HTTPTransport] = []

    def take(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the answer, of which only the head has been read."""
        proxy = self._proxy(request.url)
        response = self._direct.handle_request(request) if proxy is None else self._through(proxy, request)
        response.request = request
        return response

    def close(self) -> None:
        """Close all connections."""
        self._direct.close()
        with self._lock:
            for transport in self._proxied:
                transport.close()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    @cached_property
    def _direct(self) -> Direct:
        return Direct(lambda: self._context)

    def _proxy(self, url: httpx.URL) -> str | None:
        proxy = self._proxies.get(url.scheme) or self._proxies.get("all")
        return None if proxy is None or is_loopback(str(url)) or proxy_bypass(url.host) else proxy

    def _through(self, proxy: str, request: httpx.Request) -> httpx.Response:
        transport: httpx.HTTPTransport | None = getattr(self._local, "transport", None)
        if transport is None:
            one = httpx.Limits(max_connections=1, max_keepalive_connections=1)
            transport = httpx.HTTPTransport(verify=self._context, proxy=proxy, limits=one, trust_env=False)
            self._local.transport = transport
            with self._lock:
                self._proxied.append(transport)
        return transport.handle_request(request)


def origin(address: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an address; to send a token to another one would be to give it away."""
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def is_loopback(address: str) -> bool:
    """Say whether an address is this machine's own, and so as good as https."""
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
