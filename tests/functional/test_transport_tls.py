"""TLS with one's own certificates, and without."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from presswork.errors import ConfigError
from presswork.transport import Client, Terms, Unanswered
from support_sockets import Clock, answering, playing, reply
from support_tls import server_context

if TYPE_CHECKING:
    import ssl
    from pathlib import Path


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[ssl.SSLContext, Path]:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    return server_context(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def terms(clock: Clock) -> Terms:
    return Terms(clock=clock, wait=clock.wait)


def test_a_certificate_named_in_the_environment_is_trusted_and_connections_are_kept(
    secure: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch, terms: Terms
) -> None:
    context, trusted = secure
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with playing(answering(reply(200, b"hello")), tls=context) as server:
        client = Client(f"https://localhost:{server.port}/api", "a-token", terms)
        for _ in range(5):
            assert client.get("x").content == b"hello"
        client.close()

    assert server.accepted == 1
    assert server.requests[0].headers["authorization"] == "Bearer a-token"


def test_threads_share_one_context_and_keep_their_connections(
    secure: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch, terms: Terms
) -> None:
    context, trusted = secure
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with playing(answering(reply()), tls=context) as server:
        client = Client(f"https://localhost:{server.port}", None, terms)
        threads = [threading.Thread(target=lambda: [client.put("x", body=b"y") for _ in range(20)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.close()

    assert len(server.requests) == 160
    assert server.accepted <= 8


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_certificate_not_to_be_trusted_is_one_error_that_names_the_way_out(
    secure: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch, terms: Terms, clock: Clock, host: str
) -> None:
    context, trusted = secure
    if host != "localhost":  # known, but not for this name
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with playing(answering(reply()), tls=context) as server:
        client = Client(f"https://{host}:{server.port}", "a-token", terms)
        with pytest.raises(Unanswered, match="certificate is not to be trusted") as caught:
            client.get("x")
        client.close()

    assert server.requests == []
    assert server.accepted == 1
    assert clock.waits == []
    assert "SSL_CERT_FILE" in caught.value.hint
    assert (caught.value.retryable, caught.value.uncertain) == (False, False)


def test_https_to_a_server_that_speaks_none_is_one_error(terms: Terms, clock: Clock) -> None:
    with playing(lambda line: line.send(reply(400))) as server:
        client = Client(f"https://localhost:{server.port}", None, terms)
        with pytest.raises(Unanswered, match="no TLS connection") as caught:
            client.get("x")
        client.close()

    assert clock.waits == []
    assert "https" in caught.value.hint


@pytest.mark.parametrize("what", ["missing", "garbage"])
def test_certificates_that_cannot_be_read_are_a_configuration_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, terms: Terms, what: str
) -> None:
    place = tmp_path / "certificates.pem"
    if what == "garbage":
        place.write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(place))
    with playing(answering(reply())) as server:
        client = Client(f"https://localhost:{server.port}", None, terms)
        with pytest.raises(ConfigError, match=r"certificates\.pem") as caught:
            client.get("x")
        client.close()

    assert "SSL_CERT_FILE" in caught.value.hint
    assert client.requests == 1
