"""Small sites on disk, and what a scan of them finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from presswork.scan import scan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from presswork.findings import Finding


def write(root: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def paths(root: Path, **options: object) -> list[str]:
    return [entry.path for entry in scan(root, **options).entries]


def findings(root: Path) -> list[tuple[str, str, str | None]]:
    return [(finding.severity, finding.code, finding.path) for finding in scan(root).findings]


def only_finding(root: Path, **options: object) -> Finding:
    (finding,) = scan(root, **options).findings
    return finding
