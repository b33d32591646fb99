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
    """A host: what opens its service over a folder, its kinds, those that two race with, a check after each kill.

    `sample` faults of each kind are always tried; none where it is not reached over HTTP.
    """

    name: str
    service: Callable[[Path, str, Kind], Service]
    kinds: Sequence[Kind]
    races: Sequence[Kind]
    check: Callable[[Rig, Forks], None] = lambda _rig, _forks: None
    sample: int = 4


def _named(kinds: Sequence[Kind], *names: str) -> list[Kind]:
    return [kind for kind in kinds if kind.name in names]


HOSTS: Final = (
    Host("local", local.Local, local.KINDS, _named(local.KINDS, "several"), local.check_next, sample=0),
    Host("netlify", netlify.Netlify, netlify.KINDS, _named(netlify.KINDS, "several", "staged"), sample=6),
    Host("canvasdrop", canvasdrop.CanvasDrop, canvasdrop.KINDS, _named(canvasdrop.KINDS, "several")),
    Host("simplehost", simplehost.SimpleHost, simplehost.KINDS, _named(simplehost.KINDS, "several")),
)


def _each_kind(hosts: Sequence[Host]) -> pytest.MarkDecorator:
    pairs = [(host, kind) for host in hosts for kind in host.kinds]
    names = [f"{host.name}-{kind.name.replace(' ', '-')}" for host, kind in pairs]
    return pytest.mark.parametrize(("host", "kind"), pairs, ids=names)


of_each_kind: Final = _each_kind(HOSTS)
of_each_kind_over_http: Final = _each_kind([host for host in HOSTS if host.sample])
