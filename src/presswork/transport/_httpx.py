"""Loads httpx without its own command line, which would load rich and pygments: 50 ms of every deploy for nothing."""

from __future__ import annotations

import sys
from typing import Final

_COMMAND_LINE: Final = "httpx._main"

if "httpx" not in sys.modules:
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]  # so that it cannot be imported: httpx does without
    import httpx  # noqa: F401 -- for everybody who imports it from here on

    del sys.modules[_COMMAND_LINE]
