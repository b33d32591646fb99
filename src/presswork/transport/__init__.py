"""The one place that speaks HTTP: retries, pacing, tokens, errors, for every host alike."""

from __future__ import annotations

from presswork.transport.answers import Answer, Answered, Unanswered
from presswork.transport.client import Client, Terms
from presswork.transport.trace import Trace

__all__ = ["Answer", "Answered", "Client", "Terms", "Trace", "Unanswered"]
