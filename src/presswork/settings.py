"""One validated configuration, whichever door it came through.

The same table stands under `plugins: presswork:` in mkdocs.yml, in `presswork.toml` or `[tool.presswork]`, or is
made of flags. Tokens are never part of it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from presswork.credentials import CREDENTIAL_NAME, refuse_credentials
from presswork.errors import ConfigError
from presswork.state import project_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from presswork.host import HostType

__all__ = ["OnBuild", "Settings", "Target", "nearest", "options_of", "read_settings", "with_options"]

OnBuild = Literal["off", "plan", "deploy"]
Stale = Literal["exclude", "keep"]
OnVerifyFailure = Literal["report", "rollback"]


class Target(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One place to deploy to.

    `host` is None for the embedded one; `options` are the host's own, not yet read, `flagged` those of them that
    came from the command line, `from_root` those whose relative paths start from the project's root. `timeout` and
    `patience` are in seconds: for one answer, and without any progress.
    """

    name: str
    host: str | None = None
    options: dict[str, Any] = {}
    flagged: tuple[str, ...] = ()
    from_root: tuple[str, ...] = ()
    workers: int | None = None
    timeout: float | None = None
    patience: float | None = None
    token_env: str | None = None


class Settings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one configuration says.

    `stale` is what becomes of files left over from earlier builds; `source_date` is where the build's date is taken
    from, so that the same commit builds the same bytes. `records` is a folder for journal and archive that outlives
    this machine. `require_clean` refuses to deploy from a work tree that differs from its commit;
    `on_verify_failure` is what becomes of a release that is not as it was built. `checks` are the checks by name,
    read by `CheckSettings`.

    `door` is the file or flag it came through, in words for messages; `folder` the absolute folder that relative
    paths in it start from. `table` is a generator's own, before it was laid over that of `presswork.toml`. `flags`: its
    values are text from a command line.
    """

    door: str
    folder: str
    targets: dict[str, Target]
    default: str | None = None
    ignore: tuple[str, ...] = ()
    on_build: OnBuild | None = None
    stale: Stale = "exclude"
    source_date: Literal["commit"] | None = None
    records: str | None = None
    require_clean: bool = False
    on_verify_failure: OnVerifyFailure = "report"
    checks: dict[str, Any] = {}
    table: dict[str, Any] | None = None
    flags: bool = False

    def build_does(self, environ: Mapping[str, str]) -> OnBuild:
        """Return what a build does: `PRESSWORK_DEPLOY` speaks first, then `on_build`; else `off` where a host is named.

        `ConfigError` where the variable says something else than 0 or 1.
        """
        word = environ.get("PRESSWORK_DEPLOY", "")
        if word not in {"", "0", "1"}:
            raise ConfigError(
                f"PRESSWORK_DEPLOY is {word!r}.",
                hint="Set it to 1 to deploy from this build, to 0 not to, or leave it unset.",
            )
        if word:
            return "deploy" if word == "1" else "off"
        if self.on_build is not None:
            return self.on_build
        return "deploy" if all(target.host is None for target in self.targets.values()) else "off"

    def target(self, name: str | None = None) -> Target:
        """Return the target of that name, or the default one."""
        name = name or self.default or (next(iter(self.targets)) if len(self.targets) == 1 else None)
        if name is None:
            raise ConfigError(
                f"{self.door} has {len(self.targets)} targets and no default.",
                hint=f"Name one with --to ({', '.join(self.targets)}), or set `default:`.",
            )
        if name not in self.targets:
            raise ConfigError(
                f"{self.door} has no target named {name}.", hint=nearest(name, self.targets, "Its targets")
            )
        return self.targets[name]


class _Table(Struct, frozen=True, kw_only=True):
    """The keys of the core. Everything else in a short-form table is the host's."""

    targets: dict[str, dict[str, Any]] | None = None
    default: str | None = None
    ignore: tuple[str, ...] = ()
    on_build: OnBuild | None = None
    stale: Stale = "exclude"
    source_date: Literal["commit"] | None = None
    records: str | None = None
    require_clean: bool = False
    on_verify_failure: OnVerifyFailure = "report"
    checks: dict[str, Any] = {}


class _TargetTable(Struct, frozen=True, kw_only=True):
    host: str | None = None
    workers: Annotated[int, Meta(ge=1, le=256)] | None = None
    timeout: Annotated[float, Meta(gt=0, le=3600)] | None = None
    patience: Annotated[float, Meta(ge=0, le=86400)] | None = None
    token_env: str | None = None


_CORE_KEYS: Final = frozenset(field.name for field in msgspec.structs.fields(_Table))
_TARGET_KEYS: Final = frozenset(field.name for field in msgspec.structs.fields(_TargetTable))


