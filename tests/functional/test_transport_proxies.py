"""Through a proxy where the environment names one, round it where it says so, and never to this machine's own."""

from __future__ import annotations

import base64
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from presswork.errors import ConfigError, ContentChanged
from presswork.manifest import Entry
from presswork.source import Folder
from presswork.transport import Answered, Client, Terms, Unanswered
from support_sockets import Clock, Line, answering, playing, reply
from support_tls import server_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUEST_METHOD")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)


@pytest.fixture
def terms() -> Terms:
    clock = Clock()
    return Terms(clock=clock, wait=clock.wait)


def tunnel(port: int, asked: list[str]) -> Callable[[Line], None]:
    """Return a proxy for CONNECT, to this port whatever it is asked for."""

    def behave(line: Line) -> None:
        asked.append(line.head().line)
        with socket.create_connection(("127.0.0.1", port)) as onward:
            line.send(b"HTTP/1.1 200 Connected\r\n\r\n")
            back = threading.Thread(target=_pump, args=(onward, line.sock), daemon=True)
            back.start()
            _pump(line.sock, onward)
            back.join(30)

    return behave


def _pump(come: socket.socket, go: socket.socket) -> None:
    try:
        while piece := come.recv(1 << 16):
            go.sendall(piece)
        go.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("form", ["http://127.0.0.1:{}", "127.0.0.1:{}"])
def test_plain_http_goes_to_the_proxy_with_its_whole_address(
    monkeypatch: pytest.MonkeyPatch, terms: Terms, variable: str, form: str
) -> None:
    with playing(answering(reply(200, b"hello"))) as proxy:
        monkeypatch.setenv(variable, form.format(proxy.port))
        client = Client("http://api.example.test:8080/v1", None, terms)
        for _ in range(3):
            assert client.put("a%2Fb[c]?x=%7e'", body=b"body").content == b"hello"
        client.close()

    assert {asked.line for asked in proxy.requests} == {"PUT http://api.example.test:8080/v1/a%2Fb[c]?x=%7e' HTTP/1.1"}
    assert proxy.requests[0].body == b"body"
    assert proxy.requests[0].headers["host"] == "api.example.test:8080"
    assert proxy.accepted == 1


