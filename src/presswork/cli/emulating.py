"""`emulate`: a host's deploy protocol on this machine, for rehearsal and tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from presswork.cli.server import run
from presswork.errors import ConfigError

__all__ = ["emulate"]


@click.command()
@click.argument("host")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@click.option("--folder", metavar="DIR", help="Where it keeps what it is sent. [default: .presswork/emulate/HOST]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line with what a client needs to know.")
def emulate(host: str, *, port: int, folder: str | None, as_json: bool) -> int:
    """Serve what HOST's service would answer, without an account; it refuses what the service refuses."""
    from presswork.plugins import Plugins
    from presswork.state import State

    plugins = Plugins()
    kind = plugins.host(host)
    if kind.emulator is None:
        others = [name for name, each in plugins.hosts().items() if each.emulator is not None]
        raise ConfigError(
            f"The host {host} has no emulator.", hint=f"Hosts that have one: {', '.join(others) or 'none'}."
        )
    load = kind.emulator
    place = Path(folder) if folder else State(Path.cwd()).folder / "emulate" / host
    made: list[Any] = []

    def make() -> Any:
        made.append(load()(place.absolute()))
        return made[0]

    def ready(address: str) -> None:
        emulator = made[0]
        if as_json:
            click.echo(msgspec.json.encode(dict(emulator.facts(address))))
        else:
            click.echo(f"Emulating {host} at {address} (Ctrl-C to stop). To try it:\n  {emulator.command(address)}")

    run(make, "127.0.0.1", port, ready)
    return 0
