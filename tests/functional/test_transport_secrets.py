"""A marker token is planted wherever a server could throw it back: nothing that is shown, raised or written has it."""

from __future__ import annotations

import base64
import io
import logging
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from presswork.errors import PressworkError
from presswork.mask import Mask
from presswork.transport import Answered, Client, Terms, Trace, Unanswered
from support_sockets import Clock, Request, answering, playing, reply

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER = "marker/7d+93=e1"
FORMS = [MARKER, quote(MARKER), quote(MARKER, safe=""), MARKER.replace("/", "\\/")]


def everything(error: BaseException) -> Iterator[str]:
    """Yield all that an exception tells, and those it came from: text, arguments, repr, attributes, tracebacks."""
    seen: list[BaseException | None] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or one in seen:
            continue
        seen.append(one)
        waiting += [one.__cause__, one.__context__]
        yield from (str(one), repr(one), repr(one.args), repr(vars(one)))
        yield "".join(traceback.format_exception(one))


def leaks(texts: list[str]) -> bool:
    return any(form in text for text in texts for form in FORMS)


class Run:
    """One request made to fail, and everything it left."""

    def __init__(self, answer: Any, **more: Any) -> None:
        log = io.StringIO()
        handler = logging.StreamHandler(log)
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        clock, out = Clock(), io.StringIO()
        try:
            mask = Mask()
            with playing(answering(answer)) as server:
                terms = Terms(patience=1, clock=clock, wait=clock.wait, mask=mask, trace=Trace(out, mask))
                client = Client(server.url, MARKER, terms)
                with pytest.raises(PressworkError) as caught:
                    client.request(**{"method": "GET", "path": "x", **more})
                client.close()
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
        self.error = caught.value
        self.server = server
        self.trace = out.getvalue()
        self.texts = [*everything(self.error), self.trace, log.getvalue(), *(why for _, why in clock.waits)]


def echo(status: int) -> Any:
    """Return an answer that throws back the address and the credentials."""

    def answer(asked: Request) -> bytes:
        body = f"{asked.line} {asked.headers.get('authorization')}".encode()
        return reply(status, body, location=f"http://127.0.0.1:9/{quote(MARKER)}", x_echo=MARKER)

    return answer


ANSWERS = {
    "a 403 that repeats the token": reply(403, f'{{"message": "not {MARKER}", "seen": ["{MARKER}"]}}'.encode()),
    "a 403 that repeats it escaped": reply(403, b'{"error": "not marker\\/7d+93=e1"}'),
    "a code that is the token": reply(422, f'{{"code": "{MARKER}"}}'.encode()),
    "an error page": reply(502, f"<title>{MARKER}</title>".encode()),
    "an address and headers echoed": echo(400),
    "a redirect with it": echo(302),
    "no HTTP but the token": f"{MARKER}\r\n\r\n".encode(),
    "a header line that is broken": f"HTTP/1.1 200 OK\r\n{MARKER}\r\n\r\n".encode(),
    "a content coding that is broken": reply(200, f"{MARKER}".encode(), content_encoding="gzip"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_throws_the_token_back_does_not_get_it_out(name: str) -> None:
    run = Run(ANSWERS[name], path=f"x/{quote(MARKER, safe='')}?also={quote(MARKER)}", headers={"x-also": MARKER})

    assert run.server.requests[0].headers["authorization"] == f"Bearer {MARKER}"  # it was there to be thrown back
    assert not leaks(run.texts)


@pytest.mark.parametrize("name", ANSWERS)
def test_the_control_the_same_search_finds_the_token_where_nothing_is_masked(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mask, "__call__", lambda _self, text: text)
    run = Run(ANSWERS[name], path=f"x/{quote(MARKER, safe='')}?also={quote(MARKER)}", headers={"x-also": MARKER})

    assert leaks(run.texts)


def test_the_control_the_same_search_finds_a_leak_in_a_cause_and_in_an_attribute() -> None:
    caused = PressworkError("fine", hint="fine")
    caused.__cause__ = ValueError(MARKER)
    assert leaks(list(everything(caused)))
    quiet = PressworkError("fine", hint="fine")
    assert not leaks(list(everything(quiet)))
    quiet.path = MARKER
    assert leaks(list(everything(quiet)))


def test_a_request_body_with_the_token_is_masked_in_the_trace() -> None:
    run = Run(reply(400), method="POST", json={"token": MARKER, "note": f"see {MARKER}"})

    assert MARKER in run.server.requests[0].body.decode()
    assert not leaks(run.texts)
    assert '"note":"see •••"' in run.trace


def test_errors_stand_alone_with_no_cause_that_holds_a_request() -> None:
    run = Run(b"", method="POST")

    assert isinstance(run.error, Unanswered)
    assert run.error.__cause__ is None
    assert run.error.__context__ is None


def test_a_redirect_is_never_followed_and_the_token_stays() -> None:
    with playing(answering(reply())) as elsewhere:
        for status in (301, 302, 303, 307, 308):
            for method in ("GET", "PUT", "POST"):
                with playing(answering(reply(status, location=f"{elsewhere.url}/x"))) as server:
                    client = Client(server.url, MARKER, Terms())
                    with pytest.raises(Answered, match=str(status)) as caught:
                        client.request(method, "x")
                    client.close()
                assert "moved" in caught.value.hint
    assert elsewhere.accepted == 0


def test_the_token_goes_nowhere_else_on_the_wire() -> None:
    with playing(answering(reply())) as api, playing(answering(reply())) as other:
        client = Client(f"{api.url}/v1", MARKER, Terms())
        client.get("here")
        client.get(f"{api.url}/elsewhere")
        client.put(f"{api.url}/_upload?token=own", body=b"x", signed=True)
        client.put(f"{other.url}/x", body=b"x")
        client.put(f"http://localhost:{api.port}/x", body=b"x")
        client.close()

    sent = {asked.line: asked.headers.get("authorization") for asked in [*api.requests, *other.requests]}
    assert sent == {
        "GET /v1/here HTTP/1.1": f"Bearer {MARKER}",
        "GET /elsewhere HTTP/1.1": f"Bearer {MARKER}",
        "PUT /_upload?token=own HTTP/1.1": None,
        "PUT /x HTTP/1.1": None,
    }
    assert len(api.requests) == 4
    assert not any(MARKER in str(asked.headers) for asked in other.requests)


def test_credentials_are_never_sent_as_basic_so_no_base64_of_them_exists() -> None:
    with playing(answering(reply())) as server:
        client = Client(server.url, MARKER, Terms())
        client.get("x")
        client.close()

    for user in ("", "x", "token", MARKER):
        assert base64.b64encode(f"{user}:{MARKER}".encode()).decode() not in str(server.requests)


def test_a_client_and_its_terms_do_not_show_the_token() -> None:
    terms = Terms()
    client = Client("https://api.example.org", MARKER, terms)

    assert not leaks([repr(client), str(client), repr(terms)])
    client.close()
