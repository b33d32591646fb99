"""Work done in a forked process, so that it can be killed, and so that its every system call of note can be watched."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Child", "Tell", "in_child", "watch"]

Tell: TypeAlias = "Callable[[str, str], None]"
"""Hands the parent a kind of message and its text."""

_LIMIT: Final = 300
"""Seconds after which a child that hangs is ended."""

_CHANGES: Final = frozenset(
    {
        "http.client.send",
        "os.chmod",
        "os.link",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.symlink",
        "os.truncate",
        "socket.connect",
        "subprocess.Popen",
    }
)
_READS: Final = frozenset({"os.listdir", "os.scandir", "socket.bind", "socket.getaddrinfo"})
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True)
class Child:
    """How a child ended: killed or not, and the (kind, text) pairs it told before."""

    killed: bool
    told: tuple[tuple[str, str], ...]

    def of(self, kind: str) -> list[str]:
        """Return what was told of one kind, in its order."""
        return [text for told, text in self.told if told == kind]


def in_child(work: Callable[[Tell], None]) -> Child:
    """Run `work(tell)` in a fork of this process; what it tells is kept, even when it is killed just after.

    AssertionError with the child's traceback where it raises.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python warns of forking beside threads, such as an emulator's: the child takes none of their locks.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process == 0:
        _be_child(work, writing)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as lines:
        told = tuple((kind, text) for kind, text in map(json.loads, lines))
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    child = Child(code == -signal.SIGKILL, told)
    assert code in {0, -signal.SIGKILL}, f"a child process ended with {code}:\n" + "".join(child.of("error"))
    return child


def watch(seen: Callable[[str], None], *, reads: bool = False) -> None:
    """Call `seen` before every change of a disk and every connection this process makes, for the rest of its life."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            flags = arguments[2]
            if reads or (isinstance(flags, int) and flags & _WRITING):
                seen(f"open {arguments[0]}")
        elif event in _CHANGES or (reads and event in _READS):
            seen(event)

    sys.addaudithook(hook)


def _be_child(work: Callable[[Tell], None], writing: int) -> NoReturn:
    def tell(kind: str, text: str) -> None:
        os.write(writing, json.dumps((kind, text)).encode() + b"\n")

    code = 1
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_LIMIT)
        sys.dont_write_bytecode = True
        work(tell)
        code = 0
    except BaseException:  # noqa: BLE001 -- the parent raises it again
        tell("error", traceback.format_exc())
    finally:
        os._exit(code)
