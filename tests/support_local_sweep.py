"""The local host for the sweep: its store, and the kinds of deploys there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from support_local import NEW, OLD, tree
from support_sweep import write
from support_sweep_kinds import Files, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from support_sweep import Rig
    from support_sweep_kill import Forks

_NEXT: Final[Files] = {**NEW, "large.bin": b"two pieces" * 30_000, "same-again.txt": OLD["same.txt"]}
_THIRD: Final[Files] = {"index.html": b"the third", "same.txt": OLD["same.txt"]}
_KEEP: Final = {"keep": "1"}

KINDS: Final = (
    Kind("first", None, _NEXT, _KEEP),
    Kind("several", OLD, _NEXT, _KEEP),
    Kind("unchanged", OLD, OLD, _KEEP),
    Kind("preview", OLD, _NEXT, _KEEP, preview=True),
)


class Local:
    """A store, in which a blob that is sent again is another file."""

    host = "local"
    environ: Mapping[str, str] = {}

    def __init__(self, folder: Path, _address: str, _kind: Kind) -> None:
        folder.mkdir(exist_ok=True)
        self.store = folder / "store"
        self._seen: dict[tuple[str, int, int], str] = {}
        self.sent()

    async def app(self, *_request: Any) -> None:
        raise AssertionError("a folder is asked nothing")

    def options(self, _address: str) -> Mapping[str, str]:
        return {"path": str(self.store)}

    def live(self) -> Files | None:
        current = self.store / "current"
        return tree(current.resolve(strict=True)) if current.is_symlink() else None

    def pass_time(self) -> None:
        """A folder does nothing by itself."""

    def stored(self) -> frozenset[str]:
        return frozenset(blob.name for blob in self._blobs())

    def sent(self) -> Sequence[str]:
        for blob in self._blobs():
            found = blob.stat()
            self._seen.setdefault((blob.name, found.st_ino, found.st_mtime_ns), blob.name)
        return [*self._seen.values()]

    def _blobs(self) -> list[Path]:
        return sorted(self.store.glob("blobs/*/*"))


def check_next(rig: Rig, forks: Forks) -> None:
    """Another site can be deployed, and it leaves nothing behind."""
    write(rig.folder / "third", _THIRD)
    assert forks.deploy(rig, "third").code == 0, forks.last
    assert rig.service.live() == (rig.kind.goal if rig.kind.preview else _THIRD)
    check_tidy(rig)


def check_tidy(rig: Rig) -> None:
    """Nothing is half-made, every release has its record, and there is no blob but theirs."""
    assert isinstance(rig.service, Local)
    store = rig.service.store
    half_made = [*(store / "tmp").iterdir(), *(store / "staging").iterdir()]
    assert not half_made, f"left over: {half_made}"
    releases = [*(store / "releases").iterdir()]
    blobs = {file.read_bytes() for file in (store / "blobs").rglob("*") if file.is_file()}
    assert blobs == {content for release in releases for content in tree(release).values()}, "blobs of no release"
    assert {file.stem for file in (store / "manifests").iterdir()} >= {release.name for release in releases}
