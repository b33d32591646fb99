"""How many uploads go to Netlify at once, and what is done when it says that it is enough."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from presswork.abilities import Estimates
from presswork.host import SHA1
from presswork.testing import memory_source
from presswork.testing.servers import served
from presswork_netlify.emulator import NAMED, Fault
from support_netlify import emulating
from support_netlify_host import HOME, Publisher, asked, pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_netlify import InThread


@pytest.fixture
def netlify(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "netlify", processing=(), concurrent_uploads=None) as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, netlify: InThread) -> Publisher:
    return Publisher(tmp_path, netlify)


class Gathering:
    """Lets uploads through in groups of `size`, as they come; a lone one waits for others for half a second."""

    def __init__(self, netlify: InThread, size: int) -> None:
        self.most = self._now = 0
        self._app = netlify.emulator
        self._size = size
        self._full = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if "/files/" not in scope["path"] or scope["method"] != "PUT":
            await self._app(scope, receive, send)
            return
        self._now += 1
        self.most = max(self.most, self._now)
        if self._now >= self._size:
            self._full.set()
        try:
            await asyncio.wait_for(self._full.wait(), 0.5)
            await asyncio.sleep(0.05)  # one more than there may be would come now
        except TimeoutError:
            pass
        self._now -= 1
        await self._app(scope, receive, send)


@contextmanager
def gathering(netlify: InThread, size: int) -> Iterator[tuple[Gathering, str]]:
    app = Gathering(netlify, size)
    with served(app) as address:
        yield app, f"{address}/api/v1"


@pytest.mark.parametrize(("workers", "most"), [(None, 5), (1, 1), (3, 3), (10, 10)])
def test_five_uploads_go_out_at_once_unless_told_otherwise(
    publisher: Publisher, netlify: InThread, workers: int | None, most: int
) -> None:
    with gathering(netlify, most) as (app, address):
        publisher.environ["PRESSWORK_NETLIFY_API_URL"] = address
        publisher.deploy(pages(21), settings={"workers": workers})
    assert app.most == most


def test_fewer_go_out_at_once_where_netlify_allows_fewer(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.behaviour.concurrent_uploads = 2
    netlify.emulator.behaviour.latency = 0.01
    site = pages(30)
    publisher.deploy(site)

    uploads = [request.status for request in netlify.emulator.requests if "/files/" in request.path]
    assert publisher.live(site) == site
    assert uploads.count(200) == 30
    assert uploads.count(429) <= 3  # of the first five
    assert 429 not in uploads[5:]


def test_where_ten_are_allowed_and_asked_for_none_is_turned_away(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.behaviour.concurrent_uploads = 10
    netlify.emulator.behaviour.latency = 0.01
    publisher.deploy(pages(30), settings={"workers": 10})

    assert {request.status for request in netlify.emulator.requests} <= {200, 201}


def test_the_rate_limit_is_kept_to_by_what_the_answers_say(publisher: Publisher, netlify: InThread) -> None:
    behaviour = netlify.emulator.behaviour
    behaviour.rate_limit, behaviour.rate_window, behaviour.rate_uploads = 25, 1.0, True
    site = pages(30)
    told = publisher.deploy(site)

    statuses = [request.status for request in netlify.emulator.requests]
    assert told.verified
    assert statuses.count(429) <= 5  # those under way when the last one was granted


@pytest.mark.parametrize("where", ["^/api/v1/sites/[^/]+$", "/deploys$", "/deploys/[^/]+$", "/files/p"])
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}])
def test_a_429_is_waited_out_wherever_it_comes(
    publisher: Publisher, netlify: InThread, where: str, headers: dict[str, str]
) -> None:
    fault = NAMED["bare-429"]
    netlify.emulator.faults.append(Fault(pattern=where, status=429, body=fault.body, headers=headers))
    site = pages(3)
    told = publisher.deploy(site)

    assert told.retries >= 1
    assert publisher.live(site) == site


def test_a_limit_that_ends_tomorrow_is_told_at_once(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.behaviour.deploys_per_day = 1
    publisher.deploy(HOME)
    told = publisher.deploy({"index.html": b"2"}, "failed")

    assert told.error
    assert told.error.retryable
    assert "Too many deploys" in told.error.message
    assert "100 deployments a day" in told.error.hint
    assert len(asked(netlify, "^POST /sites/SITE/deploys")) == 2


def test_the_plan_tells_the_least_time_the_documented_limit_allows(publisher: Publisher) -> None:
    project = publisher.project()
    host = project.host(project.settings.target())
    assert isinstance(host, Estimates)

    sites = [memory_source(pages(number), SHA1)[0] for number in (10, 480, 999)]
    assert [host.estimate(manifest, manifest.entries).seconds for manifest in sites] == [0.0, 0.0, 120.0]
