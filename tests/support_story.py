"""Deploys inside the test's process, to the host of `support_rack` or to the local one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import support_rack
from presswork.deploy import deploy
from presswork.plugins import Plugins
from presswork.project import Project
from presswork.settings import read_settings
from presswork.site import Site

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from presswork.report import Report, TargetReport

RACK = {"host": "rack", "path": "rack", "workers": 1}
TOKEN = {"RACK_TOKEN": "a-token"}


def project(
    folder: Path,
    *plugins: object,
    table: Mapping[str, Any] = RACK,
    environ: Mapping[str, str] = TOKEN,
    host: object = support_rack,
) -> Project:
    """Return the project of a folder: the host's plugin is named `host`, the others `p0`, `p1`, …"""
    (folder / "pyproject.toml").touch()
    settings = read_settings(table, door="the test", folder=folder, environ=environ)
    named = [(f"p{number}", plugin) for number, plugin in enumerate(plugins)]
    return Project(settings, Plugins([("host", host), *named]), environ)


def site(folder: Path, files: Mapping[str, str]) -> Site:
    """Return a built site of these files and no others."""
    root = folder / "site"
    for file in sorted(root.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    return Site(root=str(root), generator="test 1")


def told(report: Report) -> TargetReport:
    """Return what a report says of its one target."""
    assert report.error is None, report.error
    (target,) = report.targets
    return target


def deployed(folder: Path, files: Mapping[str, str], *plugins: object, **options: Any) -> TargetReport:
    """Deploy a site to the rack; it must succeed."""
    target = told(deploy(site(folder, files), project(folder, *plugins), **options))
    assert target.outcome in {"deployed", "unchanged", "planned"}, target.error
    return target


def live(folder: Path) -> dict[str, str]:
    """Return what is live on the rack, path to content; nothing where nothing is."""
    name = folder / "rack" / "live"
    if not name.exists():
        return {}
    root = folder / "rack" / name.read_text()
    return {file.relative_to(root).as_posix(): file.read_text() for file in root.rglob("*") if file.is_file()}


def log(folder: Path) -> list[str]:
    """Return what was sent to the rack, line by line."""
    file = folder / "rack" / "log"
    return file.read_text().splitlines() if file.exists() else []
