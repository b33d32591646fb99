"""What the configuration says of the checks, by name: which are off, how much each weighs, what it passes over.

The core knows no names: those that a plugin asks for are the right ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from presswork.errors import ConfigError
from presswork.settings import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pathspec import GitIgnoreSpec

    from presswork.findings import Finding

__all__ = ["CheckSettings"]

_WORDS: Final = ("off", "info", "warning", "error")
_Options = TypeVar("_Options")


class CheckSettings:
    """The table `checks` of a configuration, read where it is used.

    The value of a check is one of `off`, `info`, `warning` and `error`, or a table: `severity` is such a word,
    `ignore` are paths it says nothing about, in the syntax of a `.gitignore` file, and the other keys are the check's
    own. A check that is not named keeps the severity of its findings. Every method raises `ConfigError` for a wrong
    value.
    """

    def __init__(self, table: Mapping[str, Any], door: str) -> None:
        self._table = table
        self._door = door
        self._asked: dict[str, None] = {}
        self._ignored: dict[str, GitIgnoreSpec] = {}

    def wants(self, name: str) -> bool:
        """Say whether a check is not switched off."""
        return bool(self._severity(name) != "off")

    def ignores(self, name: str, path: str) -> bool:
        """Say whether a check is to pass over a path."""
        patterns = self._of(name).get("ignore")
        if not patterns:
            return False
        if name not in self._ignored:
            from pathspec import GitIgnoreSpec

            if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
                raise ConfigError(f"{self._door}: `checks.{name}.ignore` is not a list of paths.", hint="Write [PATH].")
            self._ignored[name] = GitIgnoreSpec.from_lines(patterns)
        return self._ignored[name].match_file(path)

    def options(self, name: str, kind: type[_Options]) -> _Options:
        """Return the keys that are a check's own, as a `msgspec.Struct` of that kind."""
        own = {key: value for key, value in self._of(name).items() if key not in {"severity", "ignore"}}
        known = [field.encode_name for field in msgspec.structs.fields(kind)]  # type: ignore[arg-type]
        for key in own:
            if key not in known:
                raise ConfigError(
                    f"{self._door}: unknown key `checks.{name}.{key}`.",
                    hint=nearest(key, [*known, "severity", "ignore"], "The keys are"),
                )
        try:
            return msgspec.convert(own, kind)
        except msgspec.ValidationError as error:
            raise ConfigError(
                f"{self._door}: `checks.{name}`: {error}.", hint="See `docs/reference/settings.md` for each key."
            ) from error

    def weighed(self, name: str, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Yield a check's findings, as severe as the configuration wants them; none where it is off."""
        severity = self._severity(name)
        if severity == "off":
            return
        for finding in findings:
            yield msgspec.structs.replace(finding, severity=severity) if severity else finding

    def settle(self) -> None:
        """Refuse a name that no check has asked for; called when all have."""
        for name in self._table:
            if name not in self._asked:
                raise ConfigError(
                    f"{self._door}: there is no check named `{name}`.",
                    hint=nearest(name, self._asked, "The checks are"),
                )

    def _severity(self, name: str) -> Any:
        """Return a check's word, or None where nothing is said."""
        word = self._of(name).get("severity")
        word = "off" if word is False else word  # YAML's bare `off`
        if word is not None and word not in _WORDS:
            raise ConfigError(
                f"{self._door}: the check `{name}` cannot be {word!r}.", hint=nearest(word, _WORDS, "It can be")
            )
        return word

    def _of(self, name: str) -> Mapping[str, Any]:
        self._asked[name] = None
        value = self._table.get(name, {})
        return value if isinstance(value, dict) else {"severity": value}
