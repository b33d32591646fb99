"""What answers say: in words, in pauses, and as errors."""

from __future__ import annotations

from email.utils import formatdate

import httpx
import pytest
from msgspec import Struct

from presswork.errors import HostError
from presswork.mask import MASK, Mask
from presswork.transport.answers import Answer, Answered, ordered_pause, said

NOW = 1_800_000_000.0
MARKER = "marker-77b1"


def answer(status: int = 429, content: bytes = b"", **headers: str) -> Answer:
    mask = Mask()
    mask.add(MARKER)
    fields = {name.replace("_", "-").encode(): value.encode("latin-1") for name, value in headers.items()}
    return Answer(status, httpx.Headers(fields), content, mask)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry_after": "7"}, 7),
        ({"retry_after": " 0 "}, 0),
        ({"retry_after": formatdate(NOW + 90, usegmt=True)}, 90),
        ({"retry_after": formatdate(NOW + 90)}, 90),  # -0000: no zone
        ({"retry_after": formatdate(NOW - 90, usegmt=True)}, 0),
        ({"retry_after": formatdate(NOW + 90, usegmt=True), "date": formatdate(NOW + 60, usegmt=True)}, 30),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "²"}, None),
        ({"retry_after": "-5"}, None),
        ({"retry_after": "Sat, 99 Nov 2026 10:00:00 GMT"}, None),
        ({"retry_after": "soon", "x_ratelimit_reset": str(int(NOW) + 5)}, 5),
        ({"retry_after": "7", "x_ratelimit_reset": str(int(NOW) + 5)}, 7),
        ({"x_ratelimit_reset": str(int(NOW) + 5)}, 5),
        ({"x_ratelimit_reset": f"{int(NOW) + 5}.5"}, 5.5),
        ({"x_ratelimit_reset": f"{int(NOW) + 5}000"}, 5),
        ({"x_ratelimit_reset": str(int(NOW) - 5)}, 0),
        ({"x_ratelimit_reset": "30"}, 30),
        ({"x_ratelimit_reset": str(int(NOW) + 5), "date": formatdate(NOW - 60, usegmt=True)}, 65),
        ({"x_ratelimit_reset": "later"}, None),
    ],
)
def test_the_pause_a_host_orders(headers: dict[str, str], seconds: float | None) -> None:
    assert ordered_pause(answer(**headers), NOW) == seconds


def test_a_used_up_limit_is_a_pause_on_any_answer_and_an_open_one_on_none() -> None:
    reset = str(int(NOW) + 5)
    assert ordered_pause(answer(200, x_ratelimit_remaining="0", x_ratelimit_reset=reset), NOW) == 5
    assert ordered_pause(answer(200, x_ratelimit_remaining="1", x_ratelimit_reset=reset), NOW) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"code": 422, "message": "No  such\\n site"}', "No such site"),
        (b'{"error": "rate_limited"}', "rate_limited"),
        (b'{"errors": {"name": ["taken"]}}', '{"name":["taken"]}'),
        (b'{"message": "", "error": "empty message"}', "empty message"),
        (b'{"other": 1}', ""),
        (b"[1, 2]", "[1, 2]"),
        (b"<html><head><title>502 Bad\nGateway</title></head><body>x</body></html>", "502 Bad Gateway"),
        (b"<p>It is <b>broken</b></p>", "It is broken"),
        (b"plain words", "plain words"),
        (b"", ""),
        (b"\xff\x1b[31mred\x07", "\ufffd [31mred"),
        (b"[" * 100_000, "[" * 299 + "…"),
    ],
)
def test_the_host_s_own_words_in_one_line(content: bytes, words: str) -> None:
    assert said(answer(content=content)) == words


@pytest.mark.parametrize("before", range(270, 310))
def test_a_secret_at_the_end_of_what_is_shown_leaves_no_half(before: int) -> None:
    words = said(answer(content=b"x" * before + MARKER.encode()))

    assert "marker" not in words
    assert "mark" not in words
    assert "mark" in said(Answer(429, {}, b"x" * 200 + MARKER.encode()))  # the control: nothing to mask


def test_an_error_has_status_words_reason_details_and_no_secret() -> None:
    body = f'{{"code": "BAD", "message": "not {MARKER}", "seen": ["{MARKER}", {{"{MARKER}": 1}}], "n": 5}}'.encode()

    error = Answered(answer(403, body), what="GET /x", path="a.html")

    assert error.message == f"The host answered 403 to GET /x: not {MASK}"
    assert (error.status, error.reason, error.path, error.retryable) == (403, "BAD", "a.html", False)
    assert error.details == {"code": "BAD", "message": f"not {MASK}", "seen": [MASK, {MASK: 1}], "n": 5}
    assert "rights" in error.hint


@pytest.mark.parametrize(
    ("status", "word", "retryable"),
    [
        (302, "moved", False),
        (401, "token", False),
        (403, "rights", False),
        (404, "name or id", False),
        (413, "smaller", False),
        (418, "own pages", False),
        (429, "rate limit", True),
        (500, "status page", True),
        (503, "status page", True),
    ],
)
def test_each_status_has_its_remedy(status: int, word: str, retryable: bool) -> None:
    error = Answered(answer(status), what="GET /x", path=None, tries=3)

    assert word in error.hint
    assert error.retryable is retryable
    assert error.message == f"The host answered {status} to GET /x after 3 tries."


def test_a_wait_too_long_to_sit_out_is_said() -> None:
    assert "150 minutes" in Answered(answer(429), what="GET /x", path=None, pause=9000).hint


def test_an_answer_of_another_shape_is_an_error_without_the_secret_in_it() -> None:
    class Site(Struct, tag=True):
        name: str

    for content in (b"<html>", b"", b"[" * 100_000, b'{"type": "%s"}' % MARKER.encode()):
        with pytest.raises(HostError) as caught:
            answer(200, content).decode(Site)
        assert MARKER not in str(caught.value)
        assert caught.value.__context__ is None or caught.value.__suppress_context__
    with pytest.raises(HostError, match=MARKER):
        Answer(200, {}, b'{"type": "%s"}' % MARKER.encode()).decode(Site)  # the control


def test_the_repr_of_an_answer_shows_neither_headers_nor_content() -> None:
    assert repr(answer(200, MARKER.encode(), x=MARKER)) == "Answer(status=200)"
