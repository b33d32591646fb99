from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from presswork.errors import HostError
from presswork.findings import Finding
from presswork.report import Entry, ReleaseFacts, Report, SiteFacts, SourceFacts, TargetReport, Uploaded, Verified
from presswork.report.markdown import code, link, summary, text

if TYPE_CHECKING:
    from presswork.report import Outcome

NASTY = [
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1)) [a](https://evil.example)",
    "](https://evil.example) [",
    "**bold** `code` ~~gone~~ | cell",
    "`` ` ``",
    "line\n\n# heading\n---\n1. one\n> quote",
    "&lt;b&gt; &amp; \\",
    "</details><!-- ",
    "> `) <https://evil.example>",
]

SEEN = st.characters(exclude_categories=["C", "Z"]) | st.just(" ")


class Rendered(HTMLParser):
    """What a page of Markdown becomes: the tags, where links lead, and the words."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: dict[str, str | None] = {}
        self.words = ""
        self.feed(MarkdownIt("commonmark").render(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "a":
            self._at, self._to = len(self.words), dict(attrs)["href"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.links[self.words[self._at :]] = self._to

    def handle_data(self, data: str) -> None:
        self.words += data


@given(st.text(SEEN, max_size=200) | st.lists(st.sampled_from(NASTY), max_size=3).map(" ".join))
def test_words_of_others_stay_words(words: str) -> None:
    rendered = Rendered(f"- said: {text(words)}")
    assert rendered.tags == {"ul", "li"}
    assert rendered.words.replace("\u2060", "").strip() == " ".join(["said:", *words.split()])


@given(st.text(SEEN) | st.sampled_from(NASTY))
def test_code_of_others_stays_code(words: str) -> None:
    rendered = Rendered(f"a {code(words + 'x')} b")
    assert rendered.tags == {"p", "code"}


@pytest.mark.parametrize("words", ["<img src=x>", "[a](https://evil.example)", *NASTY[3:6]])
def test_words_that_are_not_escaped_would_be_noticed(words: str) -> None:
    assert Rendered(f"- x {words} end").tags - {"ul", "li"}


def test_nobody_is_called_and_nothing_is_linked_by_a_title() -> None:
    written = text("@octo/team see #7 and !8, www.evil.example https://evil.example")
    assert "@\u2060octo" in written
    assert "\\#\u20607" in written
    assert "\\!\u20608" in written
    assert "www." not in written
    assert "://" not in written


def test_what_turns_the_direction_or_cannot_be_seen_is_left_out_and_the_rest_is_cut() -> None:
    assert text("a\u202eb\x1bc") == "a b c"
    assert len(text("x" * 9_000)) < 400


@pytest.mark.parametrize(
    ("address", "to"),
    [
        ("https://a.example/b c>d)", "https://a.example/b%20c%3Ed)"),
        ("javascript:alert(1)", None),
        ("file:///srv/www/", None),
        (None, None),
    ],
)
def test_a_link_leads_to_the_web_or_nowhere(address: str | None, to: str | None) -> None:
    assert Rendered(link("there", address)).links == ({"there": to} if to else {})


def page(path: str, change: str, reason: str = "content", title: str | None = None, **more: str) -> Entry:
    return Entry(path, change, reason, title=title, **more)


def report(outcome: Outcome = "previewed", *entries: Entry, live: bool = False) -> Report:
    target = TargetReport(target="production", host="moon", outcome=outcome, previous="r0")
    target.live_url = "https://docs.example/"
    url = target.live_url if live else "https://pull-7.moon.example"
    if outcome != "planned":
        target.release = ReleaseFacts(id="r1", url=url, live=live, created=None, preview=not live)
    target.changes = {"added": 1, "changed": 1, "removed": 1, "moved": 0, "same": 9}
    target.entries = list(entries)
    made = Report(command="deploy", targets=[target], by="ann", run="https://ci.example/7")
    made.source = SourceFacts("3f2a9c1b0d2e" + "0" * 28, "fix/typo", None)
    return made


CHANGES = (
    page("index.html", "changed", title="Home", source="docs/index.md"),
    page("new/index.html", "added", title="New"),
    page("gone.html", "removed"),
    page("b/index.html", "moved", title="B", before="a/index.html"),
    page("foot.html", "changed", "only its footer"),
    page("style.css", "changed"),
    page("same.html", "same"),
)


def test_a_preview_names_its_pages_with_links_to_it_and_to_what_is_live() -> None:
    made = report("previewed", *CHANGES)
    made.targets[0].uploaded, made.targets[0].verified = Uploaded(3, 40_211), Verified("read", 12, ok=True)
    written = summary(made)

    rendered = Rendered(written)
    assert rendered.links == {
        "https://pull-7.moon.example": "https://pull-7.moon.example",
        "what is live": "https://docs.example/",
        "Home": "https://pull-7.moon.example/",
        "New": "https://pull-7.moon.example/new/",
        "B": "https://pull-7.moon.example/b/",
        "gone.html": "https://docs.example/gone.html",
        "live": "https://docs.example/a/",  # that of the last of them
        "run": "https://ci.example/7",
    }
    assert "### production (moon): preview ready" in written
    assert "changed: Home docs/index.md (live)" in rendered.words
    assert "moved: B b/index.html, was at a/index.html (live)" in rendered.words
    assert "changed: 1 page: foot.html, only its footer" in rendered.words
    assert "changed: 1 other file: style.css" in rendered.words
    assert "same.html" not in written
    assert "sent 3 files, 40.2 kB; verified by reading every file back: 12 files" in rendered.words
    assert "commit 3f2a9c1b0d2e of fix/typo · by ann · run · presswork" in rendered.words


@pytest.mark.parametrize(
    ("outcome", "live", "expected"),
    [("planned", False, "https://docs.example/gone.html"), ("deployed", True, None)],
)
def test_a_page_that_is_gone_is_linked_only_as_long_as_it_is_there(
    outcome: Outcome, live: bool, expected: str | None
) -> None:
    links = Rendered(summary(report(outcome, *CHANGES, live=live))).links
    assert links.get("gone.html") == expected
    assert links.get("New") == ("https://docs.example/new/" if live else None)


def test_a_store_of_ones_own_is_linked_by_the_address_the_generator_knows() -> None:
    made = report("deployed", *CHANGES, live=True)
    target = made.targets[0]
    assert target.release
    target.release = ReleaseFacts(id="r1", url="file:///srv/www/current/", live=True, created=None)
    made.site = SiteFacts("/home/ann/site", "mkdocs 1.6.1", "https://docs.example/")
    assert Rendered(summary(made)).links["Home"] == "https://docs.example/"
    assert "/home/ann" not in summary(made)


def test_findings_and_errors_stand_with_what_to_do() -> None:
    made = report("failed")
    target = made.targets[0]
    hint = "Rename one."
    target.findings = [Finding(severity="warning", code="x", message=f"{n} clashes.", hint=hint) for n in range(40)]
    target.fail(HostError("It is full.", hint="Make room."))
    target.verified = Verified("read", 3, ok=False, mismatches=tuple(f"p{n}.html" for n in range(20)))
    words = Rendered(summary(made)).words
    assert "warning: 0 clashes. Rename one." in words
    assert "11 more" in words
    assert "not as built: p0.html" in words
    assert "p11.html, 8 more" in words
    target.findings = []
    assert "error: It is full. Make room." in Rendered(summary(made)).words


def test_a_command_that_found_no_target_says_why() -> None:
    made = Report(command="deploy")
    made.fail(HostError("Nowhere to go.", hint="Name a target."))
    assert "presswork deploy: failed" in summary(made)
    assert "error: Nowhere to go. Name a target." in Rendered(summary(made)).words


def test_whatever_pages_and_hosts_say_the_summary_keeps_its_form() -> None:
    for nasty in NASTY:
        made = report("previewed", *(page(f"{nasty}.html", kind, nasty, nasty, source=nasty) for kind in CHANGE))
        target = made.targets[0]
        target.target = target.host = nasty
        target.release = ReleaseFacts(id=nasty, url=f"https://a.example/{nasty}", live=False, created=None)
        target.findings = [Finding(severity="warning", code="x", message=nasty, path=nasty, hint=nasty)]
        target.verified = Verified("read", 3, ok=False, mismatches=(nasty,))
        made.by, made.source = nasty, SourceFacts(nasty, nasty, None)
        rendered = Rendered(summary(made))
        assert rendered.tags <= {"h3", "p", "ul", "li", "a", "code", "em", "strong"}
        starts = ("https://a.example", "https://docs.example", "https://ci.example")
        assert all(to and to.startswith(starts) for to in rendered.links.values())


CHANGE = ("added", "changed", "removed", "moved")
