"""What the checks say of real documentation sites, and how much of it is true.

    python benchmarks/false_alarms.py [--folder DIR] [--show]

Fetches source distributions that bring their documentation, builds it in a virtual environment of its own with the
project's generator and theme, and asks every check. Prints a table and exits 1 for a finding that is not known to be
true. `--folder` keeps what was fetched and built, `--show` prints the findings. Needs a package index.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from presswork.check import check
from presswork.project import Project
from presswork.settings import read_settings
from presswork.site import Site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from presswork.findings import Finding


@dataclass(frozen=True)
class Docs:
    """A distribution with its documentation. `true` are words of findings that were looked at and are as they say."""

    name: str
    version: str
    builder: str
    folder: str
    base_url: str
    needs: tuple[str, ...] = ()
    true: tuple[str, ...] = ()


DOCS: Final = (
    Docs("sphinx", "9.0.4", "html", "doc", "https://www.sphinx-doc.org/en/master/"),
    Docs(
        "django",
        "5.2.19",
        "dirhtml",
        "docs",
        "https://docs.djangoproject.com/en/5.2/",
        true=("leads to templatebuiltins.js",),  # its template names a script that only the project's own site has
    ),
    Docs(
        "werkzeug",
        "3.1.9",
        "html",
        "docs",
        "https://werkzeug.palletsprojects.com/en/stable/",
        ("pallets-sphinx-themes", "sphinxcontrib-log-cabinet", "werkzeug==3.1.9"),
    ),
    Docs(
        "griffe",
        "2.4.1",
        "mkdocs",
        "docs",
        "https://mkdocstrings.github.io/griffe/",
        true=(
            "leads to guide/contributors/commands/index.html#",
        ),  # all code, without the plugin that runs its examples
    ),
    Docs("markdown", "3.11.3", "mkdocs", "docs", "https://python-markdown.github.io/"),
    Docs(
        "copier",
        "9.19.1",
        "mkdocs",
        "docs",
        "https://copier.readthedocs.io/en/stable/",
        true=("leads to contributing/CHANGELOG.md",),  # of the repository's root, which is not in the documentation
    ),
)

TOOLS: Final = ("sphinx", "mkdocs", "mkdocs-material")

# The projects' own plugins need a network or their git history; their pages are built with these in their place.
MKDOCS: Final = """\
site_name: {name}
site_url: {url}
docs_dir: {docs}
theme: material
plugins: [search]
markdown_extensions:
  [abbr, admonition, attr_list, def_list, footnotes, md_in_html, meta, tables, toc: {{permalink: true}},
   pymdownx.details, pymdownx.highlight, pymdownx.inlinehilite, pymdownx.magiclink, pymdownx.snippets,
   pymdownx.superfences, pymdownx.tabbed: {{alternate_style: true}}, pymdownx.tasklist]
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build every site and look at it; 1 where a finding is not known to be true."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--folder", help="where to keep what is fetched and built")
    parser.add_argument("--show", action="store_true", help="print the findings")
    parsed = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="presswork-docs-") as temporary:
        folder = Path(parsed.folder or temporary).absolute()
        prepare(folder)
        print(f"{'site':<18} {'pages':>6} {'findings':>9} {'true':>5} {'false':>6}")
        false = sum(judge(docs, folder, show=parsed.show) for docs in DOCS)
    return 1 if false else 0


def judge(docs: Docs, folder: Path, *, show: bool) -> int:
    """Print one line about a site; return how many findings are not known to be true."""
    root = built(docs, folder)
    findings = found(root, docs.base_url, folder)
    true = [finding for finding in findings if any(word in finding.message for word in docs.true)]
    pages = sum(1 for _ in root.rglob("*.html"))
    false = len(findings) - len(true)
    print(f"{docs.name + ' ' + docs.version:<18} {pages:>6} {len(findings):>9} {len(true):>5} {false:>6}", flush=True)
    if show:
        for finding in findings:
            mark = "true" if finding in true else "?"
            print(f"    {mark}: {finding.code} {finding.path}:{finding.line}: {finding.message}")
        print(f"    {dict(Counter(finding.code for finding in findings))}")
    return false


def found(root: Path, base_url: str, folder: Path) -> list[Finding]:
    """Return what every check says of a site, as `presswork check` would, but for what is no more than information."""
    project = Project(read_settings({}, door="the benchmark", folder=folder))
    (target,) = check(Site(root=str(root), base_url=base_url), project).targets
    return [finding for finding in target.findings if finding.severity != "info"]


def built(docs: Docs, folder: Path) -> Path:
    """Return the folder of a site, fetched and built unless it is there."""
    root = folder / "built" / docs.name
    if root.exists():
        return root
    source = fetched(docs, folder) / docs.folder
    run(folder, "pip", "install", "--quiet", *docs.needs, *TOOLS)
    if docs.builder == "mkdocs":
        config = folder / f"{docs.name}.yml"
        config.write_text(MKDOCS.format(name=docs.name, url=docs.base_url, docs=source))
        run(source.parent, folder / "venv/bin/mkdocs", "build", "--quiet", "--config-file", config, "--site-dir", root)
    else:
        run(source.parent, folder / "venv/bin/sphinx-build", "--quiet", "-j2", "-b", docs.builder, source, root)
    return root


def fetched(docs: Docs, folder: Path) -> Path:
    """Return the unpacked source distribution."""
    to = folder / "sdists"
    only_source = ("--no-binary", ":all:", "--no-deps", "--dest", to)
    run(folder, "pip", "download", "--quiet", *only_source, f"{docs.name}=={docs.version}")
    (archive,) = to.glob(f"{docs.name}-{docs.version}.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(to, filter="data")
    return to / f"{docs.name}-{docs.version}"


def prepare(folder: Path) -> None:
    """Make the virtual environment, unless it is there."""
    if not (folder / "venv").exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)


def run(folder: Path, program: str | Path, *words: str | Path) -> None:
    """Run a program of the virtual environment; what it says is shown only where it fails."""
    command = [folder / "venv/bin/python", "-m", "pip"] if program == "pip" else [program]
    done = subprocess.run([*command, *words], check=False, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, [*command, *words]))}\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
