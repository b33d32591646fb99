from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from presswork.errors import Gone
from presswork.host import SHA1, Capabilities, Release
from presswork.testing import memory_source
from presswork.verify import prove
from presswork.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from presswork.host import Digest, Host, Proof
    from presswork.report import Verified
    from presswork.transport import Client

FILES = {"index.html": b"home", "a.txt": b"a", "b.txt": b"b"}
LIVE = Release(id="r1", url="", live=True)


class Nothing:
    """A host that can say nothing of what is live."""

    def __init__(self, *proof: Proof, digest: Digest | None = None) -> None:
        more = {"digest": digest} if digest else {}
        self.capabilities = Capabilities(atomic=True, previews=False, proof=proof, **more)
        self.there = dict(FILES)
        self.asked: list[str] = []


class Reading(Nothing):
    def read(self, path: str) -> Iterable[bytes]:
        self.asked.append("read")
        if path not in self.there:
            raise Gone(f"{path} is not live.", hint="")
        yield from (self.there[path][:1], self.there[path][1:])


class Listing(Reading):
    def files(self) -> Iterable[tuple[str, str]]:
        self.asked.append("listing")
        digest = self.capabilities.digest
        for path, data in self.there.items():
            hasher = digest.new(path, len(data))
            hasher.update(data)
            yield path, hasher.hexdigest()


def nobody(_url: str) -> Client:
    raise AssertionError("there is nothing to visit")


VISIT = Visit(nobody, lambda _seconds, _why: None)


def proved(host: object, *, full: bool = False, digests: tuple[Digest, ...] = ()) -> Verified | None:
    manifest, _ = memory_source(FILES, *digests)
    like_a_host: Host = host  # type: ignore[assignment]
    return prove(like_a_host, LIVE, manifest, visit=VISIT, full=full)


def answer(host: object, **more: bool) -> tuple[str, int, bool, tuple[str, ...]]:
    found = proved(host, **more)
    assert found is not None
    return found.method, found.files, found.ok, found.mismatches


def test_a_site_that_is_what_was_built_is_proved_by_the_first_way() -> None:
    host = Listing("listing", "read")
    assert answer(host) == ("listing", 3, True, ())
    assert host.asked == ["listing"]


@pytest.mark.parametrize("full", [False, True])
def test_reading_shows_what_is_too_much_where_the_host_lists_as_well(full: bool) -> None:
    host = Listing("read")
    assert answer(host, full=full) == ("read", 3, True, ())
    assert host.asked == ["listing", "read", "read", "read"]
    host.there["stray.txt"] = b""
    assert answer(host, full=full) == ("listing", 3, False, ("stray.txt",))


def test_a_listing_that_is_asked_for_twice_is_fetched_once() -> None:
    host = Listing("read", "listing")
    assert proved(host, full=True) is not None
    assert host.asked.count("listing") == 1


def test_a_listing_shows_what_is_missing_too_much_or_different() -> None:
    host = Listing("listing")
    host.there = {"index.html": b"home", "a.txt": b"tampered", "stray.txt": b""}
    assert answer(host) == ("listing", 3, False, ("a.txt", "b.txt", "stray.txt"))


def test_reading_shows_what_is_missing_or_different() -> None:
    host = Reading("read")
    host.there = {"index.html": b"home", "a.txt": b"tampered"}
    assert answer(host) == ("read", 3, False, ("a.txt", "b.txt"))


def test_a_listing_is_compared_in_the_hosts_own_digest() -> None:
    found = proved(Listing("listing", digest=SHA1), digests=(SHA1,))
    assert found is not None
    assert found.ok


def test_a_manifest_without_the_hosts_digest_is_proved_in_another_way() -> None:
    assert answer(Listing("listing", "read", digest=SHA1))[0] == "read"
    assert proved(Listing("listing", digest=SHA1)) is None


def test_full_goes_through_every_way_and_tells_them_all() -> None:
    host = Listing("listing", "read")
    found = proved(host, full=True)
    assert found is not None
    assert (found.method, found.also) == ("listing", ("read",))
    assert host.asked == ["listing", "read", "read", "read"]


def test_full_stops_at_the_first_way_that_fails() -> None:
    host = Listing("listing", "read")
    del host.there["a.txt"]
    assert answer(host, full=True) == ("listing", 3, False, ("a.txt",))
    assert "read" not in host.asked


def test_a_way_that_the_host_lacks_is_passed_over() -> None:
    assert answer(Reading("listing", "read"))[0] == "read"


def test_a_host_without_any_way_proves_nothing() -> None:
    assert proved(Nothing("listing", "read")) is None
    assert proved(Listing()) is None


def preview(folder: Path) -> Verified | None:
    manifest, _ = memory_source(FILES)
    like_a_host: Host = Listing("listing")  # type: ignore[assignment]
    return prove(like_a_host, Release(id="p1", url=folder.as_uri() + "/", live=False), manifest, visit=VISIT)


def test_a_preview_is_proved_by_its_own_address(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    for path, data in FILES.items():
        (folder / path).write_bytes(data)
    found = preview(folder)
    assert found is not None
    assert (found.method, found.ok) == ("read", True)
    (folder / "a.txt").write_bytes(b"tampered")
    (folder / "b.txt").unlink()
    (folder / "stray.txt").touch()
    found = preview(folder)
    assert found is not None
    assert (found.ok, set(found.mismatches)) == (False, {"a.txt", "b.txt", "stray.txt"})


def test_a_preview_whose_files_are_gone_is_told_as_gone(tmp_path: Path) -> None:
    with pytest.raises(Gone, match="p1 are no longer kept"):
        preview(tmp_path / "gone")
