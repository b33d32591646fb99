"""Every generator of the matrix: its commands, its configuration, and how it writes a page down and fails."""

from __future__ import annotations

from typing import Any, NamedTuple

Table = dict[str, Any]

NAMES = ("guide", "manual", "notes")
_ADDRESS = "https://example.org"


class Page(NamedTuple):
    """A page: its file among the sources, and what is built of it, the page itself first."""

    source: str
    built: tuple[str, ...]


class MkDocs:
    """MkDocs or ProperDocs with a theme. The other kinds differ from this one in what they define anew."""

    config = "mkdocs.yml"
    strict: tuple[str, ...] = ("--strict",)
    template = "main.html"
    """One that pages are made with, for a broken one to be put in its place."""
    failed = wrong = 1
    """The exit codes of a build that failed, and of one whose configuration is wrong."""
    leaves = False
    """Whether the pages of deleted sources stay in the output folder."""
    places: tuple[str, ...] = ()
    out = "site"
    own: tuple[str, ...] = ()
    """What the generator keeps there for itself."""
    dated = "sitemap.xml", "<lastmod>2024-05-06</lastmod>"
    """A file with a date of the build in it, and how it says that of the commit."""
    said_by, told_by = "INFO    -  presswork: ", ("Error: ", "ERROR   -  ", "ERROR   -  Config value 'plugins': ")

    def __init__(self, name: str, tool: str = "mkdocs", theme: str = "mkdocs") -> None:
        self.name = name
        self.tool = tool
        self.command: tuple[str, ...] = ("-m", tool, "build")
        self._theme = theme

    def settings(self, table: Table, more: str = "") -> str:
        theme = f"theme: {{name: {self._theme}, custom_dir: theme}}"
        return f"site_name: Test\nsite_url: {_ADDRESS}/\n{theme}\nplugins: [search, {{presswork: {table!r}}}]\n{more}\n"

    def others(self) -> dict[str, str]:
        """Return what there is beside the configuration and the pages."""
        return {"docs/index.md": "# Home\n\nWelcome.\n"}

    def page(self, name: str) -> Page:
        return Page(f"docs/{name}.md", (f"{name}/index.html",))

    def text(self, name: str, says: str) -> str:
        """Return the source of a page."""
        return f"# The {name}\n\n{says}\n"

    def dubious(self, name: str) -> str:
        """Return the source of a page that is built with a warning."""
        return self.text(name, "[broken](nowhere.md)")

    def language(self, code: str) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
        """Return what is to be written for the site in one language, below `public`, the options and the places."""
        config = f"INHERIT: mkdocs.yml\ntheme: {{name: {self._theme}, locale: {code}}}\nsite_dir: public/{code}\n"
        return {f"{code}.yml": config}, ("-f", f"{code}.yml"), ()


class Pelican(MkDocs):
    config = "pelicanconf.py"
    strict = ("--fatal", "warnings")
    template = "article.html"
    leaves = True
    out = "output"
    dated = "dated.html", "Last updated on 06 May 2024, 07:08:09"
    said_by, told_by = "presswork: ", ("error: ",)

    def __init__(self) -> None:
        super().__init__("pelican", "pelican")
        self.command = ("-m", "pelican")

    def settings(self, table: Table, more: str = "") -> str:
        return f"{_PELICANCONF}SITEURL = {_ADDRESS!r}\nPRESSWORK = {table!r}\n{more}\n"

    def others(self) -> dict[str, str]:
        return {"content/dated.html": "<p>Last updated on {{ built() }}</p>"}

    def page(self, name: str) -> Page:
        return Page(f"content/{name}.md", (f"{name}.html",))

    def text(self, name: str, says: str) -> str:
        return f"Title: The {name}\nDate: 2026-01-02\nSlug: {name}\n\n{says}\n"

    def dubious(self, name: str) -> str:
        return self.text(name, "![]({static}nowhere.png)")

    def language(self, code: str) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
        config = f"import sys\nsys.path.append('.')\nfrom pelicanconf import *\nDEFAULT_LANG = {code!r}\n"
        return {f"{code}.py": f"{config}OUTPUT_PATH = 'public/{code}'\n"}, ("-s", f"{code}.py"), ()


class Sphinx(MkDocs):
    config = "docs/conf.py"
    strict = ("-W", "--keep-going")
    template = "layout.html"
    failed = wrong = 2
    leaves = True
    places = ("docs", "out")
    out = "out"
    own = (".doctrees/", ".buildinfo")
    dated = "index.html", "Last updated on 06 May 2024, 07:08:09"
    said_by, told_by = "presswork: ", ("ERROR: presswork: ",)

    def __init__(self, builder: str) -> None:
        super().__init__(f"sphinx {builder}", "sphinx")
        self.command = ("-m", "sphinx", "-b", builder)
        self.builder = builder

    def settings(self, table: Table, more: str = "") -> str:
        return f"{_CONF}html_baseurl = '{_ADDRESS}/'\npresswork = {table!r}\n{more}\n"

    def others(self) -> dict[str, str]:
        return {"docs/index.rst": "Home\n====\n\n.. toctree::\n   :glob:\n\n   *\n"}

    def page(self, name: str) -> Page:
        page = f"{name}/index.html" if self.builder == "dirhtml" else f"{name}.html"
        return Page(f"docs/{name}.rst", (page, f"_sources/{name}.rst.txt"))

    def text(self, name: str, says: str) -> str:
        return f"The {name}\n{'=' * 20}\n\n{says}\n"

    def dubious(self, name: str) -> str:
        return self.text(name, ":doc:`nowhere`")

    def language(self, code: str) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
        return {}, ("-D", f"language={code}"), ("docs", f"public/{code}")


_PELICANCONF = """
import os, time

SITENAME = "Test"
PATH = "content"
TIMEZONE = "UTC"
THEME = "simple"
THEME_TEMPLATES_OVERRIDES = ["theme"]
FEED_ALL_ATOM = "feeds/all.atom.xml"
CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = None
TEMPLATE_PAGES = {"dated.html": "dated.html"}
FORMAT = "%d %B %Y, %H:%M:%S"
JINJA_GLOBALS = {
    "built": lambda: time.strftime(FORMAT, time.gmtime(float(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
}
PLUGINS = ["presswork_pelican"]
"""
_CONF = """
project = "Test"
extensions = ["presswork_sphinx"]
html_theme = "basic"
html_last_updated_fmt = "%d %B %Y, %H:%M:%S"
templates_path = ["../theme"]
"""

KINDS = (
    MkDocs("mkdocs"),
    MkDocs("material", theme="material"),
    MkDocs("properdocs", "properdocs"),
    Pelican(),
    Sphinx("html"),
    Sphinx("dirhtml"),
)
