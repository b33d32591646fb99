"""An emulator of Netlify's deploy API: an ASGI application over a content store in a folder.

Written from the protocol as it is documented and observed, not from a client: what the service refuses, it refuses.
The service's time does not pass here by the clock but by looks: each request that reads a site, its deploys or its
pages moves the deploys under way one step on, so that nobody has to wait and every state can be met.
"""

from __future__ import annotations

from presswork_netlify.emulator.app import Emulator
from presswork_netlify.emulator.behaviour import Behaviour
from presswork_netlify.emulator.faults import NAMED, Fault

__all__ = ["NAMED", "Behaviour", "Emulator", "Fault"]
