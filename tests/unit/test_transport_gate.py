"""The gate: how many requests go out at once, and which wait."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from presswork.errors import Cancelled
from presswork.transport.gate import Gate
from support_sockets import Clock


def gate(cap: int = 8) -> tuple[Gate, Clock]:
    clock = Clock()
    return Gate(cap, clock=clock, wait=clock.wait), clock


def test_the_width_starts_at_the_cap_halves_and_grows_back_to_it() -> None:
    own, _ = gate(8)
    assert own.width == 8
    widths = []
    for _ in range(5):
        with own.slot("") as age:
            own.went_badly(age)
        widths.append(own.width)
    assert widths == [4, 2, 1, 1, 1]
    successes = 0
    while own.width < 8:
        own.went_well()
        successes += 1
    assert successes > 8  # not at once
    for _ in range(100):
        own.went_well()
    assert own.width == 8


def test_requests_that_failed_together_halve_the_width_once() -> None:
    own, _ = gate(8)
    with ExitStack() as stack:
        ages = [stack.enter_context(own.slot("")) for _ in range(8)]
    for age in ages:
        own.went_badly(age)
    assert own.width == 4


def test_the_host_s_word_caps_the_width_and_ours_caps_the_host_s() -> None:
    own, _ = gate(8)
    own.cap(3)
    assert own.width == 3
    for _ in range(100):
        own.went_well()
    assert own.width == 3
    own.cap(100)
    for _ in range(100):
        own.went_well()
    assert own.width == 8
    own.cap(0)
    assert own.width == 1


def test_no_more_than_the_width_are_let_through_at_once() -> None:
    own, _ = gate(3)
    inside = most = 0
    lock = threading.Lock()
    together = threading.Barrier(3)

    def work() -> None:
        nonlocal inside, most
        with own.slot(""):
            with lock:
                inside += 1
                most = max(most, inside)
            together.wait()  # ends only where three are inside
            with lock:
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 3
    assert own.passed == 60


def test_a_pause_holds_its_bucket_back_and_no_other() -> None:
    own, clock = gate()
    own.pause("uploads", 30, "why")

    with own.slot("reads"):
        assert clock.waits == []
    with own.slot("uploads"):
        assert clock.waits == [(30, "why")]
    with own.slot("uploads"):
        assert len(clock.waits) == 1


def test_the_longer_of_two_pauses_holds() -> None:
    own, clock = gate()
    own.pause("", 30, "long")
    own.pause("", 10, "short")

    with own.slot(""):
        assert clock.waits == [(30, "long")]


def test_a_pause_that_began_while_waiting_for_a_place_is_sat_out() -> None:
    own, clock = gate(1)
    entered = threading.Event()
    thread = threading.Thread(target=lambda: _enter(own, "", entered))
    with own.slot(""):
        thread.start()
        own.pause("", 30, "why")
    thread.join()

    assert entered.is_set()
    assert clock.waits == [(30, "why")]


def test_a_place_that_one_bucket_cannot_use_yet_goes_to_another() -> None:
    paused, release = threading.Event(), threading.Event()
    clock = Clock()

    def wait(seconds: float, why: str) -> None:
        paused.set()
        release.wait()
        clock.wait(seconds, why)

    own = Gate(1, clock=clock, wait=wait)
    held, free = threading.Event(), threading.Event()
    threads = [
        threading.Thread(target=lambda: _enter(own, "held", held)),
        threading.Thread(target=lambda: _enter(own, "free", free)),
    ]
    with own.slot("free"):
        for thread in threads:
            thread.start()
        own.pause("held", 30, "why")
    assert free.wait(30)
    assert not held.is_set()
    release.set()
    for thread in threads:
        thread.join()
    assert held.is_set()


def test_a_wait_that_is_cancelled_lets_nothing_through() -> None:
    def wait(_seconds: float, _why: str) -> None:
        raise Cancelled

    clock = Clock()
    own = Gate(1, clock=clock, wait=wait)
    own.pause("", 30, "why")

    with pytest.raises(Cancelled), own.slot(""):
        raise AssertionError
    with own.slot("another"):
        pass  # the place is not lost


def _enter(own: Gate, bucket: str, entered: threading.Event) -> None:
    with own.slot(bucket):
        entered.set()
