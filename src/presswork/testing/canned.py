"""The answers of services in trouble, which the fault proxy gives in a server's stead."""

from __future__ import annotations

import math
import time
from email.utils import formatdate
from http import HTTPStatus
from typing import Final

__all__ = ["ANSWERS", "canned"]

ANSWERS: Final = {
    "408": 408,
    "429-seconds": 429,
    "429-date": 429,
    "500": 500,
    "502": 502,
    "503": 503,
    "504": 504,
    "empty-401": 401,
    "html": 502,
    "early-413": 413,
}
"""The status of each fault that is an answer."""

_PAGE: Final = b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>Bad gateway</body></html>\n"


def canned(fault: str, method: str, retry_after: int, *, closing: bool) -> bytes:
    """Return the answer of a fault, head and body; `retry_after` in seconds, `closing` where no request may follow."""
    status = HTTPStatus(ANSWERS[fault])
    body = {"html": _PAGE, "empty-401": b""}.get(fault, f"{status.value} {status.phrase}\n".encode())
    later = formatdate(math.ceil(time.time()) + retry_after, usegmt=True)
    fields = {
        "Date": formatdate(usegmt=True),
        "Content-Type": "text/html; charset=utf-8" if fault == "html" else "text/plain" if body else None,
        "Content-Length": str(len(body)),
        "Retry-After": {"429-seconds": str(retry_after), "429-date": later}.get(fault),
        "Connection": "close" if closing else None,
    }
    lines = [f"{name}: {value}\r\n" for name, value in fields.items() if value]
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\n{''.join(lines)}\r\n".encode()
    return head if method == "HEAD" else head + body
