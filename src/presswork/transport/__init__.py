"""The one place that speaks HTTP: retries, pacing, tokens, errors, for every host alike."""

from __future__ import annotations

import presswork.transport._httpx  # noqa: F401 -- first: it decides how much of httpx is loaded
from presswork.transport.answers import Answer, Answered, Unanswered
from presswork.transport.asking import Content
from presswork.transport.client import Client, Terms
from presswork.transport.trace import Trace

__all__ = ["Answer", "Answered", "Client", "Content", "Terms", "Trace", "Unanswered"]
