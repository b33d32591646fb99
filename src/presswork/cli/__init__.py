"""The command `presswork`: its groups, loaded when they are used, and the one place that catches errors."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final

import click

from presswork import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from presswork.errors import PressworkError

__all__ = ["COMMANDS", "app", "main"]

COMMANDS: Final = {
    "deploy": "deploying",
    "plan": "deploying",
    "check": "deploying",
    "status": "releases",
    "history": "releases",
    "diff": "releases",
    "rollback": "releases",
    "promote": "releases",
    "verify": "releases",
    "unpublish": "releases",
    "claim": "releases",
    "prune": "releases",
    "serve": "looking",
    "manifest": "looking",
    "hosts": "looking",
    "init": "starting",
    "emulate": "emulating",
}
"""Each command and the module of this package it stands in."""


class _Lazy(click.Group):
    def list_commands(self, _context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"presswork.cli.{COMMANDS[name]}"), name)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="presswork", message="%(prog)s %(version)s")
def app() -> None:
    """Take the step after the build of a static site.

    Plans, sends only what changed, switches in one step, proves what is live, takes it back.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: the only place where errors become words."""
    from presswork.interrupts import terminable

    words = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        with terminable():
            code = app.main(words, prog_name="presswork", standalone_mode=False)
    except click.exceptions.Exit as done:
        return done.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read has gone: nothing to tell
        return 1
    except Exception as error:  # noqa: BLE001 -- the last place that can put it into words
        return _tell(_as_ours(error) or _fault(error), words)
    except KeyboardInterrupt:
        from presswork.errors import Cancelled

        return _tell(Cancelled(), words)
    return code or 0


def _as_ours(error: Exception) -> PressworkError | None:
    from presswork.errors import Cancelled, ConfigError, PressworkError

    if isinstance(error, PressworkError):
        return error
    if isinstance(error, click.Abort):
        return Cancelled()
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "presswork"
        return ConfigError(error.format_message(), hint=f"{command} --help shows how it is used.")
    return None


def _fault(error: Exception) -> PressworkError:
    """Show where an error came from that nobody foresaw: of ours, or of a plugin's."""
    import traceback

    from presswork.errors import PressworkError
    from presswork.mask import Mask

    click.echo(Mask(os.environ)(traceback.format_exc()), err=True, nl=False)
    return PressworkError(
        f"{type(error).__name__}: {error}.", hint="Presswork or one of its plugins is at fault: report what is above."
    )


def _tell(error: PressworkError, words: list[str]) -> int:
    from presswork.cli.common import say_trouble
    from presswork.mask import Mask
    from presswork.report import Report

    report = Report(command=next((word for word in words if not word.startswith("-")), ""))
    report.fail(error)
    mask = Mask(os.environ)
    report = report.masked(mask)
    if report.command in {"deploy", "plan"}:
        from presswork.report.handed import hand_over

        hand_over(report, os.environ, mask)
    if "--json" in words:
        click.echo(report.to_json(), nl=False)
    say_trouble(report)
    return report.exit_code
