"""Requests as they are made: where the token goes, what an address becomes, what a header may hold."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest

from presswork.errors import ConfigError, HostError
from presswork.mask import Mask
from presswork.transport.asking import Api, Ask

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER = "marker-4f6d1c"


def api(base: str = "https://api.example.org/v1", token: str | None = MARKER) -> Api:
    return Api(base, token, 30.0, Mask())


def headers(ask: Ask) -> dict[str, str]:
    assert len(dict(ask.headers)) == len(ask.headers)
    return {name.decode(): value.decode() for name, value in ask.headers}


def target(address: str, **more: dict[str, str]) -> str:
    return api().ask("GET", address, **more).request().url.raw_path.decode()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address",
    [
        "sites",
        "/sites",
        "https://api.example.org/elsewhere",
        "https://api.example.org:443/v1/sites",
        "HTTPS://API.example.ORG/v1/sites",
        "https://api.example.org",
        "https://api.example.org?page=2",
    ],
)
def test_the_token_goes_to_the_origin_of_the_base(address: str) -> None:
    assert headers(api().ask("GET", address))["authorization"] == f"Bearer {MARKER}"


@pytest.mark.parametrize(
    "address",
    [
        "https://api.example.org:8443/v1/sites",
        "http://api.example.org/v1/sites",
        "http://api.example.org:443/v1/sites",
        "https://example.org/v1/sites",
        "https://api.example.org.evil.test/v1/sites",
        "https://api.example.orgs/v1/sites",
        "https://uploads.api.example.org/v1/sites",
    ],
)
def test_the_token_goes_to_no_other_port_host_or_scheme(address: str) -> None:
    ask = api().ask("GET", address)

    assert "authorization" not in headers(ask)
    assert MARKER not in str(ask.headers)


def test_a_signed_address_gets_no_token_even_at_the_api_itself() -> None:
    assert "authorization" not in headers(api().ask("PUT", "upload?token=x", body=b"", signed=True))


@pytest.mark.parametrize(
    "base",
    [
        "https://api.example.org",
        "http://127.0.0.1:8080/api",
        "http://127.8.8.8",
        "http://[::1]:8080",
        "http://localhost:8080",
        "HTTP://LOCALHOST:80",
        "http://site.localhost:8080",
    ],
)
def test_a_token_may_travel_by_https_and_on_this_machine(base: str) -> None:
    assert headers(api(base).ask("GET", "x"))["authorization"] == f"Bearer {MARKER}"


@pytest.mark.parametrize(
    "base",
    [
        "http://api.example.org",
        "http://10.0.0.1",
        "http://128.0.0.1",
        "http://[::2]",
        "http://localhost.example.org",
        "http://notlocalhost",
        "http://0.0.0.0",
    ],
)
def test_a_token_is_refused_over_plain_http_to_any_other_machine(base: str) -> None:
    with pytest.raises(ConfigError, match="in the open"):
        api(base)
    assert "authorization" not in headers(api(base, None).ask("GET", "x"))


@pytest.mark.parametrize(
    "base",
    [
        "",
        "api.example.org",
        "ftp://api.example.org",
        "https://",
        "https:///v1",
        "https://user:pass@api.example.org",
        "https://api.example.org:port",
        "https://api.example.org:99999",
        "https://api.exa mple.org",
        "https://[zz]",
        "https://127.0.0.1\\@api.example.org",
    ],
)
def test_what_is_no_address_is_a_configuration_error_with_an_example(base: str) -> None:
    with pytest.raises(ConfigError) as caught:
        api(base)
    assert "https://api.example.org/v1" in caught.value.hint
    assert "pass" not in caught.value.message.replace("password", "")


def test_a_host_that_gives_no_address_is_at_fault() -> None:
    for address in ("ftp://example.org/x", "https://user:pass@example.org/x", "file:///etc/passwd"):
        with pytest.raises(HostError):
            api().ask("PUT", address, signed=True)


@pytest.mark.parametrize("token", [f"{MARKER}\nx: y", f"{MARKER}\0", f"{MARKER}\r"[:-1] + "\n\nmore"])
def test_a_token_of_several_lines_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ConfigError) as caught:
        api(token=token)
    assert MARKER not in "".join(traceback.format_exception(caught.value))


def test_the_space_round_a_token_is_not_part_of_it() -> None:
    assert headers(api(token=f" {MARKER}\n").ask("GET", "x"))["authorization"] == f"Bearer {MARKER}"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("a%2Fb%20c?token=x%2Fy&exp=1", "/v1/a%2Fb%20c?token=x%2Fy&exp=1"),
        ("https://o.test/a%2Fb%20c?token=x%2Fy&exp=1", "/a%2Fb%20c?token=x%2Fy&exp=1"),
        ("https://o.test/%e2%82%AC/%7e", "/%e2%82%AC/%7e"),
        ("https://o.test/'()*!,;:@$&=+~[]{}|\\^`\"<>", "/'()*!,;:@$&=+~[]{}|\\^`\"<>"),
        ("https://o.test/a/../b/./c//d?x=../y?z", "/a/../b/./c//d?x=../y?z"),
        ("https://o.test", "/"),
        ("https://o.test?x=1", "/?x=1"),
        ("https://o.test/x#part", "/x"),
        ("https://o.test/%zz%", "/%zz%"),
        ("a b/é/\udcff", "/v1/a%20b/%C3%A9/%FF"),
        ("x\r\nHost: evil", "/v1/x%0D%0AHost:%20evil"),
        ("", "/v1/"),
    ],
)
def test_an_address_goes_out_as_it_is_but_for_what_no_request_line_can_carry(address: str, expected: str) -> None:
    assert target(address) == expected


def test_parameters_are_percent_encoded_behind_those_there_are() -> None:
    assert target("x", params={"title": "a b&c=é/+"}) == "/v1/x?title=a%20b%26c%3D%C3%A9%2F%2B"
    assert target("x?page=1", params={"n": "2"}) == "/v1/x?page=1&n=2"


def test_what_is_shown_of_a_request_has_no_query() -> None:
    assert str(api().ask("PUT", "a%2Fb?token=x", body=b"")) == "PUT /v1/a%2Fb"


def test_bodies_have_a_length_and_json_has_its_type() -> None:
    assert headers(api().ask("POST", "x"))["content-length"] == "0"
    assert headers(api().ask("PUT", "x", body=b""))["content-length"] == "0"
    assert "content-length" not in headers(api().ask("GET", "x"))
    ask = api().ask("POST", "x", json={"a": 1})
    assert headers(ask)["content-length"] == "7"
    assert headers(ask)["content-type"] == "application/json"
    assert b"".join(ask.request().stream) == b'{"a":1}'  # type: ignore[arg-type]


def test_a_plugin_s_own_headers_go_before_ours_in_any_case() -> None:
    sent = headers(api().ask("PUT", "x", body=b"", headers={"Accept": "text/plain", "Content-Type": "a/b"}))
    assert (sent["accept"], sent["content-type"]) == ("text/plain", "a/b")


@pytest.mark.parametrize("name", ["x\r\nevil", "", "a b", "é"])
def test_a_header_that_would_break_the_head_is_refused(name: str) -> None:
    with pytest.raises(HostError, match="cannot be sent"):
        api().ask("GET", "x", headers={name: "y"})
    with pytest.raises(HostError, match="cannot be sent"):
        api().ask("GET", "x", headers={"x": f"y\r\n{name}"})


def test_the_time_for_an_answer_grows_with_the_body() -> None:
    class Content:
        def __init__(self, size: int) -> None:
            self.size = size

        def pieces(self) -> Iterator[bytes]:
            raise AssertionError

    def timeouts(size: int) -> dict[str, float]:
        found: dict[str, float] = api().ask("PUT", "x", body=Content(size)).extensions["timeout"]
        return found

    assert timeouts(4096) == {"connect": 30, "write": 30, "read": 30, "pool": None}
    assert timeouts(1 << 20)["read"] == 30 + 8
    assert timeouts(4 << 20)["read"] == 30 + 32 + 1
    assert timeouts(1 << 30) == {"connect": 30, "write": 30, "read": 30 + 32 + 256, "pool": None}


def test_the_repr_of_a_request_tells_nothing() -> None:
    assert MARKER not in repr(api().ask("GET", "x"))
    assert MARKER in str(api().ask("GET", "x").headers)  # the control
