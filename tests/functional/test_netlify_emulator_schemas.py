"""The emulator's answers against the API's own description, where that is at hand.

Null stands for a value that is not there, as it does in the answers of the service, unless the description forbids it.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
import yaml

from support_netlify import OCTETS, emulating, new, sha1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support_netlify import InThread

DESCRIPTION = Path(__file__).parents[3] / "shared" / "data" / "netlify-swagger.yml"
DEPLOYS = "/sites/{site_id}/deploys"
DEPLOY = "/sites/{site_id}/deploys/{deploy_id}"
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


@pytest.fixture(scope="module")
def api() -> Any:
    if not DESCRIPTION.exists():
        pytest.skip("the description of the API, ../shared/data/netlify-swagger.yml, is not at hand")
    return yaml.safe_load(DESCRIPTION.read_text())


@pytest.fixture(scope="module")
def netlify(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InThread]:
    with emulating(tmp_path_factory.mktemp("netlify")) as running:
        yield running


def misfits(api: Any, schema: Any, value: Any, at: str = "$") -> list[str]:
    """Return where a value does not fit its schema."""
    if "$ref" in schema:
        return misfits(api, api["definitions"][schema["$ref"].split("/")[-1]], value, at)
    found = [misfit for part in schema.get("allOf", ()) for misfit in misfits(api, part, value, at)]
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (kind in {"integer", "number"} and isinstance(value, bool))):
        return [*found, f"{at} is not of type {kind}: {value!r}"]
    if isinstance(value, dict):
        found += [f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value]
        for name, part in schema.get("properties", {}).items():
            nullable = part.get("x-nullable", name not in schema.get("required", ()))
            if name in value and not (value[name] is None and nullable):
                found += misfits(api, part, value[name], f"{at}.{name}")
    if isinstance(value, list):
        for number, item in enumerate(value):
            found += misfits(api, schema.get("items", {}), item, f"{at}[{number}]")
    return found


def described(api: Any, path: str, method: str, status: int) -> Any:
    """Return the schema of an answer; None where it has no body; an error is the answer to every other status."""
    responses = api["paths"][path][method.lower()]["responses"]
    answer = responses.get(str(status))
    if answer is None:
        assert status >= 400, f"{method} {path} has no {status} in the description"
        return api["definitions"]["error"]
    return answer.get("schema")


def archive() -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as opened:
        opened.writestr("index.html", new())
    return buffer.getvalue()


def exchanges(netlify: InThread) -> Iterator[tuple[str, str, str, bytes | None, str]]:
    """Yield calls in an order in which they make sense: method, path as described, target, body, content type."""
    json, site, team = "application/json", netlify.site, netlify.api("GET", "/accounts").json[0]["slug"]
    home, script = new(), new()
    files = f'{{"files": {{"index.html": "{sha1(home)}"}}'
    functions = f', "functions": {{"f": "{hashlib.sha256(script).hexdigest()}"}}}}'
    yield "GET", "/user", "/user", None, ""
    yield "GET", "/accounts", "/accounts", None, ""
    yield "GET", "/sites", "/sites", None, ""
    yield "POST", "/sites", "/sites", b'{"name": "described", "custom_domain": "x.example"}', json
    yield "POST", "/sites", "/sites", b'{"name": "Not Possible"}', json
    yield "POST", "/{account_slug}/sites", f"/{team}/sites", b"{}", json
    yield "GET", "/{account_slug}/sites", f"/{team}/sites?name=described", None, ""
    yield "GET", "/sites/{site_id}", f"/sites/{site}", None, ""
    yield "GET", "/sites/{site_id}", "/sites/unknown", None, ""
    yield "PATCH", "/sites/{site_id}", f"/sites/{site}", b'{"force_ssl": true}', json
    yield "GET", "/sites/{site_id}/files", f"/sites/{site}/files", None, ""
    yield "POST", DEPLOYS, f"/sites/{site}/deploys", (files + functions).encode(), json
    first = netlify.api("GET", f"/sites/{site}/deploys").json[0]["id"]
    yield "PUT", DEPLOY, f"/sites/{site}/deploys/{first}", (files + functions).encode(), json
    yield "PUT", "/deploys/{deploy_id}/files/{path}", f"/deploys/{first}/files/index.html", b"wrong", OCTETS
    yield "PUT", "/deploys/{deploy_id}/files/{path}", f"/deploys/{first}/files/index.html", home, OCTETS
    yield "PUT", "/deploys/{deploy_id}/functions/{name}", f"/deploys/{first}/functions/f?runtime=js", script, OCTETS
    netlify.settled(first)
    yield "GET", DEPLOY, f"/sites/{site}/deploys/{first}", None, ""
    yield "GET", "/deploys/{deploy_id}", f"/deploys/{first}", None, ""
    yield "GET", "/sites/{site_id}", f"/sites/{site}", None, ""
    yield "GET", "/sites/{site_id}/files", f"/sites/{site}/files", None, ""
    yield "GET", "/sites/{site_id}/files/{file_path}", f"/sites/{site}/files/index.html", None, ""
    yield "POST", "/deploys/{deploy_id}/lock", f"/deploys/{first}/lock", None, ""
    yield "POST", "/deploys/{deploy_id}/unlock", f"/deploys/{first}/unlock", None, ""
    yield "POST", DEPLOYS, f"/sites/{site}/deploys?title=zip", archive(), "application/zip"
    second = netlify.api("GET", f"/sites/{site}/deploys").json[0]["id"]
    netlify.settled(second)
    yield "POST", f"{DEPLOY}/restore", f"/sites/{site}/deploys/{first}/restore", None, ""
    yield "POST", f"{DEPLOY}/restore", f"/sites/{site}/deploys/{second}/restore", None, ""
    yield "PUT", "/sites/{site_id}/rollback", f"/sites/{site}/rollback", None, ""
    yield "POST", DEPLOYS, f"/sites/{site}/deploys", b"{}", json
    third = netlify.api("GET", f"/sites/{site}/deploys").json[0]["id"]
    yield "POST", "/deploys/{deploy_id}/cancel", f"/deploys/{third}/cancel", None, ""
    yield "GET", DEPLOYS, f"/sites/{site}/deploys", None, ""
    yield "DELETE", "/deploys/{deploy_id}", f"/deploys/{third}", None, ""
    yield "DELETE", DEPLOY, f"/sites/{site}/deploys/{second}", None, ""
    yield "PUT", "/sites/{site_id}/disable", f"/sites/{site}/disable?reason=spam", None, ""
    yield "PUT", "/sites/{site_id}/enable", f"/sites/{site}/enable", None, ""
    yield "DELETE", "/sites/{site_id}", f"/sites/{site}", None, ""


def test_every_answer_fits_the_description(api: Any, netlify: InThread) -> None:
    wrong, statuses = [], []
    for method, path, target, body, kind in exchanges(netlify):
        answer = netlify.ask(method, f"/api/v1{target}", body, {"Content-Type": kind} if kind else {})
        statuses.append(answer.status)
        schema = described(api, path, method, answer.status)
        if schema is None:
            found = [f"a body: {answer.body!r}"] if answer.body else []
        else:
            found = misfits(api, schema, answer.json)
        wrong += [f"{method} {path} {answer.status}: {misfit}" for misfit in found]
    assert wrong == []
    assert [status for status in statuses if status >= 400] == [422, 404, 422, 422]


def test_the_check_finds_what_does_not_fit(api: Any, netlify: InThread) -> None:
    site = netlify.api("POST", "/sites", {}).json
    deploy = netlify.api("POST", f"/sites/{site['id']}/deploys", {"files": {"a": sha1(new())}}).json
    schema = {"$ref": "#/definitions/deploy"}
    assert misfits(api, schema, deploy) == []
    for name, value in (("required", ["a", 1]), ("required", "a"), ("draft", "no"), ("review_id", True), ("id", 5)):
        assert len(misfits(api, schema, {**deploy, name: value})) == 1, name
    published = {**site, "published_deploy": {**deploy, "state": None, "locked": 1}}
    assert misfits(api, {"type": "array", "items": {"$ref": "#/definitions/site"}}, [site, published]) == [
        "$[1].published_deploy.locked is not of type boolean: 1"
    ]
    error = {"$ref": "#/definitions/error"}
    assert misfits(api, error, {"code": 422}) == ["$.message is missing"]
    assert len(misfits(api, error, {"message": None})) == 1
    assert len(misfits(api, error, [])) == 1
