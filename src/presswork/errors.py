"""The errors Presswork raises, each with a hint and the exit code it leads to.

PressworkError                 1  failed: a host, a network, a disk
├── ConfigError                2  a setting, a flag, a name that does not exist
│   └── CredentialMissing      2  a token is needed and none was found
├── Refused                    3  stopped before anything changed: a finding, a limit, a guard
│   ├── Conflict               3  what is live is no longer what the plan was made against
│   └── Locked                 3  somebody else is deploying to this place
├── HostError                  1  the host said no, or said nothing
│   ├── Stale                  1  the session must be opened again: ask `wanted()`
│   └── Gone                   1  the host no longer has that release
├── ContentChanged             1  a file is not what it was when it was hashed
├── PluginFailed               1  a hook raised
└── Cancelled                130  Ctrl-C
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from presswork.findings import Finding

__all__ = [
    "Cancelled",
    "ConfigError",
    "Conflict",
    "ContentChanged",
    "CredentialMissing",
    "Gone",
    "HostError",
    "Locked",
    "PluginFailed",
    "PressworkError",
    "Refused",
    "Stale",
]


class PressworkError(Exception):
    """One thing that went wrong, in words for the person who must act on it.

    `hint` says what to do next. `path` is the file or page concerned, relative to the site's root.
    `retryable` says whether the same command may succeed later.
    """

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "failed"
    retryable: bool = False

    def __init__(self, message: str, *, hint: str, path: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = path


class ConfigError(PressworkError):
    """A setting, flag or name is wrong; nothing was done."""

    exit_code = 2
    code = "configuration"


class CredentialMissing(ConfigError):
    """A host needs a token and neither the environment nor a plugin has it."""

    code = "credential-missing"


class Refused(PressworkError):
    """Presswork stopped before it changed anything; `findings` say why."""

    exit_code = 3
    code = "refused"

    def __init__(self, message: str, *, hint: str, path: str | None = None, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message, hint=hint, path=path)
        self.findings = tuple(findings)


class Conflict(Refused):
    """Another release went live since the plan was made."""

    code = "conflict"
    retryable = True


class Locked(Refused):
    """Another deployment to the same place is under way."""

    code = "locked"
    retryable = True


class HostError(PressworkError):
    """The host refused, failed or could not be reached.

    `retryable` is for this instance: a full disk is not cured by trying again, a dropped line may be.
    """

    code = "host"

    def __init__(self, message: str, *, hint: str, path: str | None = None, retryable: bool = False) -> None:
        super().__init__(message, hint=hint, path=path)
        self.retryable = retryable


class Stale(HostError):
    """The host's handle for this session has expired; `wanted()` opens it again."""

    code = "stale"

    def __init__(self, message: str, *, hint: str = "Run the same command again.") -> None:
        super().__init__(message, hint=hint, retryable=True)


class Gone(HostError):
    """The host once had this release and no longer has its files."""

    code = "gone"


class ContentChanged(PressworkError):
    """A file changed, shrank or went away between the scan and the upload."""

    code = "content-changed"
    retryable = True


class PluginFailed(PressworkError):
    """A plugin's hook raised; the message names the plugin."""

    code = "plugin"


class Cancelled(PressworkError):
    """Ctrl-C, or a deadline."""

    exit_code = 130
    code = "cancelled"
    retryable = True

    def __init__(
        self,
        message: str = "Interrupted.",
        *,
        hint: str = "Run the same command again: it goes on where it stopped.",
    ) -> None:
        super().__init__(message, hint=hint)
