"""`serve`, `manifest` and `hosts`: looking at what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import msgspec

from presswork.cli.common import json_option, one_target, where_options
from presswork.errors import ConfigError, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from presswork.host import Capabilities, HostType
    from presswork.plugins import Installed
    from presswork.project import Project
    from presswork.settings import Target

__all__ = ["hosts", "manifest", "serve"]


@click.command()
@where_options
@one_target
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--bind", default="127.0.0.1", show_default=True, help="The address to listen on.")
def serve(*, project: Project, target: Target, port: int, bind: str) -> int:
    """Serve the embedded host's site, and each other release and preview at its own address."""
    from presswork.abilities import Serves
    from presswork.cli.server import run
    from presswork.transport.roads import is_loopback

    host = project.host(target)
    if not isinstance(host, Serves):
        able = ", ".join(project.plugins.able("serve")) or "none"
        raise ConfigError(
            f"The host {project.host_type(target).name} is not served from here.",
            hint=f"Installed hosts that are: {able}.",
        )
    any_host = not is_loopback(f"//{bind}")
    run(
        lambda: host.app(any_host=any_host),
        bind,
        port,
        lambda address: click.echo(f"Serving at {address}/ (Ctrl-C to stop)", err=True),
    )
    return 0


@click.command()
@click.argument("directory", metavar="[DIR]", required=False)
@where_options
def manifest(directory: str | None, *, project: Project) -> int:
    """Print the manifest of DIR, or of the last build, as canonical JSON."""
    from presswork.cli.common import say_trouble
    from presswork.cli.sites import find_site
    from presswork.report import Report, TargetReport
    from presswork.work import read

    work = read(find_site(directory, project, quiet=True), project, (), lambda _event: None)
    errors = [finding for finding in work.findings if finding.severity == "error"]
    if errors:
        line = TargetReport(target="", host="", outcome="refused", findings=list(work.findings))
        say_trouble(Report(command="manifest", targets=[line]))
        return Refused.exit_code
    click.echo(work.manifest.to_json(), nl=False)
    return 0


@click.command()
@json_option
def hosts(*, as_json: bool) -> int:
    """List the hosts and plugins installed, what they can do, or why one is broken."""
    from presswork.plugins import Plugins

    plugins = Plugins()
    plugins.hosts()
    described = [_plugin(installed, plugins.mask) for installed in plugins.installed]
    if as_json:
        from presswork.report import Report

        document = msgspec.json.decode(Report(command="hosts").to_json())
        click.echo(msgspec.json.encode({**document, "outcome": "listed", "plugins": described}))
        return 0
    for plugin in described:
        click.echo(f"{plugin['plugin']}  {plugin['distribution']} {plugin['version']}".rstrip())
        if plugin["broken"]:
            click.echo(f"  broken: {plugin['broken']}")
        for host in plugin["hosts"]:
            click.echo(f"  host {host['name']}: {host['summary']}")
            if host["broken"]:
                click.echo(f"    broken: {host['broken']}")
    whole = [host for plugin in described for host in plugin["hosts"] if not host["broken"]]
    for line in _side_by_side(whole):
        click.echo(line)
    return 0


def _side_by_side(hosts: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a table of what each host can do and takes, a column each."""
    from presswork.abilities import ABILITIES
    from presswork.report.terminal import amount

    def size(value: int | None) -> str:
        return "" if value is None else amount(value)

    def number(value: int | None) -> str:
        return "" if value is None else f"{value:,}"

    rows = [["host", *(host["name"] for host in hosts)]]
    rows += [[word, *("yes" if word in h["abilities"] else "" for h in hosts)] for word in [*ABILITIES, "previews"]]
    rows += [
        ["switch", *("one step" if host["atomic"] else "while filling" for host in hosts)],
        ["proof", *(", ".join(host["proof"]) for host in hosts)],
        ["connections", *(number(host["workers"]) for host in hosts)],
        ["files", *(number(host["limits"]["files"]) for host in hosts)],
        ["one file", *(size(host["limits"]["file_bytes"]) for host in hosts)],
        ["all files", *(size(host["limits"]["total_bytes"]) for host in hosts)],
        ["path, bytes", *(number(host["limits"]["path_bytes"]) for host in hosts)],
        ["credentials", *(", ".join(host["secrets"]) for host in hosts)],
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell or '-':{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _plugin(installed: Installed, mask: Callable[[str], str]) -> dict[str, Any]:
    return {
        "plugin": installed.name,
        "distribution": installed.distribution,
        "version": installed.version,
        "broken": installed.broken,
        "hosts": [_host(host, mask) for host in installed.hosts],
    }


def _host(host: HostType, mask: Callable[[str], str]) -> dict[str, Any]:
    from presswork.plugins import abilities

    known: dict[str, Any] = {"name": host.name, "summary": host.summary, "secrets": sorted(host.secrets.values())}
    try:
        capabilities: Capabilities = host.load().capabilities
    except Exception as error:  # noqa: BLE001 -- listing what is installed must not fail over one of them
        return {**known, "broken": mask(f"{type(error).__name__}: {error}")}
    return {
        **known,
        "broken": None,
        "abilities": abilities(host),
        "atomic": capabilities.atomic,
        "proof": capabilities.proof,
        "workers": capabilities.workers,
        "limits": msgspec.to_builtins(capabilities.limits),
    }
