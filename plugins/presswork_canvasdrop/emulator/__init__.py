"""An emulator of a Canvas Drop instance: its keyed Deploy API and the pages of its canvases, over a folder.

Written from the protocol as it is documented and observed, not from a client: what the server refuses, it refuses,
in the server's order and words. What depends on time goes by a clock that may be given.
"""

from __future__ import annotations

from presswork_canvasdrop.emulator.app import Emulator
from presswork_canvasdrop.emulator.behaviour import Behaviour
from presswork_canvasdrop.emulator.faults import NAMED, Fault

__all__ = ["NAMED", "Behaviour", "Emulator", "Fault"]
