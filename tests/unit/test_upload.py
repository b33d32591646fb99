from __future__ import annotations

import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from presswork.errors import Cancelled, HostError, Stale
from presswork.events import Event, FillEnded, FillStarted, PartSent, Sent, Waiting, WaveStarted
from presswork.host import Part, Release
from presswork.testing import memory_source
from presswork.upload import MOST_STALES, Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from presswork.manifest import Entry

FILES = {f"p{n}.html": b"x" * (7 - n) for n in range(1, 7)}
MANIFEST, SOURCE = memory_source(FILES)


class Host:
    """An upload to a host in memory, with its answers prepared: what it wants, wave by wave, and what `put` does."""

    def __init__(self, *waves: Sequence[str], put: Callable[[str], None] = lambda _key: None) -> None:
        self.waves = list(waves)
        self.on_put = put
        self.session = "s0"
        self.asked = 0
        self.putting = 0
        self.taken: list[str] = []
        self.lock = threading.Lock()

    def wanted(self) -> list[Part]:
        assert self.putting == 0, "asked while a put was running"
        self.asked += 1
        return [part(key) for key in (self.waves.pop(0) if self.waves else ())]

    def put(self, part: Part) -> None:
        with self.lock:
            self.putting += 1
        try:
            self.on_put(part.key)
            with self.lock:
                self.taken.append(part.key)
        finally:
            with self.lock:
                self.putting -= 1

    def finish(self) -> Release:
        raise AssertionError("the engine never switches")


def part(key: str) -> Part:
    entries: tuple[Entry, ...] = (MANIFEST[key],) if key in MANIFEST else ()
    return Part(key, sum(entry.size for entry in entries), entries)


def fill(host: Host, workers: int = 3, events: list[Event] | None = None) -> tuple[int, int, list[str]]:
    """Fill an upload; return files and bytes sent, and the sessions that were recorded."""
    sessions: list[str] = []
    sent = Engine("moon", (events if events is not None else []).append).fill(host, workers, sessions.append)
    return sent.files, sent.bytes, sessions


class Prepared:
    """Raises these for a key, one at a time, and then lets it be taken."""

    def __init__(self, **errors: list[Exception]) -> None:
        self.errors = errors

    def __call__(self, key: str) -> None:
        if waiting := self.errors.get(key.partition(".")[0]):
            raise waiting.pop(0)


def stale() -> Stale:
    return Stale("The handle has expired.")


def broken() -> HostError:
    return HostError("It is full.", hint="Make room.")


def test_wave_after_wave_is_sent_until_nothing_is_wanted() -> None:
    host = Host(["p1.html", "p2.html"], ["p3.html"])
    assert fill(host) == (3, 15, ["s0"])
    assert sorted(host.taken) == ["p1.html", "p2.html", "p3.html"]
    assert host.taken[-1] == "p3.html"
    assert host.asked == 3


def test_of_each_wave_the_largest_part_is_sent_first() -> None:
    host = Host(["p6.html", "p2.html", "p4.html"], ["p3.html", "p1.html"])
    fill(host, workers=1)
    assert host.taken == ["p2.html", "p4.html", "p6.html", "p1.html", "p3.html"]


def test_a_host_that_wants_nothing_is_asked_once() -> None:
    host = Host()
    assert fill(host) == (0, 0, ["s0"])
    assert host.asked == 1


def test_a_part_without_files_counts_none() -> None:
    assert fill(Host(["functions", "p1.html"]))[:2] == (1, 6)


def test_a_batch_counts_all_its_files() -> None:
    class Batches(Host):
        def wanted(self) -> list[Part]:
            self.asked += 1
            entries = tuple(MANIFEST)
            return [Part("batch", MANIFEST.size, entries)] if self.asked == 1 else []

    assert fill(Batches())[:2] == (6, 21)


def test_no_more_workers_than_allowed_put_at_a_time_and_all_of_them_do() -> None:
    together = threading.Barrier(3, timeout=60)
    threads = set()

    def put(_key: str) -> None:
        threads.add(threading.get_ident())
        together.wait()

    host = Host(sorted(FILES), put=put)
    assert fill(host, workers=3)[0] == 6
    assert len(threads) == 3
    assert threading.get_ident() not in threads


def test_a_session_is_recorded_when_it_changes_and_only_then() -> None:
    class Changing(Host):
        def wanted(self) -> list[Part]:
            parts = super().wanted()
            self.session = "s1" if self.asked > 2 else "s0"
            return parts

    assert fill(Changing(["p1.html"], ["p2.html"], ["p3.html"]))[2] == ["s0", "s1"]


def test_a_stale_session_ends_the_wave_and_the_host_is_asked_anew() -> None:
    host = Host(["p1.html", "p2.html"], ["p1.html", "p2.html"], put=Prepared(p1=[stale()]))
    assert fill(host, workers=1)[0] == 2
    assert host.taken == ["p1.html", "p2.html"]
    assert host.asked == 3


