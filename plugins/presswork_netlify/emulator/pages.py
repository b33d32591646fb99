"""What the public sees: the live site, each deploy at its own address, each branch at its own."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

from presswork.mediatypes import is_page, media_type
from presswork_netlify.emulator.find import find_labelled
from presswork_netlify.emulator.wire import Answer

if TYPE_CHECKING:
    from presswork_netlify.emulator.behaviour import Behaviour
    from presswork_netlify.emulator.life import Life
    from presswork_netlify.emulator.records import Site
    from presswork_netlify.emulator.store import Store
    from presswork_netlify.emulator.wire import Call

__all__ = ["Pages"]

_REWRITTEN = b"\n<!-- post-processed -->\n"


class Pages:
    """Serves what was deployed."""

    def __init__(self, store: Store, life: Life, behaviour: Behaviour) -> None:
        self._store = store
        self._life = life
        self._behaviour = behaviour

    def get(self, call: Call, label: str, root: str, path: str) -> Answer:
        """Return the file at `path` of what is served under a label; `root` is the address of its top."""
        if call.method not in {"GET", "HEAD"}:
            return _text(405, "Method Not Allowed")
        found = find_labelled(self._store, label)
        if found is None:
            return _text(404, "Not Found: there is no such site or deploy")
        self._life.look(found[0])
        site, deploy = find_labelled(self._store, label) or found
        if site.disabled is not None:
            return _text(404, "Not Found: this site is disabled")
        if not _admitted(site, call.header(b"authorization")):
            return _text(401, "Unauthorized").plus([(b"www-authenticate", b'Basic realm="site"')])
        return self._file(deploy.files if deploy else {}, root, path)

    def _file(self, files: dict[str, str], root: str, path: str) -> Answer:
        file = path if path and not path.endswith("/") else f"{path}index.html"
        if file in files:
            return self._found(200, file, files[file])
        if f"{path}/index.html" in files:
            return Answer(301, headers=((b"location", f"{root}{quote(path)}/".encode()),))
        if f"{path}.html" in files:
            return self._found(200, f"{path}.html", files[f"{path}.html"])
        if "404.html" in files:
            return self._found(404, "404.html", files["404.html"])
        return _text(404, "Not Found")

    def _found(self, status: int, file: str, sha: str) -> Answer:
        headers = (
            (b"content-type", media_type(file).encode()),
            (b"cache-control", b"public,max-age=0,must-revalidate"),
            (b"etag", f'"{sha}"'.encode()),
        )
        blob = self._store.blob(sha)
        if self._behaviour.rewrites_pages and is_page(file):
            return Answer(status, blob.read_bytes() + _REWRITTEN, headers)
        return Answer(status, headers=headers, file=blob, size=self._store.sizes[sha])


def _admitted(site: Site, authorization: str) -> bool:
    if not site.password:
        return True
    try:
        _, _, password = base64.b64decode(authorization.partition(" ")[2]).partition(b":")
    except ValueError:
        return False
    return password == site.password.encode()


def _text(status: int, line: str) -> Answer:
    return Answer(status, f"{line}\n".encode(), ((b"content-type", b"text/plain; charset=utf-8"),))
