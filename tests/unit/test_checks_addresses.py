from __future__ import annotations

import pytest

from presswork_checks.addresses import Addresses

FILES = {
    "index.html",
    "404.html",
    "guide/index.html",
    "guide/deep/index.html",
    "flat.html",
    "a b.html",
    "größe/index.html",
    "assets/site.css",
    "file.tar.gz",
}


def led_to(page: str, link: str, base_url: str | None = "https://example.org/docs/", base: str = "") -> str | None:
    """Return where a link leads: a file, a path with a cross before it where nothing answers, None outside."""
    address = Addresses(FILES, base_url).of(page, link, base)
    if address is None:
        return None
    return address.file or ("redirected" if address.answered else f"×{address.path}")


@pytest.mark.parametrize(
    ("page", "link", "expected"),
    [
        ("guide/index.html", "../", "index.html"),
        ("guide/index.html", "..", "index.html"),
        ("guide/index.html", ".", "guide/index.html"),
        ("guide/index.html", "deep/", "guide/deep/index.html"),
        ("guide/index.html", "deep", "guide/deep/index.html"),
        ("guide/index.html", "./deep/./../deep/index.html", "guide/deep/index.html"),
        ("guide/deep/index.html", "../../assets/site.css?v=3#x", "assets/site.css"),
        ("guide/index.html", "#part", "guide/index.html"),
        ("guide/index.html", "?page=2#part", "guide/index.html"),
        ("guide/index.html", "", "guide/index.html"),
        ("index.html", "flat.html", "flat.html"),
        ("index.html", "flat", "flat.html"),
        ("index.html", "a%20b.html", "a b.html"),
        ("index.html", " a b.html ", "a b.html"),
        ("index.html", "gr%C3%B6%C3%9Fe/", "größe/index.html"),
        ("index.html", "größe", "größe/index.html"),
        ("index.html", "flat\n.html", "flat.html"),
        ("index.html", "assets/", "×assets/"),
        ("index.html", "Flat.html", "×Flat.html"),
        ("index.html", "file.tar", "×file.tar"),
        ("guide/index.html", "guide/", "×guide/guide/"),
        ("index.html", "/docs/guide/", "guide/index.html"),
        ("index.html", "/docs", "index.html"),
        ("index.html", "/docs/nothing", "×nothing"),
        ("index.html", "/", None),
        ("index.html", "/other/", None),
        ("index.html", "../other/", None),
        ("guide/index.html", "../../docs/flat.html", "flat.html"),
        ("index.html", "https://example.org/docs/guide/#x", "guide/index.html"),
        ("index.html", "http://EXAMPLE.org/docs/none/", "×none/"),
        ("index.html", "//example.org/docs/flat.html", "flat.html"),
        ("index.html", "https://example.org/blog/", None),
        ("index.html", "https://elsewhere.org/docs/none/", None),
        ("index.html", "mailto:somebody@example.org", None),
        ("index.html", "javascript:void(0)", None),
        ("index.html", "data:image/png;base64,AAAA", None),
    ],
)
def test_a_link_leads_to_the_file_that_answers_it(page: str, link: str, expected: str | None) -> None:
    assert led_to(page, link) == expected


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/guide/", "guide/index.html"),
        ("/guide/none/", "×guide/none/"),
        ("none/", "×none/"),
        ("/en/latest/_static/site.css", None),
        ("../other-version/", None),
        ("https://example.org/none", None),
    ],
)
def test_where_nobody_knows_the_address_only_what_is_surely_of_the_site_is_followed(
    link: str, expected: str | None
) -> None:
    assert led_to("index.html", link, base_url=None) == expected


@pytest.mark.parametrize(
    ("base", "link", "expected"),
    [
        ("/docs/guide/", "deep/", "guide/deep/index.html"),
        ("../", "flat.html", "flat.html"),
        ("https://example.org/docs/", "flat.html#x", "flat.html"),
        ("https://elsewhere.org/", "none.html", None),
        ("https://elsewhere.org/", "/docs/flat.html", "flat.html"),
        ("/docs/guide/", "#x", "guide/index.html"),
    ],
)
def test_links_start_from_the_base_that_the_page_names(base: str, link: str, expected: str | None) -> None:
    assert led_to("guide/index.html", link, base=base) == expected


@pytest.mark.parametrize(
    ("link", "answered"),
    [
        ("old", True),
        ("old/", True),
        ("blog/2024/post", True),
        ("blog", True),
        ("user/anna/profile", True),
        ("user/anna/b/profile", False),
        ("older", False),
        ("comment", False),
    ],
)
def test_a_redirect_of_the_host_answers_a_link(link: str, answered: bool) -> None:
    rules = "# /comment /x\n\n/old /guide/ 301\n/blog/* https://blog.example.org/:splat\n/user/:name/profile /p\n"
    address = Addresses(FILES, "https://example.org/", rules).of("index.html", link)
    assert address is not None
    assert (address.file, address.answered) == (None, answered)


BAD = ["http://[YOUR-IP]:8000/", "http://[::1", "//[x/", "http://ex\u2100mple.com/"]


@pytest.mark.parametrize("bad", BAD)
def test_what_is_no_address_leads_out_of_the_site_and_is_no_redirect(bad: str) -> None:
    assert led_to("index.html", bad) is None
    assert led_to("index.html", "flat.html", base_url=bad) == "flat.html"
    address = Addresses(FILES, "https://example.org/", f"{bad} /y\n/old /guide/\n").of("index.html", "old")
    assert address is not None
    assert address.answered
