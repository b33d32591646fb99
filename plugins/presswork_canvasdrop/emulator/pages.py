"""What visitors get: the pages of a canvas, and the sign-in that stands before a private one."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.responses import HTMLResponse, RedirectResponse, Response

from presswork_canvasdrop.emulator.files import mime, only_page

if TYPE_CHECKING:
    from presswork_canvasdrop.emulator.store import Canvas, Store
    from presswork_canvasdrop.emulator.wire import Call

__all__ = ["SIGN_IN", "SITES", "page", "sent_to_sign_in", "sign_in"]

SIGN_IN: Final = "/auth/login"
SITES: Final = "/c/"
_COOKIE: Final = "signed_in"


def sent_to_sign_in(call: Call) -> Response:
    """Send a visitor to the sign-in page, and from there back."""
    return RedirectResponse(f"{SIGN_IN}?returnTo={quote(call.scope['path'], safe='')}", 302)


def sign_in(call: Call) -> Response:
    """Show the sign-in page; a rehearsal asks for no password."""
    back = call.query_params.get("returnTo", "/")
    if call.method == "POST" and back.startswith(SITES):
        answer = RedirectResponse(quote(back), 303)
        answer.set_cookie(_COOKIE, "yes", httponly=True)
        return answer
    action = f"{SIGN_IN}?returnTo={quote(back, safe='')}"
    return HTMLResponse(f'<form method="post" action="{escape(action)}"><button>Sign in</button></form>')


def page(call: Call, store: Store) -> Response:
    """Return a page of a canvas."""
    slug, slash, path = call.scope["path"].removeprefix(SITES).partition("/")
    canvas = store.canvases.get(slug)
    if canvas is None:
        return _missing()
    if canvas.private and _COOKIE not in call.cookies:
        return sent_to_sign_in(call)
    if not slash:
        return RedirectResponse(f"{SITES}{slug}/", 302)
    return _file(store, canvas, path)


def _file(store: Store, canvas: Canvas, path: str) -> Response:
    files = canvas.live.files if canvas.live else {}
    found = next((name for name in (path, f"{path.removesuffix('/')}/index.html") if name in files), None)
    if found is None and (not path or canvas.single_page):
        found = only_page(files)
    if found is None or set("#?%") & set(path):  # such names are kept, and can be read back, but are not served
        return _missing()
    try:
        return Response(store.blob(canvas, files[found].hash).read_bytes(), headers={"content-type": mime(found)})
    except FileNotFoundError:
        return _missing()


def _missing() -> Response:
    return HTMLResponse("<h1>Not found</h1>", 404)
