from __future__ import annotations

from typing import TYPE_CHECKING

from presswork.cli.progress import EVERY, Lines
from presswork.events import FillEnded, PartSent, Scanned, Waiting, WaveStarted
from presswork.manifest import Manifest

if TYPE_CHECKING:
    from presswork.events import Event


class Told:
    """What is said of events that come so many seconds after the start."""

    def __init__(self) -> None:
        self.now = 100.0
        self.said: list[str] = []
        self.lines = Lines(self.said.append, lambda: self.now)

    def __call__(self, event: Event, after: float = 0.0) -> list[str]:
        self.now = 100.0 + after
        self.lines(event)
        return self.said


def test_an_upload_that_is_over_soon_says_nothing() -> None:
    told = Told()
    told(WaveStarted("moon", 2, 20))
    told(PartSent("moon", "a", 1, 10), EVERY - 0.1)
    assert told(FillEnded("moon"), EVERY - 0.1) == []


def test_a_longer_one_says_how_far_it_is_at_most_once_in_ten_seconds() -> None:
    told = Told()
    told(WaveStarted("moon", 2000, 40_000_000))
    assert told(PartSent("moon", "a", 1, 10_000_000), EVERY) == ["moon: sent 1 of 2,000 parts, 10.0 MB of 40.0 MB"]
    assert len(told(PartSent("moon", "b", 1, 10_000_000), 2 * EVERY - 0.1)) == 1
    assert told(PartSent("moon", "c", 1, 10_000_000), 2 * EVERY)[1:] == [
        "moon: sent 3 of 2,000 parts, 30.0 MB of 40.0 MB"
    ]


def test_a_wait_is_said_at_once_with_its_reason() -> None:
    assert Told()(Waiting("moon", 12.4, "the host asked for it")) == ["moon: waiting 12 s: the host asked for it"]


def test_a_scan_that_takes_long_is_no_upload() -> None:
    assert Told()(Scanned("", Manifest((), {}), 60), 60) == []
