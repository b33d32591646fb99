"""What the public sees: the live version of a site."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import HTMLResponse, PlainTextResponse, Response

if TYPE_CHECKING:
    from presswork_simplehost.emulator.store import Store
    from presswork_simplehost.emulator.wire import Call

__all__ = ["page"]


def page(store: Store, now: float, call: Call, slug: str, path: str) -> Response:
    """Return the file at `path`, else the `index.html` below it, else a listing at the top of a site without one."""
    site = store.sites.get(slug)
    version = store.version(site.live) if site else None
    if site is None or version is None or site.status(now) != "active":
        return PlainTextResponse("There is no such site.\n", 404)
    if site.password is not None:
        return PlainTextResponse("This site has a password.\n", 401)
    if call.method not in {"GET", "HEAD"}:
        return PlainTextResponse("Method Not Allowed\n", 405)
    for name in (path, f"{path.rstrip('/')}/index.html".lstrip("/")):
        if name in version.files:
            content = store.content(version, name).read_bytes()
            return Response(content, headers={"content-type": version.files[name].content_type})
    if path:
        return PlainTextResponse("Not Found\n", 404)
    links = "".join(f'<li><a href="{quote(name)}">{escape(name)}</a></li>' for name in version.files)
    what = "Viewer" if len(version.files) == 1 else "Files"
    return HTMLResponse(f"<!doctype html><title>{what}</title><h1>{what}</h1><ul>{links}</ul>")
