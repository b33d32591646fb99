from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import pytest

from presswork.interrupts import held, terminable

if TYPE_CHECKING:
    from collections.abc import Callable


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def through_held(*steps: Callable[[], None]) -> list[str]:
    """Take these steps in a held block; return how far it came and what it raised."""
    done = []
    try:
        with held():
            done.append("first")
            for step in steps:
                step()
            done.append("second")
    except (KeyboardInterrupt, ValueError) as error:
        done.append(type(error).__name__)
    return done


def test_the_first_ctrl_c_waits_until_the_block_is_over() -> None:
    assert through_held(interrupt) == ["first", "second", "KeyboardInterrupt"]


def test_the_second_ctrl_c_does_not_wait() -> None:
    assert through_held(interrupt, interrupt) == ["first", "KeyboardInterrupt"]


def test_a_block_without_ctrl_c_is_as_any_other() -> None:
    assert through_held() == ["first", "second"]
    with pytest.raises(KeyboardInterrupt):
        interrupt()


def test_an_error_in_the_block_is_not_hidden_by_a_ctrl_c() -> None:
    def fail() -> None:
        raise ValueError("mine")

    assert through_held(interrupt, fail) == ["first", "ValueError"]
    with pytest.raises(KeyboardInterrupt):
        interrupt()


def test_outside_the_main_thread_nothing_is_held() -> None:
    seen: list[object] = []

    def work() -> None:
        with held():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]


def test_sigterm_does_what_ctrl_c_does() -> None:
    with pytest.raises(KeyboardInterrupt), terminable():
        signal.raise_signal(signal.SIGTERM)


def test_sigterm_is_held_back_as_ctrl_c_is() -> None:
    with terminable():
        done = through_held(lambda: signal.raise_signal(signal.SIGTERM))
    assert done == ["first", "second", "KeyboardInterrupt"]


def test_sigterm_ends_a_command_that_a_shell_lets_ignore_ctrl_c() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        interrupt()
        with pytest.raises(KeyboardInterrupt), terminable():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before)


def test_afterwards_sigterm_is_as_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with terminable():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