def test_https_goes_through_a_tunnel_in_which_the_proxy_sees_no_token(
    monkeypatch: pytest.MonkeyPatch, terms: Terms, tmp_path: Path
) -> None:
    context, trusted = server_context(tmp_path)
    asked: list[str] = []
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with playing(answering(reply(200, b"hello")), tls=context) as server, playing(tunnel(server.port, asked)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        client = Client("https://api.example.test/v1", "a-token", terms)
        for _ in range(3):
            assert client.get("a%2Fb[c]?x=%7e'").content == b"hello"
        client.close()

    assert asked == ["CONNECT api.example.test:443 HTTP/1.1"]
    assert [one.line for one in server.requests] == ["GET /v1/a%2Fb[c]?x=%7e' HTTP/1.1"] * 3
    assert server.requests[0].headers["authorization"] == "Bearer a-token"


def test_threads_have_a_connection_each_through_the_proxy_and_keep_it(
    monkeypatch: pytest.MonkeyPatch, terms: Terms
) -> None:
    with playing(answering(reply())) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        client = Client("http://api.example.test", None, terms)
        for _wave in range(2):
            threads = [threading.Thread(target=lambda: [client.get("x") for _ in range(10)]) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        client.close()

    assert len(proxy.requests) == 160
    assert proxy.accepted <= 8


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:{}", "http://localhost:{}", "http://127.0.0.2:{}", "http://site.localhost:{}"]
)
def test_this_machine_is_never_reached_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch, terms: Terms, base: str
) -> None:
    with playing(answering(reply())) as server, playing(answering(reply(502))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        client = Client(base.format(server.port), "a-token", terms)
        try:
            client.get("x")
        except Unanswered:
            assert "127.0.0.2" in base  # not every system has it
        client.close()

    assert proxy.accepted == 0


@pytest.mark.parametrize("excepted", ["*", "api.example.test", ".example.test", "other.test, example.test"])
def test_no_proxy_excepts_hosts(monkeypatch: pytest.MonkeyPatch, terms: Terms, excepted: str) -> None:
    with playing(answering(reply())) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        client = Client("http://api.example.test", None, terms)
        client.get("x")  # the control
        client.close()
        assert proxy.accepted == 1

        monkeypatch.setenv("NO_PROXY", excepted)
        client = Client("http://api.example.test", None, terms)
        with pytest.raises(Unanswered, match="not known"):  # it was looked up here
            client.get("x")
        client.close()
        assert proxy.accepted == 1


def test_the_environment_is_read_once(monkeypatch: pytest.MonkeyPatch, terms: Terms) -> None:
    with playing(answering(reply())) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        client = Client("http://api.example.test", None, terms)
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        client.get("x")
        client.close()
    assert proxy.accepted == 1


def test_a_proxy_s_own_credentials_go_to_it_alone_and_into_no_error(
    monkeypatch: pytest.MonkeyPatch, terms: Terms
) -> None:
    def refuse(line: Line) -> None:
        heads.append(line.head().headers)
        line.send(reply(407, connection="close"))

    heads: list[dict[str, str]] = []
    with playing(refuse) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass-word@127.0.0.1:{proxy.port}")
        client = Client("https://api.example.test", "a-token", terms)
        with pytest.raises(Unanswered, match="the proxy does not pass it on: 407") as caught:
            client.get("x")
        client.close()

    sent = {name.lower(): value for name, value in heads[0].items()}
    assert sent["proxy-authorization"] == "Basic " + base64.b64encode(b"user:pass-word").decode()
    assert "authorization" not in sent
    assert len(heads) == 1  # nobody mends that by asking again
    assert "HTTPS_PROXY" in caught.value.hint
    assert "pass-word" not in str(caught.value) + caught.value.hint
    assert (caught.value.uncertain, caught.value.retryable) == (False, False)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_proxy_in_trouble_is_asked_again_since_nothing_was_sent(
    monkeypatch: pytest.MonkeyPatch, terms: Terms, method: str
) -> None:
    with playing(answering(reply(503, connection="close"))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        client = Client("https://api.example.test", None, terms)
        with pytest.raises(Unanswered, match="does not pass it on: 503") as caught:
            client.request(method, "x")
        client.close()

    assert client.retries > 3
    assert caught.value.uncertain is False


def test_a_proxy_that_is_not_there_is_named_as_the_trouble(monkeypatch: pytest.MonkeyPatch, terms: Terms) -> None:
    with playing(answering(reply())) as proxy:
        pass
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    client = Client("https://api.example.test", None, terms)
    with pytest.raises(Unanswered, match="proxy does not pass it on: no connection to it") as caught:
        client.post("x")
    client.close()

    assert "HTTPS_PROXY" in caught.value.hint
    assert caught.value.uncertain is False


def test_a_wrong_certificate_behind_a_proxy_is_said_as_without_one(
    monkeypatch: pytest.MonkeyPatch, terms: Terms, tmp_path: Path
) -> None:
    context, _ = server_context(tmp_path)
    asked: list[str] = []
    with playing(answering(reply()), tls=context) as server, playing(tunnel(server.port, asked)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        client = Client("https://api.example.test", None, terms)
        with pytest.raises(Unanswered, match="certificate is not to be trusted") as caught:
            client.get("x")
        client.close()

    assert "SSL_CERT_FILE" in caught.value.hint
    assert len(asked) == 1


@pytest.mark.parametrize("proxy", ["gopher://127.0.0.1:70", "socks5://user:pass-word@127.0.0.1:1080", "http://[zz]"])
def test_a_proxy_that_cannot_be_used_is_a_configuration_error(
    monkeypatch: pytest.MonkeyPatch, terms: Terms, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    client = Client("https://api.example.test", None, terms)
    with pytest.raises(ConfigError, match="proxy") as caught:
        client.get("x")
    client.close()

    assert "pass-word" not in str(caught.value) + caught.value.hint


def test_bodies_are_as_safe_through_a_proxy(monkeypatch: pytest.MonkeyPatch, terms: Terms, tmp_path: Path) -> None:
    """Sent anew for each try; a changed file is not received whole; an answer before the body was read is one."""
    content = bytes(4 << 20)
    (tmp_path / "x").write_bytes(content)
    right = Entry("x", len(content), "bb9f8df61474d25e71fa00722318cd387396ca1736605e1248821cc0de3d3af8")
    wrong = Entry("x", len(content), "0" * 64)
    folder = Folder(str(tmp_path))

    def refuse(line: Line) -> None:
        line.head()
        line.send(reply(413, connection="close"))
        line.sock.shutdown(socket.SHUT_WR)

    with playing(answering(reply(503), reply())) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        client = Client("http://api.example.test", None, terms)
        client.put("x", body=folder.open(right))
        with pytest.raises(ContentChanged):
            client.put("y", body=folder.open(wrong))
        client.put("z", body=b"fine")
        client.close()
    assert [len(asked.body) for asked in proxy.requests] == [len(content), len(content), 4]

    with playing(refuse) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        client = Client("http://api.example.test", None, terms)
        with pytest.raises(Answered, match="413"):
            client.put("x", body=folder.open(right))
        client.close()
