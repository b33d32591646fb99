"""Media types: by name, and the same on every machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from presswork.mediatypes import FALLBACK, is_page, media_type

PLANTED = """
import mimetypes, sys
for extension in (".html", ".js", ".planted"):
    mimetypes.add_type("text/x-planted", extension)
from presswork.mediatypes import media_type
for name in ("a.html", "a.js", "a.planted"):
    print(mimetypes.guess_type(name)[0], media_type(name))
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("a/b.css", "text/css; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("app.js.map", "application/json"),
        ("LOGO.PNG", "image/png"),
        ("font.woff2", "font/woff2"),
        ("feed.xml", "application/xml"),
        ("sitemap.xml.gz", "application/gzip"),
        ("objects.inv", FALLBACK),
    ],
)
def test_the_last_extension_of_a_name_decides_whatever_its_case(path: str, expected: str) -> None:
    assert media_type(path) == expected


@pytest.mark.parametrize("path", ["LICENSE", "a.unknown", ".nojekyll", "html", "v1.html/file", "a.", "1.0/CNAME"])
def test_what_no_extension_tells_is_bytes(path: str) -> None:
    assert media_type(path) == FALLBACK


def test_pages_are_html() -> None:
    names = ["a.html", "b.HTM", "c.xhtml", "d.xml", "e.js", "html"]
    assert [name for name in names if is_page(name)] == ["a.html", "b.HTM", "c.xhtml"]


def test_what_the_machine_believes_of_extensions_changes_nothing() -> None:
    lines = subprocess.check_output([sys.executable, "-c", PLANTED], text=True).splitlines()
    believed, ours = zip(*(line.split(maxsplit=1) for line in lines), strict=True)
    assert set(believed) == {"text/x-planted"}
    assert ours == tuple(media_type(name) for name in ("a.html", "a.js", "a.planted"))
    assert "text/x-planted" not in ours
