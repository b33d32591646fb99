"""The manifests that were deployed, by digest: what a host need not be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from presswork.errors import PressworkError
from presswork.manifest import Manifest

if TYPE_CHECKING:
    from presswork.state import State

__all__ = ["Archive"]

KEEP: Final = 50
"""How many manifests are kept, the newest."""


class Archive:
    """Deployed manifests of one project, kept by their digest."""

    def __init__(self, state: State) -> None:
        self._state = state

    def put(self, manifest: Manifest) -> None:
        """Keep a manifest, with the digests it was kept with before, and drop the oldest ones beyond `KEEP`."""
        if kept_before := self.get(manifest.digest):
            manifest = Manifest(manifest.entries, manifest.types, {**kept_before.digests, **manifest.digests})
        name = _name(manifest.digest)
        self._state.write(name, manifest.to_json())
        (self._state.folder / name).touch()  # what was deployed before and is deployed again is new
        kept = sorted((self._state.folder / "archive").glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
        for file in kept[:-KEEP]:
            file.unlink(missing_ok=True)

    def get(self, digest: str | None) -> Manifest | None:
        """Return the manifest of that digest; None where it is not kept or is damaged."""
        data = self._state.read(_name(digest)) if digest else None
        if data is None:
            return None
        try:
            manifest = Manifest.from_json(data)
        except PressworkError:
            return None  # it is a copy: the host will be asked instead
        return manifest if manifest.digest == digest else None


def _name(digest: str) -> str:
    return f"archive/{digest.removeprefix('sha256:')}.json"
