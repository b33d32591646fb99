"""The hosts that are swept, with their kinds of deploys: a host joins all the sweeps by a line here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

import support_canvasdrop_sweep as canvasdrop
import support_local_sweep as local
import support_netlify_sweep as netlify
import support_simplehost_sweep as simplehost

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from support_sweep import Rig
    from support_sweep_kill import Forks
    from support_sweep_kinds import Kind, Service


@dataclass(frozen=True)
class Host:
    """A host: what opens its service over a folder, its kinds, those that two race with, a check after each kill."""

    name: str
    service: Callable[[Path, str, Kind], Service]
    kinds: Sequence[Kind]
    races: Sequence[Kind]
    check: Callable[[Rig, Forks], None] = lambda _rig, _forks: None


def _named(kinds: Sequence[Kind], *names: str) -> list[Kind]:
    return [kind for kind in kinds if kind.name in names]


HOSTS: Final = (
    Host("local", local.Local, local.KINDS, _named(local.KINDS, "several"), local.check_next),
    Host("netlify", netlify.Netlify, netlify.KINDS, _named(netlify.KINDS, "several", "staged")),
    Host("canvasdrop", canvasdrop.CanvasDrop, canvasdrop.KINDS, _named(canvasdrop.KINDS, "several")),
    Host("simplehost", simplehost.SimpleHost, simplehost.KINDS, _named(simplehost.KINDS, "several")),
)

of_each_kind: Final = pytest.mark.parametrize(
    ("host", "kind"),
    [
        pytest.param(host, kind, id=f"{host.name}-{kind.name.replace(' ', '-')}")
        for host in HOSTS
        for kind in host.kinds
    ],
)
