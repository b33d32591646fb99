"""The host `local`: its class and its upload, over a store on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from presswork.errors import ConfigError, HostError
from presswork.findings import Finding
from presswork.host import Capabilities, Part
from presswork.plan import Estimate
from presswork_local.record import ALIAS
from presswork_local.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from presswork.host import Intent, Kit, Release
    from presswork.manifest import Entry, Manifest
    from presswork_local import Options
    from presswork_local.record import Record

__all__ = ["LocalHost", "LocalUpload"]


class LocalHost:
    """A folder on this machine that holds releases and switches between them by one symbolic link."""

    capabilities = Capabilities(atomic=True, previews=True, proof=("read",), workers=4)

    def __init__(self, options: Options, kit: Kit) -> None:
        self._chosen = options.path
        self._kit = kit
        self.store = Store((options.path or kit.folder / "local").absolute(), keep=options.keep)

    @property
    def place(self) -> str:
        """The store's folder."""
        return self.store.root.resolve().as_uri()

    def live(self) -> Release | None:
        """Return what `current` leads to; `ConfigError` where the folder cannot be a store."""
        self._check()
        return self.store.live()

    def begin(self, intent: Intent, session: str | None) -> LocalUpload:
        """Take the store's lock until `close` and stage a release.

        `Locked` where another deployment is under way, `Conflict` where what is live is not `intent.replaces`.
        """
        self._check()
        if intent.alias is not None and not ALIAS.fullmatch(intent.alias):
            raise ConfigError(
                f"{intent.alias!r} cannot be the alias of a preview.",
                hint="Use up to 63 of the characters a-z, 0-9 and -, the first and the last not a -.",
            )
        self.store.open()
        if intent.live:
            self.store.expect(_id(intent.replaces))
        return LocalUpload(self.store, self.store.stage(intent, session), intent, self._kit.note)

    def close(self) -> None:
        """Let go of the lock."""
        self.store.close()

    def files(self) -> Iterable[tuple[str, str]]:
        """Return path and SHA-256 of what is live; nothing where nothing is."""
        live = self.live()
        return () if live is None else self.store.listing(live.id).items()

    def read(self, path: str) -> Iterable[bytes]:
        """Yield a live file in pieces of at most 256 KiB; `Gone` where it is not there."""
        return self.store.read(path)

    def estimate(self, manifest: Manifest, missing: Sequence[Entry]) -> Estimate:  # noqa: ARG002 -- the contract's
        """Return the one route there is: files are copied, nothing is requested."""
        contents = {entry.sha256: entry.size for entry in missing}
        return Estimate("local", "a folder on this machine takes single files", 0, sum(contents.values()))

    def history(self) -> Iterable[Release]:
        """Return all releases and previews, newest first."""
        return self.store.history()

    def activate(self, release: str) -> Release:
        """Make a release or a preview live; `Gone` where its files are no longer kept."""
        return self.store.activate(release)

    def unpublish(self) -> None:
        """Leave nothing live."""
        self.store.unpublish()

    def delete(self, release: str) -> None:
        """Forget a release, its files and its record. `Refused` where it is live."""
        self.store.delete(release)

    def cancel(self, session: str) -> None:
        """Drop an upload that will not be finished, and the blobs that came for it alone."""
        self.store.cancel(session)

    def app(self, *, any_host: bool) -> Callable[..., Any]:
        """Return an ASGI application that serves the store."""
        from presswork_local.serve import make_app

        return make_app(self.store, any_host=any_host)

    def _check(self) -> None:
        parent = self.store.root.parent
        if self._chosen is not None and not parent.is_dir():
            raise ConfigError(
                f"{parent} is not there, and `path` of the local host is to be a folder in it.",
                hint="Make that folder, or set `path` to another place.",
            )


class LocalUpload:
    """A release in the making in a store."""

    def __init__(self, store: Store, record: Record, intent: Intent, note: Callable[[Finding], None]) -> None:
        self._store = store
        self._record = record
        self._intent = intent
        self._note = note
        self._good: set[str] = set()

    @property
    def session(self) -> str:
        """The id the release will have."""
        return self._record.release.id

    def wanted(self) -> Sequence[Part]:
        """Return one part for each content the store lacks; with none left, build the release's folder."""
        contents: dict[str, list[Entry]] = {}
        for entry in self._intent.manifest:
            contents.setdefault(entry.sha256, []).append(entry)
        parts = []
        for digest, entries in contents.items():
            if digest in self._good or self._store.holds(digest):
                self._good.add(digest)
            else:
                parts.append(Part(digest, entries[0].size, tuple(entries)))
        if not parts and not self._store.folder(self.session):
            self._store.build(self._record)
        return parts

    def put(self, part: Part) -> None:
        """Take in one content; `ContentChanged` where the file is no longer what was hashed."""
        self._store.put(part.key, self._intent.source.open(part.entries[0]).pieces())
        self._good.add(part.key)

    def finish(self) -> Release:
        """Switch, then let go of the files of releases that need not be kept."""
        release = self._store.finish(self._record, _id(self._intent.replaces))
        try:
            self._store.prune()
        except HostError as error:  # the switch has happened: not being tidy does not undo it
            self._note(
                Finding(
                    severity="warning",
                    code="local-not-pruned",
                    message=f"Earlier releases could not be removed: {error.message}",
                    path=str(self._store.root),
                    hint=error.hint,
                )
            )
        return release


def _id(release: Release | None) -> str | None:
    return release.id if release else None
