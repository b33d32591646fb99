"""An emulator of SimpleHost's publishing API: an ASGI application over a content store in a folder.

Written from the service's documentation, not from a client. Where two of its pages disagree, or none says, the
likelier or the stricter reading is in force, and `Behaviour` has the other where a client can meet it. What no deploy
needs (sign-in, billing, handles, variables, the proxy) is not there and answers 404.
"""

from __future__ import annotations

from presswork_simplehost.emulator.app import Emulator
from presswork_simplehost.emulator.behaviour import Behaviour
from presswork_simplehost.emulator.faults import NAMED, Fault

__all__ = ["NAMED", "Behaviour", "Emulator", "Fault"]