def test_the_workers_drain_before_the_host_is_asked_anew() -> None:
    started, raised = threading.Event(), threading.Event()
    errors = [stale()]

    def put(key: str) -> None:
        if key == "p1.html" and errors:
            started.wait(60)
            error = errors.pop()
            raised.set()
            raise error
        started.set()
        raised.wait(60)

    host = Host(["p1.html", "p2.html"], ["p1.html"], put=put)
    assert fill(host, workers=2)[0] == 2
    assert host.taken == ["p2.html", "p1.html"]


def test_more_than_three_stale_sessions_are_an_error() -> None:
    waves = [["p1.html"]] * (MOST_STALES + 2)
    assert MOST_STALES == 3
    assert fill(Host(*waves[:-1], put=Prepared(p1=[stale() for _ in range(3)])))[0] == 1
    host = Host(*waves, put=Prepared(p1=[stale() for _ in range(9)]))
    with pytest.raises(Stale):
        fill(host)
    assert host.asked == 4


def test_the_same_wave_twice_is_an_error_of_the_host() -> None:
    host = Host(["p1.html", "p2.html"], ["p2.html", "p1.html"])
    with pytest.raises(HostError, match="asks again for what it has taken") as caught:
        fill(host)
    assert caught.value.retryable
    assert caught.value.path == "p2.html"


def test_the_same_wave_after_another_one_or_a_stale_is_none() -> None:
    assert fill(Host(["p1.html"], ["p2.html"], ["p1.html"]))[0] == 2
    assert fill(Host(["p1.html"], ["p1.html"], put=Prepared(p1=[stale()])))[0] == 1


def test_the_first_fatal_error_names_its_path_and_stops_the_rest() -> None:
    host = Host(sorted(FILES), put=Prepared(p2=[broken()]))
    with pytest.raises(HostError, match="It is full") as caught:
        fill(host, workers=1)
    assert caught.value.path == "p2.html"
    assert host.taken == ["p1.html"]
    assert host.asked == 1


def test_an_error_that_names_a_path_keeps_it() -> None:
    error = HostError("No.", hint="Mend it.", path="elsewhere.html")
    with pytest.raises(HostError) as caught:
        fill(Host(["p1.html"], put=Prepared(p1=[error])))
    assert caught.value.path == "elsewhere.html"


def test_a_fatal_error_counts_more_than_a_stale_session() -> None:
    together = threading.Barrier(2, timeout=60)

    def put(key: str) -> None:
        together.wait()
        raise stale() if key == "p1.html" else broken()

    with pytest.raises(HostError, match="It is full"):
        fill(Host(["p1.html", "p2.html"], put=put), workers=2)


def test_an_error_that_is_none_of_ours_is_raised_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        fill(Host(["p1.html"], put=Prepared(p1=[ZeroDivisionError()])))


def test_events_are_emitted_by_the_thread_that_fills() -> None:
    events: list[Event] = []
    threads = set()

    class Watching(list[Event]):
        def append(self, event: Event) -> None:
            threads.add(threading.get_ident())
            events.append(event)

    fill(Host(["p2.html"], ["p3.html"]), events=Watching())
    assert events == [
        FillStarted("moon"),
        WaveStarted("moon", 1, 5),
        PartSent("moon", "p2.html", 1, 5),
        WaveStarted("moon", 1, 4),
        PartSent("moon", "p3.html", 1, 4),
        FillEnded("moon"),
    ]
    assert threads == {threading.get_ident()}


def test_bytes_are_metered_as_they_are_read() -> None:
    events: list[Event] = []
    engine = Engine("moon", events.append)
    source = engine.source(SOURCE)
    host = Host(["p2.html"], put=lambda key: [*source.open(MANIFEST[key]).pieces()].clear())
    engine.fill(host, 1, lambda _session: None)
    assert Sent("moon", 5) in events


def test_ctrl_c_lets_the_workers_end_and_sends_nothing_more() -> None:
    engine = Engine("moon", lambda _event: None)

    def put(_key: str) -> None:
        signal.raise_signal(signal.SIGINT)
        with suppress(Cancelled):
            engine.wait(600, "until the main thread has noticed")

    host = Host(sorted(FILES), put=put)
    with pytest.raises(KeyboardInterrupt):
        engine.fill(host, 1, lambda _session: None)
    assert host.taken == ["p1.html"]
    assert host.putting == 0
    assert [thread for thread in threading.enumerate() if thread.name.startswith("presswork-")] == []


def test_ctrl_c_ends_a_wait_of_the_host_and_the_reading_of_a_file() -> None:
    events: list[Event] = []
    ended: list[str] = []
    engine = Engine("moon", events.append)
    source = engine.source(SOURCE)

    def put(key: str) -> None:
        signal.raise_signal(signal.SIGINT)
        try:
            engine.wait(600, "the host is at work")
        except Cancelled:
            ended.append("wait")
        try:
            source.open(MANIFEST[key]).read()
        except Cancelled:
            ended.append("read")
            raise

    with pytest.raises(KeyboardInterrupt):
        engine.fill(Host(["p1.html"], put=put), 1, lambda _session: None)
    assert ended == ["wait", "read"]


def test_a_wait_on_the_main_thread_is_shown_at_once() -> None:
    events: list[Event] = []
    Engine("moon", events.append).wait(0, "the host is at work")
    assert events == [Waiting("moon", 0, "the host is at work")]