def read_settings(
    table: Mapping[str, Any], *, door: str, folder: Path, flags: bool = False, environ: Mapping[str, str] = os.environ
) -> Settings:
    """Validate a table; `ConfigError` names the door, the key and the nearest right one."""
    refuse_credentials(table, door, environ)
    table = _as_recorded(table, door)
    own = {key: value for key, value in table.items() if key in _CORE_KEYS}
    rest = {key: value for key, value in table.items() if key not in _CORE_KEYS}
    core = _convert(_spell_on_build(own), _Table, door)
    if core.targets is None:
        targets = {"default": _target("default", rest, door, flags=flags)}
    elif rest:
        key = next(iter(rest))
        hint = (
            "Give one target by `host:` and its options, or several under `targets:`, not both."
            if key in _TARGET_KEYS
            else nearest(key, _CORE_KEYS, "The keys beside `targets` are")
        )
        raise ConfigError(f"{door}: `{key}` cannot stand beside `targets`.", hint=hint)
    elif not core.targets:
        raise ConfigError(f"{door}: `targets` is empty.", hint="Name at least one target, or leave `targets` out.")
    else:
        targets = {
            name: _target(name, value, f"{door}, target {name}", flags=flags) for name, value in core.targets.items()
        }
    settings = Settings(
        door=door,
        folder=str(folder),
        targets=targets,
        default=core.default,
        ignore=core.ignore,
        on_build=core.on_build,
        stale=core.stale,
        source_date=core.source_date,
        records=core.records,
        require_clean=core.require_clean,
        on_verify_failure=core.on_verify_failure,
        checks=core.checks,
        flags=flags,
    )
    if core.default is not None:
        settings.target(core.default)
    return settings


def with_options(settings: Settings, options: Mapping[str, str]) -> Settings:
    """Lay options given as text, such as `keep=3` or `workers=1`, over those of every target."""
    targets = {}
    for name, target in settings.targets.items():
        table = {key: value for key in _TARGET_KEYS if (value := getattr(target, key)) is not None}
        laid = _target(name, {**table, **target.options, **options}, "the command line", flags=True)
        flagged = tuple(key for key in options if key in laid.options)
        from_root = tuple(key for key in target.from_root if key not in options)
        targets[name] = msgspec.structs.replace(laid, flagged=flagged, from_root=from_root)
    return msgspec.structs.replace(settings, targets=targets, flags=True)


def options_of(target: Target, host: HostType, settings: Settings, environ: Mapping[str, str] = os.environ) -> Struct:
    """Read a target's options as its host's settings; `ConfigError` names the key and the nearest right one."""
    names = {field.name: field.encode_name for field in msgspec.structs.fields(host.options)}
    for key in target.options:
        if key not in names.values():
            known = [*names.values(), *sorted(_TARGET_KEYS), *sorted(_CORE_KEYS)]
            raise ConfigError(
                f"{settings.door}: unknown key `{key}` for the host {host.name}.",
                hint=nearest(key, known, "The keys are"),
            )
        if key in host.unfiled and key not in target.flagged:
            variable = f", or set {host.variables[key]}" if key in host.variables else ""
            raise ConfigError(
                f"{settings.door}: `{key}` cannot be set in a file: it would say where the token is sent.",
                hint=f"Delete the line and use -o {key}=…{variable}.",
            )
    given = {key: environ[name] for key, name in host.variables.items() if environ.get(name)}
    strict = not (settings.flags or given)

    def read(folder: Path) -> Any:
        return _convert({**given, **target.options}, host.options, settings.door, base=folder, strict=strict)

    options: Struct = read(Path(settings.folder))
    if target.from_root:
        other = read(project_root(Path(settings.folder)))
        below = {name: getattr(other, name) for name, key in names.items() if key in target.from_root}
        options = msgspec.structs.replace(options, **below)
    return options


def _target(name: str, table: Mapping[str, Any], door: str, *, flags: bool) -> Target:
    own = _convert({k: v for k, v in table.items() if k in _TARGET_KEYS}, _TargetTable, door, strict=not flags)
    if own.token_env is not None and not CREDENTIAL_NAME.fullmatch(own.token_env):
        raise ConfigError(
            f"{door}: `token_env` is not the name of an environment variable that ends in _TOKEN or _KEY.",
            hint="Give the variable's name, never the token itself. If that was a token, revoke it.",
        )
    options = {k: v for k, v in table.items() if k not in _TARGET_KEYS}
    return Target(
        name=name,
        host=own.host,
        options=options,
        flagged=tuple(options) if flags else (),
        workers=own.workers,
        timeout=own.timeout,
        patience=own.patience,
        token_env=own.token_env,
    )


def _convert(value: object, into: type[Any], door: str, *, base: Path | None = None, strict: bool = True) -> Any:
    def path(kind: type, text: object) -> object:
        if kind is Path and isinstance(text, str) and base is not None:
            made = base / Path(text).expanduser()
            return made.resolve() if ".." in made.parts else made
        raise ValueError("Expected a path")

    try:
        return msgspec.convert(value, into, strict=strict, dec_hook=path)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at ")
        key = where.strip("`").removeprefix("$").removeprefix(".") or "the table"
        what = what[0].lower() + what[1:].replace("`", "")
        raise ConfigError(f"{door}: `{key}`: {what}.", hint="See `docs/reference/settings.md` for each key.") from error


def _spell_on_build(table: dict[str, Any]) -> dict[str, Any]:
    """Take YAML's bare `off`, which it reads as false, for the word it is."""
    return {**table, "on_build": "off"} if table.get("on_build") is False else table


def _as_recorded(table: Mapping[str, Any], door: str) -> dict[str, Any]:
    """Return a table as the record of a build will give it back, so that both deploy alike."""
    try:
        recorded: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(dict(table)))
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"{door}: a key or value is of a kind that no file can keep: {error}.",
            hint="Keys are words (quote `on`, `off`, `yes` and `no`), values text, numbers, lists and tables.",
        ) from error
    return recorded


def nearest(word: object, known: Iterable[str], introduction: str) -> str:
    """Return a hint: the known word that is most like this one, or all of them."""
    from difflib import get_close_matches

    known = list(known)
    near = get_close_matches(str(word), known, 1)  # YAML's keys may be numbers
    return f"Did you mean `{near[0]}`?" if near else f"{introduction}: {', '.join(known) or 'none'}."
