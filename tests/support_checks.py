"""Asks the installed checks about a folder of files, as a deployment over another one would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from presswork.checksettings import CheckSettings
from presswork.draft import Draft
from presswork.mask import Mask
from presswork.plan import Estimate, Plan, compare
from presswork.plugins import Plugins
from presswork.scan import scan
from presswork.site import Page, Site
from presswork.source import Folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from presswork.findings import Finding
    from presswork.manifest import Manifest


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files, path to content, into a folder that is emptied first."""
    for file in sorted(root.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content if isinstance(content, bytes) else content.encode())


def manifest_of(root: Path) -> Manifest:
    found = scan(str(root), ignore=["!.git"])  # or there would be nothing to find
    assert found.findings == ()
    return Draft(found.entries, found.digests).freeze()


def findings(
    folder: Path,
    files: Mapping[str, str | bytes],
    *,
    live: Mapping[str, str | bytes] | None = None,
    checks: Mapping[str, Any] | None = None,
    base_url: str | None = "https://example.org/",
    pages: Iterable[Page] = (),
    secrets: Iterable[str] = (),
) -> list[Finding]:
    """Return what the checks say of these files, where `live` is what they replace."""
    root = folder / "site"
    root.mkdir(exist_ok=True)
    write(root, live or {})
    before = manifest_of(root).listing() if live else {}
    write(root, files)
    manifest = manifest_of(root)
    plan = Plan(compare(before, manifest.listing()), replaces=None, known=True, estimate=Estimate("", "", 0, 0))
    plugins = Plugins()
    plugins.mask = Mask()
    for secret in secrets:
        plugins.mask.add(secret)
    site = Site(root=str(root), base_url=base_url, pages=tuple(pages))
    return plugins.check(site, manifest, plan, Folder(str(root)), CheckSettings(checks or {}, "the test"))


def codes(found: Iterable[Finding]) -> list[str]:
    return [finding.code for finding in found]


def nothing() -> dict[str, Any]:
    """Return the arguments of `Plugins.check` for a site without files."""
    return {
        "site": Site(root="/"),
        "manifest": Draft([], {}).freeze(),
        "plan": Plan((), replaces=None, known=True, estimate=Estimate("", "", 0, 0)),
        "source": Folder("/"),
        "checks": CheckSettings({}, "the test"),
    }
