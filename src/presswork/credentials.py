"""Credentials are never configuration: what looks like one in a table is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from presswork.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["CREDENTIAL_NAME", "refuse_credentials"]

_SECRET_KEY: Final = re.compile(r"(?i)(^|[_-])(token|secret|password|passwd|api_?key|key|credentials?)$")
CREDENTIAL_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]*_(TOKEN|KEY)")
"""The environment variables that hold credentials, by their names."""


def refuse_credentials(table: Mapping[str, Any], door: str, environ: Mapping[str, str]) -> None:
    """Raise `ConfigError` for a key that means a credential, or a value that is one; it does not repeat it."""
    known = {value for name, value in environ.items() if CREDENTIAL_NAME.fullmatch(name) and len(value) >= 8}
    for key, value in _leaves(table):
        if _SECRET_KEY.search(key) or (isinstance(value, str) and value in known):
            raise ConfigError(
                f"{door}: `{key}` holds a credential.",
                hint="Delete the line and put the credential into the environment; if the file was shared, revoke it.",
            )


def _leaves(table: Mapping[str, Any]) -> Iterable[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value)
        elif isinstance(value, list):
            for item in value:
                yield from _leaves(item) if isinstance(item, dict) else [(str(key), item)]
        else:
            yield str(key), value
