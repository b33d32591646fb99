"""The emulator's own calls, below `/_emulator`: faults, settings and the record of requests, for this machine only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from presswork_netlify.emulator.behaviour import Behaviour
from presswork_netlify.emulator.faults import NAMED, Fault
from presswork_netlify.emulator.wire import Answer, Refusal, answer, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, MutableSequence

    from presswork_netlify.emulator.wire import Call

__all__ = ["Control", "Request"]

_NAMES = {"localhost", "127.0.0.1", "[::1]"}
_PEERS = {"127.0.0.1", "::1"}


class Request(Struct, frozen=True, kw_only=True):
    """One request as it is kept for tests: path and query as they were sent, and the status of the answer.

    The status is 0 where the client went away before its request was whole. Headers are not kept.
    """

    method: str
    path: str
    status: int


class _Named(Struct, kw_only=True):
    """A documented fault by name, and what is to be different about it."""

    name: str
    count: int | UnsetType | None = UNSET
    skip: int = 0


class Control:
    """Switches an emulator over HTTP, without a token."""

    def __init__(self, faults: list[Fault], requests: MutableSequence[Request], behaviour: Behaviour) -> None:
        self._faults = faults
        self._requests = requests
        self._behaviour = behaviour

    async def answer(self, call: Call) -> Answer:
        """Answer a call below `/_emulator`."""
        try:
            if re.sub(":[0-9]*$", "", call.host) not in _NAMES or call.peer not in _PEERS:
                raise Refusal(403, "For this machine only")
            do = self._calls().get((call.method, call.path.removeprefix("/_emulator")))
            if do is None:
                raise Refusal(404, "Not Found")
            return answer(do(await call.fields()))
        except Refusal as refusal:
            return refusal.answer

    def _calls(self) -> dict[tuple[str, str], Callable[[bytes], Any]]:
        return {
            ("GET", "/faults"): lambda _: self._faults,
            ("POST", "/faults"): self._add,
            ("DELETE", "/faults"): lambda _: _cleared(self._faults),
            ("GET", "/requests"): lambda _: list(self._requests),
            ("DELETE", "/requests"): lambda _: _cleared(self._requests),
            ("GET", "/behaviour"): lambda _: self._behaviour,
            ("PATCH", "/behaviour"): self._change,
        }

    def _add(self, fields: bytes) -> list[Fault]:
        if "name" in parsed(fields, dict):
            named = parsed(fields, _Named)
            if named.name not in NAMED:
                raise Refusal(422, f"The named faults are {', '.join(sorted(NAMED))}")
            fault = msgspec.structs.replace(NAMED[named.name], skip=named.skip)
            if named.count is not UNSET:
                fault.count = named.count
        else:
            fault = parsed(fields, Fault)
        self._faults.append(fault)
        return self._faults

    def _change(self, fields: bytes) -> Behaviour:
        changed = parsed(fields, Behaviour)
        for name in parsed(fields, dict):
            setattr(self._behaviour, name, getattr(changed, name))
        return self._behaviour


def _cleared(items: MutableSequence[Any]) -> list[Any]:
    items.clear()
    return []
