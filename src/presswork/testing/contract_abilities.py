"""The part of the contract for what only some hosts can: previews, history, rollback, taking things away."""

# ruff: noqa: D102 -- the name of a test says what it shows

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from presswork.errors import Gone, HostError, PressworkError
from presswork.testing.sites import FIRST, SECOND
from presswork.testing.steps import fill

if TYPE_CHECKING:
    from presswork.testing.bench import Bench

__all__ = ["AbilitiesContract"]

BOTH = {**FIRST, **SECOND}


class AbilitiesContract:
    """What must hold where a host offers the ability."""

    def test_reading_a_file_that_is_not_live_says_gone(self, bench: Bench) -> None:
        bench.need("reads")
        bench.publish(FIRST)

        for path in ("assets/new.css", "assets", "../index.html"):
            with pytest.raises(Gone):
                bench.read(path)

    def test_a_plain_site_passes_the_check_which_leaves_no_trace(self, bench: Bench) -> None:
        bench.need("checks")
        findings = bench.check(bench.intent(FIRST))

        assert [finding for finding in findings if finding.severity == "error"] == []
        assert bench.live() is None

    def test_an_estimate_names_its_route_and_counts_what_is_missing(self, bench: Bench) -> None:
        bench.need("estimates")
        everything = bench.estimate(bench.intent(FIRST), all_missing=True)
        nothing = bench.estimate(bench.intent(FIRST), all_missing=False)

        assert everything.route
        assert everything.reason
        assert everything.bytes >= nothing.bytes >= 0
        assert everything.requests >= nothing.requests >= 0
        assert everything.seconds >= nothing.seconds >= 0

    def test_a_preview_does_not_touch_what_is_live(self, bench: Bench) -> None:
        bench.need("previews")
        before = bench.publish(FIRST, "one")
        preview = bench.preview(SECOND, "a preview")

        assert preview.id != before.id
        assert (preview.live, preview.preview) == (False, True)
        assert preview.label in (None, "a preview")
        assert bench.seen(BOTH) == bench.shown(FIRST, "one")
        live = bench.live()
        assert live is not None
        assert live.id == before.id

    def test_a_preview_can_come_before_the_first_deploy(self, bench: Bench) -> None:
        bench.need("previews")
        bench.preview(FIRST)

        assert bench.live() is None
        assert bench.seen(FIRST) == bench.shown({}, None)

    def test_an_alias_moves_to_the_newest_preview(self, bench: Bench) -> None:
        bench.need("previews", "history")
        older = bench.preview(FIRST, alias="pull-7")
        newer = bench.preview(SECOND, alias="pull-7")

        assert older.id != newer.id
        assert newer.alias == "pull-7"
        assert next(release.id for release in bench.history() if release.alias == "pull-7") == newer.id

    def test_history_is_newest_first_and_holds_what_was_made(self, bench: Bench) -> None:
        bench.need("history")
        made = [bench.publish({"index.html": b"<p>%d" % number}, f"number {number}") for number in range(3)]
        history = bench.history()

        ours = [release for release in history if release.id in {one.id for one in made}]
        assert [release.id for release in ours] == [one.id for one in made[::-1]]
        assert all(release.label in (None, f"number {2 - age}") for age, release in enumerate(ours))
        assert [release.id for release in history if release.live] == [made[-1].id]

    def test_history_tells_previews_from_releases(self, bench: Bench) -> None:
        bench.need("history", "previews")
        release = bench.publish(FIRST)
        preview = bench.preview(SECOND)

        told = {one.id: (one.preview, one.live) for one in bench.history()}
        assert told[release.id] == (False, True)
        assert told[preview.id] == (True, False)

    def test_history_is_empty_before_the_first_deploy(self, bench: Bench) -> None:
        bench.need("history")
        assert bench.history() == []

    def test_an_earlier_release_can_be_made_live_again(self, bench: Bench) -> None:
        bench.need("rollback")
        first = bench.publish(FIRST, "one")
        second = bench.publish(SECOND, "two")

        back = bench.activate(first.id)
        assert (back.id, back.live) == (first.id, True)
        assert bench.seen(BOTH) == bench.shown(FIRST, "one")
        bench.activate(first.id)
        assert bench.seen(BOTH) == bench.shown(FIRST, "one")
        bench.activate(second.id)
        assert bench.seen(BOTH) == bench.shown(SECOND, "two")

    def test_a_deploy_can_follow_a_rollback(self, bench: Bench) -> None:
        bench.need("rollback")
        first = bench.publish(FIRST, "one")
        bench.publish(SECOND, "two")
        bench.activate(first.id)
        bench.publish(SECOND, "three")

        assert bench.seen(BOTH) == bench.shown(SECOND, "three")

    def test_a_preview_can_be_made_live(self, bench: Bench) -> None:
        bench.need("rollback", "previews")
        bench.publish(FIRST, "one")
        preview = bench.preview(SECOND, "a preview")

        assert bench.activate(preview.id).live
        assert bench.seen(BOTH) == bench.shown(SECOND, "a preview")

    @pytest.mark.parametrize("release", ["no-such-release", "../index.html", ""])
    def test_a_release_that_never_was_cannot_be_made_live(self, bench: Bench, release: str) -> None:
        bench.need("rollback")
        bench.publish(FIRST, "one")

        with pytest.raises(HostError):
            bench.activate(release)
        assert bench.seen(FIRST) == bench.shown(FIRST, "one")

    def test_unpublishing_leaves_nothing_live_and_can_be_repeated(self, bench: Bench) -> None:
        bench.need("unpublish")
        bench.unpublish()
        bench.publish(FIRST, "one")
        bench.unpublish()
        bench.unpublish()

        assert bench.live() is None
        assert bench.seen(FIRST) == bench.shown({}, None)
        bench.publish(SECOND, "two")
        assert bench.seen(BOTH) == bench.shown(SECOND, "two")

    def test_a_deleted_release_is_gone_and_can_be_deleted_again(self, bench: Bench) -> None:
        bench.need("delete")
        first = bench.publish(FIRST, "one")
        bench.publish(SECOND, "two")
        bench.delete(first.id)
        bench.delete(first.id)

        assert bench.seen(BOTH) == bench.shown(SECOND, "two")
        if bench.can("history"):
            assert first.id not in [release.id for release in bench.history()]
        if bench.can("rollback"):
            with pytest.raises(Gone):
                bench.activate(first.id)

    def test_a_deletion_that_means_nothing_harms_nothing(self, bench: Bench) -> None:
        bench.need("delete")
        bench.publish(FIRST, "one")

        for release in ("no-such-release", "..", ""):
            with suppress(PressworkError):  # refusing is as good as finding nothing
                bench.delete(release)
        assert bench.seen(FIRST) == bench.shown(FIRST, "one")

    def test_a_cancelled_upload_is_begun_anew(self, bench: Bench) -> None:
        bench.need("cancel")
        bench.publish(FIRST, "one")
        with bench.open() as host:
            upload = host.begin(bench.intent(SECOND, replaces=host.live()), None)
            fill(upload)
            session = upload.session
        bench.cancel(session)
        bench.cancel(session)

        assert bench.seen(BOTH) == bench.shown(FIRST, "one")
        bench.deploy(bench.intent(SECOND, "two"), session)
        assert bench.seen(BOTH) == bench.shown(SECOND, "two")

    def test_cancelling_what_is_finished_or_never_was_harms_nothing(self, bench: Bench) -> None:
        bench.need("cancel")
        with bench.open() as host:
            upload = host.begin(bench.intent(FIRST, "one"), None)
            fill(upload)
            upload.finish()
            finished = upload.session

        for session in (finished, "garbage", "", "..", '{"id": 1}'):
            bench.cancel(session)
        assert bench.seen(FIRST) == bench.shown(FIRST, "one")
