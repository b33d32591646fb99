"""The part of the contract in which nothing goes wrong: one deploy after another."""

# ruff: noqa: D102 -- the name of a test says what it shows

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from threading import Barrier, BrokenBarrierError
from typing import TYPE_CHECKING

from presswork.host import Capabilities
from presswork.testing.child import in_child, watch
from presswork.testing.kits import kit
from presswork.testing.sites import FIRST, ODD, SECOND, MemorySource, noise
from presswork.testing.steps import fill

if TYPE_CHECKING:
    from typing import BinaryIO

    from presswork.testing.bench import Bench
    from presswork.testing.child import Tell

__all__ = ["DeployContract"]


class DeployContract:
    """What must work for every host."""

    def test_capabilities_stand_on_the_class_and_agree_with_the_abilities(self, bench: Bench) -> None:
        capabilities = getattr(bench.host_type.load(), "capabilities", None)

        assert isinstance(capabilities, Capabilities)
        assert capabilities.workers >= 1
        assert bench.can("lists") or "listing" not in capabilities.proof
        assert bench.can("reads") or "read" not in capabilities.proof

    def test_the_constructor_does_no_input_or_output_and_asks_for_no_secret(self, bench: Bench) -> None:
        def work(tell: Tell) -> None:
            make, options, without_secrets = bench.host_type.load(), bench.settings(), kit(bench.folder)
            make(options, without_secrets)  # what it imports is imported now
            watch(lambda event: tell("event", event), reads=True)
            make(options, without_secrets)

        assert in_child(work).of("event") == []

    def test_the_place_is_the_same_for_the_same_options_and_holds_no_secret(self, bench: Bench) -> None:
        place = bench.host().place

        assert place
        assert place == bench.host().place
        assert not [name for name, value in bench.secrets.items() if value in place]

    def test_nothing_is_live_before_the_first_deploy(self, bench: Bench) -> None:
        assert bench.live() is None
        assert bench.seen(FIRST) == bench.shown({}, None)

    def test_the_first_deploy_makes_the_site_live(self, bench: Bench) -> None:
        release = bench.publish(FIRST, "the first one")

        assert release.id
        assert release.live
        assert not release.preview
        assert release.label in (None, "the first one")
        assert bench.seen(FIRST) == bench.shown(FIRST, "the first one")
        live = bench.live()
        assert live is not None
        assert (live.id, live.live, live.url) == (release.id, True, release.url)

    def test_a_release_says_when_it_was_made_in_utc_or_does_not_say(self, bench: Bench) -> None:
        created = bench.publish(FIRST).created

        assert created is None or datetime.fromisoformat(created).utcoffset() == UTC.utcoffset(None)

    def test_the_next_deploy_replaces_the_site_and_drops_what_was_removed(self, bench: Bench) -> None:
        first = bench.publish(FIRST, "one")
        second = bench.publish(SECOND, "two")

        assert second.id != first.id
        assert bench.seen({**FIRST, **SECOND}) == bench.shown(SECOND, "two")

    def test_odd_names_empty_files_and_duplicates_arrive_as_they_are(self, bench: Bench) -> None:
        odd = bench.allowed(ODD)
        bench.publish(odd, "odd")

        assert len(odd) > len(ODD) // 2
        assert bench.seen(odd) == bench.shown(odd, "odd")

    def test_a_file_can_become_a_folder_and_a_folder_a_file(self, bench: Bench) -> None:
        before = {"index.html": b"<p>1", "one": b"a file", "two/inner": b"in a folder"}
        after = {"index.html": b"<p>2", "one/inner": b"in a folder", "two": b"a file"}
        bench.publish(before, "before")
        bench.publish(after, "after")

        assert bench.seen({**before, **after}) == bench.shown(after, "after")

    def test_a_file_of_several_mebibytes_arrives_whole(self, bench: Bench) -> None:
        files = {"index.html": b"<p>Large.", "film.bin": noise(5 * 1024 * 1024 + 17, "film")}
        bench.publish(files, "large")

        assert bench.seen(files) == bench.shown(files, "large")

    def test_unchanged_content_is_not_wanted_again_but_is_a_release_again(self, bench: Bench) -> None:
        bench.publish(FIRST, "one")
        wanted = _wanted(bench, FIRST, "again") if bench.can("lists") else set()
        bench.publish(FIRST, "again")

        assert wanted == set()
        assert bench.seen(FIRST) == bench.shown(FIRST, "again")

    def test_only_changed_content_is_wanted(self, bench: Bench) -> None:
        bench.need("lists")
        bench.publish(FIRST)

        assert _wanted(bench, SECOND, "two") <= SECOND.keys() - {"about/index.html"}

    def test_a_part_holds_entries_of_the_manifest_and_none_comes_twice_in_a_wave(self, bench: Bench) -> None:
        intent = bench.intent(bench.allowed(ODD))
        with bench.open() as host:
            for wave in fill(host.begin(intent, None)):
                entries = [entry for part in wave for entry in part.entries]
                assert set(entries) <= set(intent.manifest)
                assert len(entries) == len({entry.path for entry in entries})
                assert all(part.size >= 0 for part in wave)

    def test_a_part_can_be_put_twice(self, bench: Bench) -> None:
        with bench.open() as host:
            upload = host.begin(bench.intent(FIRST, "twice"), None)
            while parts := upload.wanted():
                for part in (*parts, *parts):
                    upload.put(part)
            upload.finish()

        assert bench.seen(FIRST) == bench.shown(FIRST, "twice")

    def test_parts_can_be_put_at_the_same_time(self, bench: Bench) -> None:
        workers = min(bench.capabilities.workers, 16)
        files = {f"page-{number}.html": b"<p>%d" % number for number in range(3 * workers)}
        intent = bench.intent(files, "at once", source=_Meeting(files, workers))
        with bench.open() as host:
            upload = host.begin(intent, None)
            fill(upload, workers=workers)
            upload.finish()

        assert bench.seen(files) == bench.shown(files, "at once")

    def test_finishing_twice_gives_the_same_release(self, bench: Bench) -> None:
        bench.publish(FIRST, "before")
        with bench.open() as host:
            upload = host.begin(bench.intent(SECOND, "twice", replaces=host.live()), None)
            fill(upload)
            first = upload.finish()
            second = upload.finish()

        live = bench.live()
        assert live is not None
        assert first.id == second.id == live.id
        assert bench.seen({**FIRST, **SECOND}) == bench.shown(SECOND, "twice")

    def test_a_host_can_be_closed_twice_used_or_not(self, bench: Bench) -> None:
        used, unused = bench.host(), bench.host()
        used.live()
        for host in (used, used, unused, unused):
            host.close()


def _wanted(bench: Bench, files: dict[str, bytes], label: str) -> set[str]:
    """Return the paths sent for these files, deploying them."""
    with bench.open() as host:
        upload = host.begin(bench.intent(files, label, replaces=host.live()), None)
        paths = {entry.path for wave in fill(upload) for part in wave for entry in part.entries}
        upload.finish()
    return paths


class _Meeting(MemorySource):
    """A source whose first readers wait for each other, so that their puts overlap; a host may let in fewer."""

    def __init__(self, files: dict[str, bytes], readers: int) -> None:
        super().__init__(files)
        self._barrier = Barrier(readers)
        self._over = False

    def start(self, path: str) -> BinaryIO:
        if not self._over:
            with suppress(BrokenBarrierError):
                self._barrier.wait(timeout=2)
            self._over = True
        return super().start(path)
