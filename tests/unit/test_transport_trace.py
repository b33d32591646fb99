"""The trace: readable, without secrets, whole from any thread."""

from __future__ import annotations

import io
import stat
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from presswork.errors import PressworkError
from presswork.mask import Mask
from presswork.transport.answers import Answer
from presswork.transport.asking import Api
from presswork.transport.trace import Trace

if TYPE_CHECKING:
    from pathlib import Path

MARKER = "marker-2c9e"


def traced(
    *, content: bytes = b"", body: bytes = b"", path: str = "x", masked: bool = True, **headers: str
) -> list[str]:
    out, mask = io.StringIO(), Mask()
    api = Api("https://api.example.org/v1", MARKER, 30, mask)
    ask = api.ask("PUT", path, body=body, headers={"content-type": "a/b"})
    fields = httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()})
    Trace(out, mask if masked else Mask()).exchange(ask, Answer(201, fields, content), 0.0123)
    return out.getvalue().splitlines()


def test_a_block_tells_when_who_how_long_what_was_sent_and_what_came_back() -> None:
    lines = traced(path="a%2Fb?n=1", body=b"one\ntwo", content=b'{"id": 5}', content_type="application/json")

    assert lines[0].endswith(f"{threading.current_thread().name}, 12 ms")
    assert lines[0].startswith("# 20")
    assert lines[1] == "> PUT https://api.example.org/v1/a%2Fb?n=1"
    assert "> content-length: 7" in lines
    assert lines[lines.index("> one") + 1] == "> two"
    assert lines[-4:] == ["< 201", "< content-type: application/json", '< {"id": 5}', ""]


def test_trouble_stands_where_the_answer_would() -> None:
    out, mask = io.StringIO(), Mask()
    ask = Api("https://api.example.org", None, 30, mask).ask("GET", "x")
    Trace(out, mask).exchange(ask, "the connection was cut", 0)

    assert "! the connection was cut" in out.getvalue().splitlines()


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n" + bytes(100), b"\xff" * 108, b"text\0" + bytes(103)])
def test_what_is_no_text_is_told_by_its_size(content: bytes) -> None:
    assert traced(content=content)[-2] == "< (108 bytes)"
    assert "> (108 bytes)" in traced(body=content)


def test_a_long_text_is_cut_and_its_size_told() -> None:
    lines = traced(content=b"x" * 100_000)
    assert len(lines[-3]) < 5000
    assert lines[-2] == "< (100,000 bytes in all)"


def test_a_file_s_body_is_told_by_its_size() -> None:
    class File:
        size = 12_345

        def pieces(self) -> list[bytes]:
            raise AssertionError

    out = io.StringIO()
    ask = Api("https://api.example.org", None, 30, Mask()).ask("PUT", "x", body=File())  # type: ignore[arg-type]
    Trace(out, Mask()).exchange(ask, "trouble", 0)
    assert "> (12,345 bytes)" in out.getvalue().splitlines()


def test_a_body_cannot_pass_for_another_exchange() -> None:
    lines = traced(content=b"x\n\n# 2026\n> GET https://evil.test/")
    assert [line for line in lines if line.startswith("> GET")] == []


def test_no_secret_is_written_wherever_it_stands() -> None:
    everywhere = {
        "path": f"x/{MARKER}?q={MARKER}",
        "body": f'{{"a": "{MARKER}"}}'.encode(),
        "content": f"<p>{MARKER}</p>".encode(),
        "location": f"https://elsewhere.test/{MARKER}",
        "set_cookie": "session=abcdef",
    }
    text = "\n".join(traced(**everywhere))  # type: ignore[arg-type]

    assert MARKER not in text
    assert "abcdef" not in text
    assert MARKER in "\n".join(traced(masked=False, **everywhere))  # type: ignore[arg-type]  # the control


@pytest.mark.parametrize("before", range(3975, 4005))
def test_a_secret_at_the_cut_leaves_no_half(before: int) -> None:
    assert "mark" not in "\n".join(traced(content=b"x" * before + MARKER.encode() + b"y" * 100))


@pytest.mark.parametrize(
    "text",
    [
        "https://s.test/_upload/a%2Fb?token=RIGHT&ct=text%2Fhtml&exp=1",
        "https://s.test/x?ct=a&X-Amz-Signature=RIGHT&X-Amz-Date=1",
        "https://s.test/x?X-Amz-Security-Token=RIGHT",
        "https://s.test/x?sig=RIGHT",
        '{"claimToken": "RIGHT", "slug": "x"}',
        '{"password":"RIGHT\\"RIGHT"}',
        '{"uploads": [{"url": "https://s.test/x?a=1&token=RIGHT"}]}',
    ],
)
def test_what_calls_itself_a_token_or_signature_is_not_written_though_nobody_told_it(text: str) -> None:
    written = "\n".join(traced(content=text.encode()))
    assert "RIGHT" not in written
    assert "s.test" in written or "slug" in written or "password" in written
    if text.startswith("https"):
        assert "RIGHT" not in "\n".join(traced(path=text))


def test_what_only_looks_alike_is_written() -> None:
    text = '{"tokens": 5, "monkey": "ape", "design": "new"} /x?signal=1&page=2'
    assert traced(content=text.encode())[-2] == f"< {text}"


def test_blocks_of_many_threads_and_two_traces_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    mask = Mask()
    ask = Api("https://api.example.org", None, 30, mask).ask("PUT", "x", body=b"line\n" * 50)
    with path.open("w") as out:
        traces = [Trace(out, mask), Trace(out, mask)]
        threads = [
            threading.Thread(target=lambda trace: [trace.exchange(ask, "!", 0) for _ in range(50)], args=(trace,))
            for trace in traces * 4
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    blocks = path.read_text().split("\n\n")
    assert len(blocks) == 401
    assert {block.split("\n", 1)[1] for block in blocks[:-1]} == {blocks[0].split("\n", 1)[1]}


def test_each_block_is_on_disk_when_it_is_written(tmp_path: Path) -> None:
    with (tmp_path / "trace").open("w") as out:
        Trace(out, Mask()).exchange(Api("https://a.test", None, 30, Mask()).ask("GET", "x"), "cut", 0)
        assert (tmp_path / "trace").read_text().endswith("! cut\n\n")


def test_a_trace_is_readable_to_its_owner_only(tmp_path: Path) -> None:
    with (tmp_path / "trace").open("w") as out:
        assert stat.S_IMODE((tmp_path / "trace").stat().st_mode) != 0o600  # the control
        Trace(out, Mask())
        assert stat.S_IMODE((tmp_path / "trace").stat().st_mode) == 0o600


def test_a_trace_that_cannot_be_written_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with (tmp_path / "trace").open("w") as out:
        trace = Trace(out, Mask())
    with pytest.raises(PressworkError, match="cannot be written") as caught:
        trace.exchange(Api("https://a.test", None, 30, Mask()).ask("GET", "x"), "cut", 0)
    assert "--trace" in caught.value.hint
