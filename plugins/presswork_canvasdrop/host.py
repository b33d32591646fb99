"""The host `canvasdrop`: one canvas, what is live there, its versions, its checks. Uploading is in `upload`.

Protocol facts are from the Deploy API page, corrected by what the server does.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from presswork.errors import Gone
from presswork.findings import Finding
from presswork.host import Capabilities, Release
from presswork.transport import Answered
from presswork_canvasdrop import rules
from presswork_canvasdrop.upload import CanvasUpload
from presswork_canvasdrop.wire import Canvas, Deployed, Listing, Versions, explained

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from presswork.host import Intent, Kit
    from presswork.manifest import Entry, Manifest
    from presswork.plan import Estimate
    from presswork.transport import Answer, Client
    from presswork_canvasdrop import Options

__all__ = ["CanvasHost"]

_NUMBER: Final = re.compile(r"[1-9]\d{0,8}")
_BUCKET: Final = "publish"
"""Begin, finalize, deploy and rollback share one limit of ten a minute, as the server counts."""


class CanvasHost:
    """A canvas at a Canvas Drop server."""

    capabilities = Capabilities(
        atomic=True, previews=False, proof=("read",), workers=8, limits=rules.LIMITS, sample=200
    )

    def __init__(self, options: Options, kit: Kit) -> None:
        self.options = options
        self.kit = kit

    @property
    def place(self) -> str:
        """The server and the canvas."""
        parts = urlsplit(self.options.url)
        return f"{parts.netloc}{parts.path.rstrip('/')}/{self.options.canvas}"

    @cached_property
    def api(self) -> Client:
        """The client; the key goes along."""
        return self.kit.http(f"{self.options.url.rstrip('/')}/v1/canvases", self.kit.secret("key"))

    def ask(self, method: str, call: str = "", *, publishes: bool = False, **more: Any) -> Answer:
        """Send a request about the canvas, and say what to do about a refusal."""
        path = quote(self.options.canvas, safe="") + (f"/{call}" if call else "")
        with explained():
            return self.api.request(method, path, bucket=_BUCKET if publishes else "", **more)

    def close(self) -> None:
        """Close the connections, where there are any."""
        if "api" in self.__dict__:
            self.api.close()

    def live(self) -> Release | None:
        """Return the current version."""
        canvas = self.ask("GET").decode(Canvas)
        if canvas.current_version_id is None:
            return None
        versions = self.ask("GET", "versions").decode(Versions).versions
        current = next((version for version in versions if version.current), None)
        return current.release(canvas.url) if current else Release(id="", url=canvas.url, live=True)

    def begin(self, intent: Intent, session: str | None) -> CanvasUpload:  # noqa: ARG002 -- see below
        """Open an upload. An earlier session is not gone on with: what it staged is there for a new one, unasked."""
        return CanvasUpload(self, intent)

    def listing(self) -> Listing | None:
        """Return what is live; None where nothing is, `Gone` where the server is too old to tell."""
        try:
            return self.ask("GET", "files").decode(Listing)
        except Answered as error:
            if error.reason == "NOT_PUBLISHED":
                return None
            if error.reason is not None or not self.lacks(error):
                raise
            self.capabilities = replace(self.capabilities, proof=())
            raise Gone(
                "This server cannot tell what is live file by file: it is older than that.",
                hint="Ask its operator to update it; until then nothing is compared or verified.",
            ) from None

    def lacks(self, error: Answered) -> bool:
        """Say whether an answer means that the server has no such call.

        One that it has not is answered by what stands before its pages, so it depends on how people sign in: 404
        without a code, a redirect to a page, 401 though the key is good (server's router, at each mode). 405 and 501
        are a proxy's words.
        """
        if error.reason is not None:
            return False
        if error.status == 401:
            return self.ask("GET", expect={401}).status != 401
        return error.status // 100 == 3 or error.status in {404, 405, 501}

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield path and SHA-256, as they were declared, of every live file."""
        listing = self.listing()
        for file in listing.files if listing else ():
            yield file.path, file.hash

    def read(self, path: str) -> Iterator[bytes]:
        """Yield the bytes of a live file."""
        files = f"{quote(self.options.canvas, safe='')}/files"
        try:
            with explained():
                yield from self.api.pieces(files, params={"path": path}, file=path)
        except Answered as error:
            if error.reason in {"NOT_FOUND", "NOT_PUBLISHED"}:
                raise Gone(f"{path} is not live.", hint="Deploy again to put it there.", path=path) from None
            raise

    def check(self, intent: Intent) -> Iterator[Finding]:
        """Name what the server would drop, change or not serve, and files that hold the canvas's key."""
        for entry in intent.manifest:
            yield from rules.name_findings(entry.path)
        if self.options.route == "zip" and (why := rules.unpackable(intent.manifest)):
            yield Finding(
                severity="error",
                code="canvasdrop-archive",
                message=f"The site cannot be sent as an archive: {why}.",
                hint="Set `route: staged`, or leave `route` out.",
            )
        yield from rules.key_findings(intent, self.kit.secret("key"))

    def estimate(self, manifest: Manifest, missing: Sequence[Entry]) -> Estimate:
        """Name the way and its cost."""
        asked = self.options.route == "zip"
        pays = self.options.route == "auto" and rules.zip_pays(manifest, {entry.sha256 for entry in missing})
        return rules.estimate(manifest, missing, packed=asked or pays, asked=asked)

    def history(self) -> Iterator[Release]:
        """Yield the versions that are kept, newest first."""
        url = self.ask("GET").decode(Canvas).url
        for version in self.ask("GET", "versions").decode(Versions).versions:
            if version.status == "ready":
                yield version.release(url)

    def activate(self, release: str) -> Release:
        """Make a version that is kept the current one; safe to repeat."""
        gone = Gone(f"The canvas has no version {release!r} any more.", hint="`presswork history` lists those it has.")
        if not _NUMBER.fullmatch(release):
            raise gone
        try:
            answer = self.ask("POST", "rollback", json={"version": int(release)}, publishes=True, repeat=True)
        except Answered as error:
            if error.reason in {"INVALID_PATH", "VERSION_UNAVAILABLE"}:
                raise gone from None
            raise
        return answer.decode(Deployed).release()

    def unpublish(self) -> None:
        """Take the current version off; the versions stay."""
        try:
            self.ask("POST", "unpublish", repeat=True)
        except Answered as error:
            if error.reason != "CANNOT_UNPUBLISH":
                raise
            return
        self.kit.note(
            Finding(
                severity="info",
                code="canvasdrop-unpublished",
                message="The canvas is a draft now, and its settings for sharing and the gallery are cleared.",
                hint="The next `presswork deploy` or `presswork rollback` publishes it again, without those settings.",
            )
        )
