"""One version in the making: file by file (begin, blobs by hash, finalize), or as an archive."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from presswork.errors import Conflict, Gone, HostError, Stale
from presswork.findings import Finding
from presswork.host import Part, Taken
from presswork.transport import Answered, Unanswered
from presswork.zipped import Zipped
from presswork_canvasdrop import rules
from presswork_canvasdrop.wire import Begun, Deployed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from presswork.host import Intent, Release
    from presswork.transport import Answer
    from presswork_canvasdrop.host import CanvasHost

__all__ = ["CanvasUpload"]

_OVER: Final = frozenset({"UPLOAD_EXPIRED", "UPLOAD_HANDLE_INVALID", "UPLOAD_ALREADY_FINALIZED"})
"""Codes that end a handle. The last one turns into the others in time, and does not prove that anything is live."""
_LOOKS: Final = (0.5, 1.0, 2.0)
"""Seconds before each look at what became of an archive whose answer was lost."""
_LEASE: Final = (2.0, 4.0, 8.0, 16.0, 32.0)
"""Seconds before finalizing again where another finalize is under way: its lease is 60 seconds at most."""
_UNKNOWN: Final = "whether it was published is not known yet"


class CanvasUpload:
    """`session` is the handle of a staged upload, or `zip` and the version that was live; both only name it."""

    def __init__(self, host: CanvasHost, intent: Intent) -> None:
        self.session = ""
        self._host = host
        self._intent = intent
        self._before = intent.replaces.id if intent.replaces else None
        self._files = {entry.sha256: entry for entry in reversed(intent.manifest.entries)}
        self._over = True  # the handle; there is none yet
        self._missing: dict[str, None] = {}
        self._zip = ""
        self._zips = host.options.route != "staged" and rules.unpackable(intent.manifest) is None
        self._done: Release | None = None

    def wanted(self) -> Sequence[Part]:
        """Return one part for each content the server lacks; none where an archive is quicker, or is all it takes."""
        if self._over and not self._zip:
            self._begin()
        return [Part(digest, self._files[digest].size, (self._files[digest],)) for digest in self._missing]

    def put(self, part: Part) -> None:
        """Send one content; `Stale` where the handle is no more, or the bytes did not arrive as they were."""
        (entry,) = part.entries
        body = self._intent.source.open(entry)
        try:
            self._host.ask("PUT", f"uploads/{self.session}/blobs/{part.key}", body=body, file=entry.path)
        except Answered as error:
            if error.reason in _OVER | {"BLOB_HASH_MISMATCH"}:
                raise self._begin_again(error) from None
            raise
        self._missing.pop(part.key, None)

    def finish(self) -> Release:
        """Publish; `Conflict` where something else went live instead."""
        if self._done is None:
            self._done = self._send_archive() if self._zip else self._finalize()
        return self._done

    def taken(self) -> Taken:
        """Return the way that was taken, and what an archive held."""
        if not self._zip:
            return Taken("staged", "only the files the server lacked were sent")
        manifest = self._intent.manifest
        return Taken("zip", self._zip, len(manifest), manifest.size)

    def _begin(self) -> None:
        """Open a handle, unless an archive it is to be."""
        if self._host.options.route == "zip":
            return self._pack("it is asked for")
        manifest = self._intent.manifest
        table = [{"path": entry.path, "hash": entry.sha256, "size": entry.size} for entry in manifest]
        try:
            answer = self._host.ask(
                "POST", "uploads", json={"manifest": table}, publishes=True, repeat=True, expect={501}
            )
            begun = None if answer.status == 501 else answer.decode(Begun)
        except Answered as error:
            if not self._host.lacks(error):
                raise
            begun = None
        if begun is None:
            if not self._zips:
                raise HostError(
                    "The server takes no files one by one, and this site is not to be sent as an archive.",
                    hint="Leave `route` out, or ask the server's operator to update it.",
                )
            self._zips = False  # there is no other way to turn to
            return self._pack("the server takes no files one by one")
        if self._zips and self._host.options.route == "auto" and rules.zip_pays(manifest, begun.missing_hashes):
            return self._pack(f"one archive is quicker than {len(begun.missing_hashes):,} files one by one")
        self.session, self._over = begun.upload_id, False
        self._missing = {digest: None for digest in begun.missing_hashes if digest in self._files}
        return None

    def _pack(self, why: str) -> None:
        self._zip, self.session, self._missing = why, f"zip:{self._before or ''}", {}
        with suppress(Gone):
            self._host.listing()  # an old server cannot say what is live, which is to be known beforehand

    def _begin_again(self, error: Answered) -> Stale:
        self._over = True
        return Stale(error.message, hint=error.hint)

    def _finalize(self) -> Release:
        """Publish what was staged. Where it is said to be done already, what is live decides."""
        for pause in (*_LEASE, None):
            try:
                return self._told(
                    self._host.ask("POST", f"uploads/{self.session}/finalize", publishes=True, repeat=True)
                )
            except Answered as error:
                if error.reason == "UPLOAD_MISSING_BLOB":
                    named = [digest for digest in re.findall("[0-9a-f]{64}", error.said) if digest in self._files]
                    self._missing = dict.fromkeys(named or self._files)
                    raise Stale(error.message, hint=error.hint) from None
                if error.reason in _OVER:
                    if published := self._published():
                        return published
                    raise self._begin_again(error) from None
                if error.reason != "UPLOAD_IN_PROGRESS" or pause is None:
                    raise
                self._host.kit.wait(pause, "another finalize of this deployment is under way")
        raise AssertionError("the loop returns or raises")

    def _send_archive(self) -> Release:
        """Send the archive, which makes a version each time: what is live is looked at before it is sent again."""
        body = Zipped(self._intent.manifest, self._intent.source)
        kind = {"content-type": "application/zip"}
        try:
            return self._told(self._host.ask("PUT", "deploy", body=body, headers=kind, publishes=True, repeat=False))
        except Answered as error:
            if error.status in {400, 413} and self._host.options.route == "auto" and self._zips:
                self._zips, self._zip = False, ""  # one by one, then: a proxy may take no large body
                raise self._begin_again(error) from None
            if not error.retryable or error.status == 429:
                raise
            trouble: HostError = error
        except Unanswered as error:
            if not error.retryable:
                raise
            trouble = error
        certain = isinstance(trouble, Unanswered) and not trouble.uncertain
        for pause in () if certain else _LOOKS:
            self._host.kit.wait(pause, _UNKNOWN)
            with suppress(Gone):
                if published := self._published():
                    return published
        raise Stale(trouble.message, hint=trouble.hint) from None

    def _told(self, answer: Answer) -> Release:
        """Return what an answer says was published, and pass on the server's warnings."""
        done = answer.decode(Deployed)
        for warning in done.warnings:
            self._host.kit.note(
                Finding(
                    severity="warning",
                    code="canvasdrop-warning",
                    message=f"Canvas Drop: {warning}",
                    hint="It does not keep the site from being live.",
                )
            )
        return done.release()

    def _published(self) -> Release | None:
        """Return what is live where that is this site, and new; None where nothing has changed."""
        listing = self._host.listing()
        if listing is None or str(listing.version) == self._before:
            return None
        if {file.path: file.hash for file in listing.files} == self._intent.manifest.listing():
            return self._host.live()
        raise Conflict(
            "Another deployment went live while this one was under way.",
            hint="Look at it with `presswork status`, then run the same command again to replace it.",
        )
