"""The part of the contract in which something goes wrong: sessions gone, files changed, rivals, kills."""

# ruff: noqa: D102 -- the name of a test says what it shows

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from presswork.errors import Conflict, ContentChanged, Locked
from presswork.testing.sites import FIRST, SECOND, memory_source, numbered
from presswork.testing.steps import FailAt, deploy, fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from presswork.host import Release
    from presswork.testing.bench import Bench

__all__ = ["TroubleContract"]

BOTH = {**FIRST, **SECOND}
_MOST_STEPS = 2000
THIRD = {**SECOND, "index.html": b"<!doctype html><p>Three."}


class TroubleContract:
    """What must hold whatever happens."""

    swaps: bool

    def need_a_swap(self) -> None:
        """Skip the test where the host does not compare by itself what is live with what it is to replace."""
        if not self.swaps:
            pytest.skip("the host has no compare-and-swap")

    @pytest.mark.parametrize("session", ["", "garbage", '{"id": 1}', "../../elsewhere", "0"])
    def test_a_session_that_means_nothing_is_begun_anew(self, bench: Bench, session: str) -> None:
        bench.publish(FIRST, "one")
        bench.deploy(bench.intent(SECOND, "two"), session)

        assert bench.seen(BOTH) == bench.shown(SECOND, "two")

    def test_a_session_goes_on_in_another_process(self, bench: Bench) -> None:
        bench.publish(FIRST, "one")
        session = _half_done(bench, SECOND)
        bench.deploy(bench.intent(SECOND, "two"), session)

        assert not [name for name, value in bench.secrets.items() if value in session]
        assert bench.seen(BOTH) == bench.shown(SECOND, "two")

    def test_a_session_of_another_site_leaves_nothing_of_it(self, bench: Bench) -> None:
        session = _half_done(bench, FIRST)
        bench.deploy(bench.intent(SECOND, "two"), session)

        assert bench.seen(BOTH) == bench.shown(SECOND, "two")

    def test_a_session_that_was_finished_is_begun_anew(self, bench: Bench) -> None:
        with bench.open() as host:
            upload = host.begin(bench.intent(FIRST, "one"), None)
            fill(upload)
            upload.finish()
            session = upload.session
        bench.deploy(bench.intent(SECOND, "two"), session)

        assert bench.seen(BOTH) == bench.shown(SECOND, "two")

    @pytest.mark.parametrize("how", ["shorter", "longer", "as long", "gone"])
    def test_a_file_that_changed_under_way_stops_the_deploy_which_then_goes_on(self, bench: Bench, how: str) -> None:
        bench.publish(FIRST, "one")
        intent = bench.intent(SECOND, "two", replaces=bench.live())
        changed = memory_source(SECOND)[1]
        _SPOIL[how](changed.files, "assets/large.bin")
        sessions: list[str] = []

        spoiled = replace(intent, source=changed)
        with bench.open() as host, pytest.raises(ContentChanged):
            deploy(host, spoiled, workers=host.capabilities.workers, tell=sessions.append)
        if bench.capabilities.atomic:
            assert bench.seen(BOTH) == bench.shown(FIRST, "one")

        bench.deploy(intent, sessions[-1])
        assert bench.seen(BOTH) == bench.shown(SECOND, "two")

    def test_a_rival_that_went_live_since_the_plan_is_a_conflict(self, bench: Bench) -> None:
        bench.need("atomic")
        self.need_a_swap()
        first = bench.publish(FIRST, "one")
        bench.publish(SECOND, "two")

        _refuse(bench, replaces=first)
        assert bench.seen(BOTH) == bench.shown(SECOND, "two")

    def test_a_rival_that_made_the_first_release_is_a_conflict(self, bench: Bench) -> None:
        bench.need("atomic")
        self.need_a_swap()
        bench.publish(FIRST, "one")

        _refuse(bench, replaces=None)
        assert bench.seen(FIRST) == bench.shown(FIRST, "one")

    def test_a_rival_that_goes_live_during_the_upload_is_a_conflict(self, bench: Bench) -> None:
        bench.need("atomic")
        self.need_a_swap()
        bench.publish(FIRST, "one")
        with bench.open() as host:
            upload = host.begin(bench.intent(THIRD, "three", replaces=host.live()), None)
            fill(upload)
            try:
                bench.publish(SECOND, "two")
            except Locked:
                return  # this host keeps rivals out from the beginning
            with pytest.raises(Conflict):
                upload.finish()
            session = upload.session
        assert bench.seen(BOTH) == bench.shown(SECOND, "two")

        bench.deploy(bench.intent(THIRD, "three"), session)
        assert bench.seen(BOTH) == bench.shown(THIRD, "three")

    @pytest.mark.parametrize("session", ["kept", "lost"])
    def test_a_kill_at_any_step_leaves_old_or_new_and_the_next_process_goes_on(
        self, bench: Bench, session: str
    ) -> None:
        """The steps are those of `deploy`, and each change of the disk and each connection within them."""
        bench.publish(numbered(0), "0")
        for step in range(1, _MOST_STEPS):
            old, new = numbered(step - 1), numbered(step)
            paths = {**old, **new}
            child = bench.deploy_in_child(bench.intent(new, str(step)), FailAt(step))
            where = f"killed before step {step}: {', '.join(child.of('step')[-3:])}"
            if bench.capabilities.atomic:
                assert bench.seen(paths) in (bench.shown(old, str(step - 1)), bench.shown(new, str(step))), where
            known = child.of("session") if session == "kept" else []
            bench.deploy(bench.intent(new, str(step)), known[-1] if known else None)
            assert bench.seen(paths) == bench.shown(new, str(step)), where
            if not child.killed:
                assert child.of("step")[-1] == "after finish"
                return
        pytest.fail(f"a deploy of four files takes more than {_MOST_STEPS} steps")


def _half_done(bench: Bench, files: dict[str, bytes]) -> str:
    """Send half of the first wave of these files, and return the session."""
    with bench.open() as host:
        upload = host.begin(bench.intent(files, "half", replaces=host.live()), None)
        parts = upload.wanted()
        for part in parts[: len(parts) // 2]:
            upload.put(part)
        return upload.session


def _refuse(bench: Bench, replaces: Release | None) -> None:
    with bench.open() as host, pytest.raises(Conflict):
        deploy(host, bench.intent(THIRD, "three", replaces=replaces))


def _spoiler(change: Callable[[bytes], bytes]) -> Callable[[dict[str, bytes], str], None]:
    def spoil(files: dict[str, bytes], path: str) -> None:
        files[path] = change(files[path])

    return spoil


_SPOIL: dict[str, Callable[[dict[str, bytes], str], object]] = {
    "shorter": _spoiler(lambda content: content[:-1]),
    "longer": _spoiler(lambda content: content + b"!"),
    "as long": _spoiler(lambda content: content[:-1] + bytes([content[-1] ^ 1])),
    "gone": lambda files, path: files.pop(path),
}
