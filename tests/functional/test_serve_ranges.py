"""Conditional requests and byte ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from presswork_local.layout import Layout
from support_serving import PAGES, ask, built, etag, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = PAGES["docs/data.bin"]
DATA_TAG = etag(DATA)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a store that no test changes."""
    with serving(Layout(built(tmp_path_factory.mktemp("shared") / "store").root)) as number:
        yield number


@pytest.mark.parametrize("known", [DATA_TAG, f"W/{DATA_TAG}", f'"x", {DATA_TAG}', f'"x",W/{DATA_TAG} , "y"', "*"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_known_file_is_not_sent_again(port: int, known: str, method: str) -> None:
    answer = ask(port, "/docs/data.bin", {"If-None-Match": known, "Range": "bytes=0-1"}, method=method)
    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["ETag"] == DATA_TAG
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("known", ['"x"', DATA_TAG.strip('"'), "", ",", f'"{DATA_TAG[1:-2]}"'])
def test_an_unknown_file_is_sent(port: int, known: str) -> None:
    assert ask(port, "/docs/data.bin", {"If-None-Match": known}).body == DATA


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=2-5", 2, 6),
        ("Bytes=1000-", 1000, 1024),
        ("bytes=1000-99999", 1000, 1024),
        ("bytes=-10", 1014, 1024),
        ("bytes=-99999", 0, 1024),
        ("bytes=0-1023", 0, 1024),
    ],
)
def test_a_range_is_sent_alone(port: int, asked: str, start: int, stop: int) -> None:
    answer = ask(port, "/docs/data.bin", {"Range": asked})
    assert (answer.status, answer.body) == (206, DATA[start:stop])
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/1024"
    assert answer.headers["Content-Length"] == str(stop - start)
    assert answer.headers["ETag"] == DATA_TAG


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=5000-6000", "bytes=-0", "bytes=" + "9" * 50 + "-"])
def test_a_range_beyond_the_end_cannot_be_satisfied(port: int, asked: str) -> None:
    answer = ask(port, "/docs/data.bin", {"Range": asked})
    assert answer.status == 416
    assert answer.headers["Content-Range"] == "bytes */1024"


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,4-5", "bytes=5-2", "bytes=-", "bytes=a-b", "lines=0-1", "bytes", "", "bytes=" + "9" * 9000 + "-"],
)
def test_what_is_not_one_range_gets_the_whole(port: int, asked: str) -> None:
    answer = ask(port, "/docs/data.bin", {"Range": asked})
    assert (answer.status, answer.body) == (200, DATA)


def test_a_range_of_an_empty_file_gets_the_whole(port: int) -> None:
    assert ask(port, "/docs/empty.txt", {"Range": "bytes=0-"}).status == 200


@pytest.mark.parametrize(
    ("condition", "status"),
    [(DATA_TAG, 206), (f"W/{DATA_TAG}", 200), ('"x"', 200), ("Wed, 21 Oct 2026 07:28:00 GMT", 200)],
)
def test_a_range_of_another_version_is_not_sent(port: int, condition: str, status: int) -> None:
    answer = ask(port, "/docs/data.bin", {"Range": "bytes=0-9", "If-Range": condition})
    assert (answer.status, answer.body) == (status, DATA[:10] if status == 206 else DATA)


def test_head_tells_of_the_whole_whatever_the_range(port: int) -> None:
    answer = ask(port, "/docs/data.bin", {"Range": "bytes=0-9"}, method="HEAD")
    assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(DATA)))
