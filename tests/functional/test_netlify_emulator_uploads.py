"""The emulator against the protocol's sections on uploading files and functions, and the table on escaping."""

from __future__ import annotations

import hashlib
import io
import socket
import unicodedata
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest

from support_netlify import OCTETS, emulating, fresh_site, new, sha1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support_netlify import Answer, InThread

MULTIPART = "multipart/form-data; boundary=xxx"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InThread]:
    with emulating(tmp_path_factory.mktemp("netlify")) as running:
        yield running


@pytest.fixture
def netlify(shared: InThread) -> Iterator[InThread]:
    with fresh_site(shared) as running:
        yield running


def create(netlify: InThread, files: dict[str, bytes], **fields: Any) -> str:
    """Return the id of a deploy that also waits for a file nobody sends."""
    manifest = {path: sha1(content) for path, content in files.items()}
    document = {"files": {**manifest, "last": sha1(new())}, **fields}
    deploy: str = netlify.api("POST", f"/sites/{netlify.site}/deploys", document).json["id"]
    return deploy


def put_raw(netlify: InThread, deploy: str, escaped: str, content: bytes) -> Answer:
    """Upload to a path that is already escaped."""
    return netlify.ask("PUT", f"/api/v1/deploys/{deploy}/files/{escaped}", content, {"Content-Type": OCTETS})


def refused(answer: Answer) -> bool:
    return answer.status == 422 and "did not match deploy" in answer.json["message"]


# Files


def test_a_file_is_answered_with_what_it_is(netlify: InThread) -> None:
    content = new()
    answer = netlify.put(create(netlify, {"a/page.html": content}), "a/page.html", content)
    assert answer.status == 200
    assert answer.json == {
        "id": "/a/page.html",
        "path": "/a/page.html",
        "sha": sha1(content),
        "mime_type": "text/html",
        "size": len(content),
    }


def test_a_size_in_the_query_changes_nothing(netlify: InThread) -> None:
    content = new()
    assert put_raw(netlify, create(netlify, {"a": content}), f"a?size={len(content)}", content).status == 200


def test_what_has_arrived_is_no_longer_required(netlify: InThread) -> None:
    content = new()
    deploy = create(netlify, {"a": content, "b": content})
    before = netlify.api("GET", f"/deploys/{deploy}").json["required"]
    netlify.put(deploy, "b", content)
    after = netlify.api("GET", f"/deploys/{deploy}").json["required"]
    assert (before[0], after) == (sha1(content), before[1:])


def test_a_file_may_be_sent_again(netlify: InThread) -> None:
    content = new()
    deploy = create(netlify, {"a": content})
    assert [netlify.put(deploy, "a", content).status for _ in range(2)] == [200, 200]


def test_every_copy_of_a_file_may_be_sent(netlify: InThread) -> None:
    content = new()
    manifest = {"files": {"a": sha1(content), "b": sha1(content)}}
    deploy = netlify.api("POST", f"/sites/{netlify.site}/deploys", manifest).json["id"]
    assert [netlify.put(deploy, path, content).status for path in "ab"] == [200, 200]


def test_a_copy_that_is_not_required_may_be_refused(netlify: InThread) -> None:
    netlify.emulator.behaviour.strict_uploads = True
    content = new()
    deploy = create(netlify, {"a": content, "b": content})
    assert netlify.put(deploy, "a", content).status == 200
    answer = netlify.put(deploy, "b", content)
    assert (answer.status, answer.json["message"]) == (422, "No records matched")


@pytest.mark.parametrize("content", [b"other bytes", b""])
def test_bytes_that_do_not_hash_are_a_422(netlify: InThread, content: bytes) -> None:
    right = new()
    deploy = create(netlify, {"a": right})
    answer = netlify.put(deploy, "a", content)
    assert (answer.status, answer.json["message"]) == (422, "Uploaded file a did not match deploy")
    assert sha1(right) in netlify.api("GET", f"/deploys/{deploy}").json["required"]


def test_bytes_under_another_path_of_the_manifest_are_a_422(netlify: InThread) -> None:
    one, two = new(), new()
    assert refused(netlify.put(create(netlify, {"one": one, "two": two}), "two", one))


