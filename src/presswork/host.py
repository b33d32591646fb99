"""The contract between Presswork and a host: what every host does, and what some can do besides.

A host is a class found through a `HostType`. It says what it can (`Capabilities`), what is live, and opens an
`Upload`; the core does everything else. Everything here is synchronous.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from presswork.findings import Finding
    from presswork.manifest import Entry, Manifest
    from presswork.source import Source
    from presswork.transport import Client

__all__ = [
    "SHA1",
    "SHA256",
    "Capabilities",
    "Digest",
    "Emulator",
    "Hasher",
    "Host",
    "HostType",
    "Intent",
    "Kit",
    "Limits",
    "Memory",
    "Part",
    "Proof",
    "Release",
    "Taken",
    "Upload",
]

Proof = Literal["listing", "read", "http"]
"""A way to believe that the live site is the built one: the host's listing, its bytes, or the public address."""


class Hasher(Protocol):
    """What a `Digest` makes: an object of hashlib's shape."""

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""

    def hexdigest(self) -> str:
        """Return the digest in lower-case hex."""
        ...


@dataclass(frozen=True)
class Digest:
    """A way to name content: `new(path, size)` makes the hasher for one file."""

    name: str
    new: Callable[[str, int], Hasher]


SHA256: Final = Digest("sha256", lambda _path, _size: hashlib.sha256())
SHA1: Final = Digest("sha1", lambda _path, _size: hashlib.sha1(usedforsecurity=False))


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most a host takes, in files, and in bytes of one file, of the whole site and of a path; None: none known."""

    files: int | None = None
    file_bytes: int | None = None
    total_bytes: int | None = None
    path_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a host is, said without an account and without connecting.

    `digest` is what its listing is made of. `atomic`: the live site switches in one step, in `finish`.
    `proof`: the ways to believe it, best first. `workers` caps the connections at a time. `retires`: what `unpublish`
    takes off can never be there again. `sample`: of more files than this only so many are read back, unless all are
    asked for, and the listing speaks for the others. `aliases`: each preview can have an alias; that which a CI's
    branch gives is then used. `not_found`: an address that no page has is answered with the site's `404.html`.
    """

    digest: Digest = SHA256
    atomic: bool
    previews: bool
    proof: tuple[Proof, ...]
    workers: int = 8
    limits: Limits = Limits()
    retires: bool = False
    sample: int | None = None
    aliases: bool = True
    not_found: bool = True


class Release(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One deployment as its host knows it.

    `id` is the host's (empty: something is live and the host cannot say what). `created` is in ISO 8601, UTC.
    `label` is the `Intent.label` it was made with. `preview`: it was not made to be live.
    """

    id: str
    url: str
    live: bool
    label: str | None = None
    created: str | None = None
    alias: str | None = None
    preview: bool = False


@dataclass(frozen=True)
class Part:
    """One thing to send: a file, a batch of files, or a bundle with no entries. `size` is in bytes.

    `key` is the host's own, and unique within a wave.
    """

    key: str
    size: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True)
class Intent:
    """What a deploy means to bring about: this manifest with these bytes, live or as a preview under an alias.

    `replaces` is the release the plan was made against, None where nothing is live. `together`: it is one of several
    targets, all of which are filled before one is switched: nothing of it may be live before `finish`.
    """

    manifest: Manifest
    source: Source
    live: bool
    label: str
    alias: str | None = None
    replaces: Release | None = None
    together: bool = False


class Memory(Protocol):
    """A small durable table, one per target, for what a host must not forget (the name of a site just made)."""

    def get(self, key: str) -> str | None:
        """Return what was put under the key, or None."""
        ...

    def put(self, key: str, value: str, *, secret: bool = False) -> None:
        """Keep a value, on disk before this returns; a secret one in a file only its owner can read."""
        ...

    def forget(self, key: str) -> None:
        """Drop a value; nothing happens where there is none."""
        ...


@dataclass(frozen=True, kw_only=True)
class Kit:
    """What the core gives a host.

    `folder` is the project's state folder. `secret(name)` returns a credential or raises `CredentialMissing`; `name`
    is one of `HostType.secrets`, or an environment variable that an option names. `http(base, token)` makes a client
    for one API. `note` takes a finding for the report. `confide` shows a text that holds a secret to the person at the
    terminal, where there is one, and nowhere else. `wait(seconds, why)` is the only way to wait: it can be
    cancelled and is shown.
    """

    folder: Path
    memory: Memory
    secret: Callable[[str], str]
    http: Callable[[str, str | None], Client]
    note: Callable[[Finding], None]
    confide: Callable[[str], None]
    wait: Callable[[float, str], None]


class Taken(Struct, frozen=True):
    """The way an upload took, and why; `files` and `bytes` count what was sent besides the parts, in `finish`."""

    route: str
    reason: str
    files: int = 0
    bytes: int = 0


class Upload(Protocol):
    """One release in the making. Only `put` is called from several threads."""

    @property
    def session(self) -> str:
        """Enough to go on with this upload, or cancel it, in another process; never a secret."""
        ...

    def wanted(self) -> Sequence[Part]:
        """Ask the host what it lacks: the next wave. Empty means that nothing but the switch is left.

        The only place where a session is opened, or opened again.
        """
        ...

    def put(self, part: Part) -> None:
        """Send one part. Sending it again is harmless. `Stale` where the session must be opened again."""
        ...

    def finish(self) -> Release:
        """Switch. Calling it again is harmless: it finds out first whether it happened.

        `Stale` where something is wanted again, `Conflict` where what is live is no longer `replaces`.
        """
        ...


class Emulator(Protocol):
    """A host's deploy protocol over a folder on this machine, as an ASGI application: `cls(folder)`.

    For rehearsal without an account and for tests; it refuses what the real host refuses.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""

    def facts(self, address: str) -> Mapping[str, str]:
        """Return what a client needs to know where the emulator is reached at `address`, by stable names."""
        ...

    def command(self, address: str) -> str:
        """Return the `presswork deploy` line to try."""
        ...


class Host(Protocol):
    """A place sites are deployed to. `cls(options, kit)`: the constructor does no I/O."""

    capabilities: Capabilities

    @property
    def place(self) -> str:
        """What is deployed to, without secrets: the same for two configurations that mean the same site.

        That of a site which `begin` makes is asked for again afterwards.
        """
        ...

    def live(self) -> Release | None:
        """Return what is live, by one or two reads; None where nothing is."""
        ...

    def begin(self, intent: Intent, session: str | None) -> Upload:
        """Open an upload, going on with `session` where that is still possible."""
        ...

    def close(self) -> None:
        """Let go of connections, and of a lock the host holds in its own store."""
        ...


@dataclass(frozen=True, kw_only=True)
class HostType:
    """One kind of host, as its plugin offers it.

    `options` is a `msgspec.Struct` of its settings (a field of type `Path` is resolved against the folder of the
    configuration). `load` returns the class and may import what is heavy. `secrets` maps the names the host asks
    `Kit.secret` for to environment variables. `variables` maps options to the environment variables they are taken
    from where they are not given. `unfiled` names the options that no file may set: an address that a token is sent
    to comes from a flag or the environment. `embedded`: it needs no account and no network, and is taken where
    a configuration names no host. `emulator` returns the class of its `Emulator`, where it ships one.
    """

    name: str
    summary: str
    options: type[Struct]
    load: Callable[[], type[Any]]
    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    unfiled: frozenset[str] = frozenset()
    embedded: bool = False
    emulator: Callable[[], type[Any]] | None = None
