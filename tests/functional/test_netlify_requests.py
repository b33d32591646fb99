"""Our requests against the API's own description, where that is at hand, and what all of them have in common."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import presswork
from presswork import releases
from presswork.guards import Allowed
from support_netlify import emulating
from support_netlify_host import HOME, Asked, Publisher, pages, recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

DESCRIPTION = Path(__file__).parents[3] / "shared" / "data" / "netlify-swagger.yml"
RAW = "application/vnd.bitballoon.v1.raw"
TYPES: dict[str, Any] = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}


@pytest.fixture(scope="module")
def api() -> Any:
    if not DESCRIPTION.exists():
        pytest.skip("the description of the API, ../shared/data/netlify-swagger.yml, is not at hand")
    return yaml.safe_load(DESCRIPTION.read_text())


@pytest.fixture(scope="module")
def every_request(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Asked]]:
    """Every kind of request there is, by every command."""
    folder = tmp_path_factory.mktemp("requests")
    with emulating(folder / "netlify", processing=()) as netlify, recorded(netlify) as (watched, told):
        team = netlify.api("GET", "/accounts").json[0]["slug"]
        for number, made in enumerate(({}, {"team": team})):
            table = {"create": True, "custom_domain": f"{number}.example.org", "force_ssl": True, **made}
            creator = Publisher(folder / f"{number}", watched, site=f"made-{number}", **table)
            creator.environ["DOCS_PASSWORD"] = "sesame-open-up"  # noqa: S105
            creator.deploy(HOME, settings={"password_env": "DOCS_PASSWORD"})
        publisher = Publisher(folder, watched)
        functions = publisher.folder / "functions"
        functions.mkdir()
        for name in ("hello.js", "tick-background.js"):
            (functions / name).write_text(f"exports.handler = '{name}'")
        publisher.deploy({**pages(120), "a b/ü.html": b"x"}, settings={"functions": "functions"})
        publisher.deploy(HOME, settings={"route": "zip"}, allowed=Allowed(removals=True))
        publisher.deploy({"index.html": b"2"}, settings={"staged": True})
        publisher.deploy(HOME, "previewed", preview=True)
        alias = publisher.deploy({"index.html": b"3"}, "previewed", preview=True, alias="pull-7").release
        assert alias
        publisher.verify(full=True)
        publisher.rollback()
        publisher.promote(alias.id)
        project = publisher.project()
        releases.prune(project, keep=1)
        releases.unpublish(project, project.settings.target())
        publisher.deploy({"index.html": b"4"})
        host = project.host(project.settings.target())
        host.cancel(f"{alias.id}:mark")
        host.close()
        yield told


@pytest.fixture
def requests(every_request: list[Asked]) -> list[Asked]:
    """Those to the API."""
    return [asked for asked in every_request if not asked.path.startswith("/_live/")]


def described(api: Any, asked: Asked) -> tuple[str, Any] | None:
    """Return the path in the description that a request was to, and its operation."""
    for path, operations in api["paths"].items():
        shape = re.sub(r"\{[^}]+\}", "[^/]+", path).replace("/files/[^/]+", "/files/.+")
        if re.fullmatch(shape, asked.path) and asked.method.lower() in operations:
            return path, operations
    return None


def misfits(api: Any, asked: Asked) -> list[str]:
    """Return what of a request is not as it is described."""
    found = described(api, asked)
    if found is None:
        return [f"{asked.method} {asked.path} is not described"]
    path, operations = found
    operation = operations[asked.method.lower()]
    both = [*operations.get("parameters", ()), *operation.get("parameters", ())]
    parameters = [api["parameters"][p["$ref"].split("/")[-1]] if "$ref" in p else p for p in both]
    known = {p["name"]: p for p in parameters if p["in"] == "query"}
    known |= {"page": {}} if asked.method == "GET" and path.endswith("/files") else {}  # the API page: all listings
    wrong = [f"?{name} is not described" for name in asked.query if name not in known]
    wrong += [f"?{name} is missing" for name, p in known.items() if p.get("required") and name not in asked.query]
    body = next((p for p in parameters if p["in"] == "body"), None)
    kind = asked.headers.get("content-type", "")
    if body is None:
        wrong += [f"a body of {len(asked.body)} bytes"] * bool(asked.body)
    elif kind == "application/zip":  # what the schema's own words allow
        wrong += ["an archive"] * ("application/zip" not in str(api["definitions"]["deployFiles"]))
    elif kind not in operation.get("consumes", api["consumes"]):
        wrong.append(f"the type {kind}")
    elif kind == "application/json":
        wrong += _differences(api, body["schema"], json.loads(asked.body))
    return [f"{asked.method} {path}: {what}" for what in wrong]


def _differences(api: Any, schema: Any, value: Any, at: str = "$") -> list[str]:
    if "$ref" in schema:
        return _differences(api, api["definitions"][schema["$ref"].split("/")[-1]], value, at)
    if not isinstance(value, TYPES[schema.get("type", "object")]):
        return [f"{at} is not of type {schema['type']}"]
    properties = _properties(api, schema)
    if not isinstance(value, dict) or not properties:
        return []
    return [
        difference
        for name, item in value.items()
        for difference in (
            _differences(api, properties[name], item, f"{at}.{name}")
            if name in properties
            else [f"{at}.{name} is not described"]
        )
    ]


def _properties(api: Any, schema: Any) -> dict[str, Any]:
    if "$ref" in schema:
        return _properties(api, api["definitions"][schema["$ref"].split("/")[-1]])
    parts = [_properties(api, part) for part in schema.get("allOf", ())]
    return {name: value for part in (*parts, schema.get("properties", {})) for name, value in part.items()}


def test_every_request_is_as_the_description_has_it(api: Any, requests: list[Asked]) -> None:
    assert [wrong for asked in requests for wrong in misfits(api, asked)] == []


def test_every_operation_we_use_was_among_them(api: Any, requests: list[Asked]) -> None:
    used = {(asked.method, found[0]) for asked in requests if (found := described(api, asked))}
    assert used == {
        ("DELETE", "/deploys/{deploy_id}"),
        ("GET", "/deploys/{deploy_id}"),
        ("GET", "/sites"),
        ("GET", "/sites/{site_id}"),
        ("GET", "/sites/{site_id}/deploys"),
        ("GET", "/sites/{site_id}/files"),
        ("GET", "/sites/{site_id}/files/{file_path}"),
        ("POST", "/deploys/{deploy_id}/cancel"),
        ("POST", "/sites"),
        ("POST", "/sites/{site_id}/deploys"),
        ("POST", "/sites/{site_id}/deploys/{deploy_id}/restore"),
        ("POST", "/{account_slug}/sites"),
        ("PUT", "/deploys/{deploy_id}/files/{path}"),
        ("PUT", "/deploys/{deploy_id}/functions/{name}"),
        ("PUT", "/sites/{site_id}/deploys/{deploy_id}"),
        ("PUT", "/sites/{site_id}/disable"),
        ("PUT", "/sites/{site_id}/enable"),
    }


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"path": "/sites/x/deploy"}, "not described"),
        ({"query": {"titel": "x"}}, "?titel is not described"),
        ({"body": b'{"files": []}'}, "$.files is not of type object"),
        ({"body": b'{"async": "yes"}'}, "$.async is not of type boolean"),
        ({"body": b'{"commit": "x"}'}, "$.commit is not described"),
        ({"headers": {"content-type": "text/plain"}}, "the type text/plain"),
        ({"method": "GET"}, "a body of"),
    ],
)
def test_the_check_finds_what_is_otherwise(api: Any, change: dict[str, Any], wrong: str) -> None:
    right = Asked("POST", "/sites/x/deploys", {"title": "x"}, {"content-type": "application/json"}, b'{"draft": true}')

    assert misfits(api, right) == []
    assert any(wrong in misfit for misfit in misfits(api, right._replace(**change)))


def test_every_request_carries_the_token_and_says_who_we_are(requests: list[Asked]) -> None:
    (token,) = {asked.headers["authorization"] for asked in requests}
    assert token.startswith("Bearer nfp_")
    assert {asked.headers["user-agent"] for asked in requests} == {f"presswork/{presswork.__version__}"}
    assert not [asked for asked in requests if token.removeprefix("Bearer ") in f"{asked.path}{asked.query}"]


def test_every_body_says_its_length(requests: list[Asked]) -> None:
    sent = [asked for asked in requests if asked.body]
    assert all(int(asked.headers["content-length"]) == len(asked.body) for asked in sent)
    assert not any("transfer-encoding" in asked.headers for asked in requests)


def test_bytes_are_read_back_by_the_documented_type(requests: list[Asked]) -> None:
    reads = [asked for asked in requests if asked.method == "GET" and "/files/" in asked.path]
    assert reads
    assert {asked.headers["content-type"] for asked in reads} == {RAW}


def test_a_visit_to_the_public_address_carries_no_token(every_request: list[Asked], requests: list[Asked]) -> None:
    visits = [asked for asked in every_request if asked not in requests]
    assert visits
    assert not [asked for asked in visits if "authorization" in asked.headers]
    assert all("authorization" in asked.headers for asked in requests), "which are told apart by it"