def test_a_path_that_is_not_in_the_manifest_is_a_422(netlify: InThread) -> None:
    content = new()
    assert refused(netlify.put(create(netlify, {"a": content}), "b", content))


def test_a_multipart_body_is_a_422(netlify: InThread) -> None:
    content = new()
    form = b'--xxx\r\nContent-Disposition: form-data; name="f"\r\n\r\n' + content + b"\r\n--xxx--\r\n"
    deploy = create(netlify, {"a": content})
    assert refused(netlify.put(deploy, "a", form, MULTIPART))
    assert refused(netlify.put(deploy, "a", content, MULTIPART))


@pytest.mark.parametrize("kind", ["text/html", "application/x-www-form-urlencoded", "application/json", ""])
def test_any_type_but_octet_stream_is_a_422(netlify: InThread, kind: str) -> None:
    content = new()
    deploy = create(netlify, {"a": content})
    assert refused(netlify.put(deploy, "a", content, kind))
    assert netlify.put(deploy, "a", content).status == 200


def test_an_unknown_deploy_is_a_404(netlify: InThread) -> None:
    assert netlify.put("0" * 24, "a", b"a").status == 404


def test_a_deploy_without_a_manifest_takes_no_file(netlify: InThread) -> None:
    deploy = netlify.api("POST", f"/sites/{netlify.site}/deploys", {}).json["id"]
    assert refused(netlify.put(deploy, "a", b"a"))


def test_a_deploy_that_ended_takes_no_file(netlify: InThread) -> None:
    content = new()
    ready = netlify.deploy({"a": content})["id"]
    cancelled = create(netlify, {"a": content})
    netlify.api("POST", f"/deploys/{cancelled}/cancel")
    for deploy in (ready, cancelled):
        answer = netlify.put(deploy, "a", content)
        assert (answer.status, answer.json["message"]) == (422, "Build is already done")


def test_no_token_no_upload(netlify: InThread) -> None:
    content = new()
    deploy = create(netlify, {"a": content})
    target, headers = f"/api/v1/deploys/{deploy}/files/a", {"Content-Type": OCTETS}
    assert netlify.ask("PUT", target, content, headers, token=None).status == 401
    assert netlify.ask("PUT", target, content, headers).status == 200


