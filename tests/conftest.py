"""What every test relies on."""

from __future__ import annotations

import signal

from support_sweep_table import pytest_terminal_summary as pytest_terminal_summary

# A shell lets what it runs in the background ignore Ctrl-C, and so would every process started from here.
signal.signal(signal.SIGINT, signal.default_int_handler)
