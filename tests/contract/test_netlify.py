"""The host `netlify` passes the contract against its emulator, plainly and by way of drafts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import presswork_netlify
from presswork.testing import HostContract
from support_netlify import emulating

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_netlify import InThread


@pytest.fixture
def netlify(tmp_path: Path) -> Iterator[InThread]:
    """An emulator for one test: what one of its sites was sent, it holds for all."""
    with emulating(tmp_path / "netlify") as running:
        yield running


class Contract(HostContract):
    host_type = next(iter(presswork_netlify.presswork_hosts()))
    staged = False

    @pytest.fixture
    def options(self, netlify: InThread) -> dict[str, Any]:
        return {"site": netlify.site, "api_url": netlify.facts["api_url"], "staged": self.staged}

    @pytest.fixture
    def secrets(self, netlify: InThread) -> dict[str, str]:
        return {"token": netlify.facts["token"]}


class TestNetlify(Contract):
    pass


class TestNetlifyStaged(Contract):
    staged = True
    swaps = False


class TestNetlifyCreating(Contract):
    """The site does not exist before the first deploy makes it."""

    @pytest.fixture
    def options(self, netlify: InThread) -> dict[str, Any]:
        return {"site": "made-here", "create": True, "api_url": netlify.facts["api_url"]}