@pytest.mark.parametrize("content", [b"", b"chunks"])
def test_a_chunked_body_without_a_length_is_taken(netlify: InThread, content: bytes) -> None:
    deploy = create(netlify, {"a": content})
    connection = HTTPConnection("127.0.0.1", netlify.port, timeout=30)
    headers = {"Authorization": f"Bearer {netlify.facts['token']}", "Content-Type": OCTETS}
    pieces = (content[at : at + 1] for at in range(len(content)))
    connection.request("PUT", f"/api/v1/deploys/{deploy}/files/a", pieces, headers, encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()


def test_a_file_of_many_pieces_is_taken_whole(netlify: InThread) -> None:
    content = new() * 100_000
    deploy = create(netlify, {"a": content})
    assert netlify.put(deploy, "a", content).json["size"] == len(content)


def test_a_body_that_breaks_off_is_not_taken(netlify: InThread) -> None:
    content = new()
    deploy = create(netlify, {"a": content})
    with socket.create_connection(("127.0.0.1", netlify.port)) as line:
        head = f"PUT /api/v1/deploys/{deploy}/files/a HTTP/1.1\r\nHost: x\r\nContent-Type: {OCTETS}\r\n"
        head += f"Authorization: Bearer {netlify.facts['token']}\r\nContent-Length: {len(content)}\r\n\r\n"
        line.sendall(head.encode() + content[:-1])
    assert sha1(content) in netlify.api("GET", f"/deploys/{deploy}").json["required"]
    assert netlify.put(deploy, "a", content).status == 200


# Escaping


@pytest.mark.parametrize(
    ("path", "escaped"),
    [
        ("a/b/c.txt", "a/b/c.txt"),
        ("a/b/c.txt", "a%2Fb%2Fc.txt"),
        ("with space.txt", "with%20space.txt"),
        ("pre%20x.txt", "pre%2520x.txt"),
        ("50%-0", "50%25-0"),
        ("日本語.txt", "%E6%97%A5%E6%9C%AC%E8%AA%9E.txt"),
        ("a+b.txt", "a+b.txt"),
        ("a+b.txt", "a%2Bb.txt"),
        (";,:@&=+$-_.!~*'()", ";,:@&=+$-_.!~*'()"),
        ('[]{}"', "%5B%5D%7B%7D%22"),
        ("back\\slash", "back%5Cslash"),
    ],
)
def test_a_path_is_escaped_once(netlify: InThread, path: str, escaped: str) -> None:
    content = new()
    assert put_raw(netlify, create(netlify, {path: content}), escaped, content).status == 200


@pytest.mark.parametrize(
    ("path", "escaped"),
    [
        ("index.html", "/index.html"),
        ("index.html", "%2Findex.html"),
        ("with space.txt", "with+space.txt"),
        ("with space.txt", "with%2520space.txt"),
        ("pre%20x.txt", "pre%20x.txt"),
        ("é.txt", "e%CC%81.txt"),
        ("é.txt", "%E9.txt"),
    ],
)
def test_a_path_escaped_otherwise_is_not_recognised(netlify: InThread, path: str, escaped: str) -> None:
    assert unicodedata.is_normalized("NFC", path)
    content = new()
    assert refused(put_raw(netlify, create(netlify, {path: content}), escaped, content))


# Functions


def bundle() -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as opened:
        opened.writestr("hello.js", new("// "))
    return buffer.getvalue()


def put_function(netlify: InThread, deploy: str, name: str, body: bytes, query: str = "") -> Answer:
    target = f"/api/v1/deploys/{deploy}/functions/{name}{query}"
    return netlify.ask("PUT", target, body, {"Content-Type": OCTETS, "X-Nf-Retry-Count": "1"})


def test_functions_are_required_by_sha256_and_uploaded(netlify: InThread) -> None:
    body, home = bundle(), new()
    sha256 = hashlib.sha256(body).hexdigest()
    document = {"files": {"index.html": sha1(home)}, "functions": {"hello": sha256, "copy": sha256}}
    made = netlify.api("POST", f"/sites/{netlify.site}/deploys", document).json
    assert (made["required"], made["required_functions"]) == ([sha1(home)], [sha256])
    netlify.put(made["id"], "index.html", home)
    assert netlify.api("GET", f"/deploys/{made['id']}").json["state"] == "uploading"
    answer = put_function(netlify, made["id"], "hello", body, "?runtime=js&invocation_mode=background&timeout=10")
    assert answer.status == 200
    assert (answer.json["name"], answer.json["sha"]) == ("hello", sha256)
    assert netlify.settled(made["id"])["state"] == "ready"
    again = netlify.api("POST", f"/sites/{netlify.site}/deploys", document).json
    assert (again["required"], again["required_functions"]) == ([], [])


@pytest.mark.parametrize("name", ["other", "hello.js", "functions/hello"])
def test_a_function_by_another_name_is_a_422(netlify: InThread, name: str) -> None:
    body = bundle()
    deploy = create(netlify, {}, functions={"hello": hashlib.sha256(body).hexdigest()})
    answer = put_function(netlify, deploy, name, body)
    assert answer.status == 422
    assert answer.json == {"errors": f"Uploaded file {name} did not match deploy"}
    assert put_function(netlify, deploy, "hello", body).status == 200


def test_a_function_named_by_its_sha1_is_a_422(netlify: InThread) -> None:
    body = bundle()
    answer = put_function(netlify, create(netlify, {}, functions={"hello": sha1(body)}), "hello", body)
    assert (answer.status, answer.json) == (422, {"errors": "Uploaded file hello did not match deploy"})


def test_a_function_that_is_too_big_is_refused(netlify: InThread) -> None:
    assert netlify.emulator.behaviour.function_bytes == 69_905_067
    body = bundle()
    netlify.emulator.behaviour.function_bytes = len(body)
    deploy = create(netlify, {}, functions={"hello": hashlib.sha256(body).hexdigest()})
    answer = put_function(netlify, deploy, "hello", body)
    assert answer.status == 500
    assert f"Request must be smaller than {len(body)} bytes" in answer.json["message"]
