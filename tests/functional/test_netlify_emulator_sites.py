"""The emulator against the protocol's sections on authentication, accounts and sites."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from support_netlify import emulating, fresh_site, new, sha1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support_netlify import InThread


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InThread]:
    with emulating(tmp_path_factory.mktemp("netlify")) as running:
        yield running


@pytest.fixture
def netlify(shared: InThread) -> Iterator[InThread]:
    with fresh_site(shared) as running:
        yield running


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as opened:
        for path, content in files.items():
            opened.writestr(path, content)
    return buffer.getvalue()


# Authentication and formats


@pytest.mark.parametrize("token", [None, "wrong", "wröng"])
def test_a_call_without_the_token_is_a_401_in_json(netlify: InThread, token: str | None) -> None:
    answer = netlify.ask("GET", "/api/v1/user", token=token)
    assert answer.status == 401
    assert answer.json == {"code": 401, "message": "Access Denied"}


def test_a_token_in_the_address_is_not_taken(netlify: InThread) -> None:
    target = f"/api/v1/user?access_token={netlify.facts['token']}"
    assert netlify.ask("GET", target, token=None).status == 401
    assert netlify.ask("GET", "/api/v1/user").status == 200


def test_a_basic_login_is_not_taken(netlify: InThread) -> None:
    headers = {"Authorization": f"Basic {netlify.facts['token']}"}
    assert netlify.ask("GET", "/api/v1/user", headers=headers).status == 401


def test_an_unknown_call_is_a_404_in_json(netlify: InThread) -> None:
    for method, path in (("GET", "/nothing"), ("DELETE", "/user"), ("GET", "/sites/a/b/c")):
        answer = netlify.api(method, path)
        assert (answer.status, answer.json["code"]) == (404, 404)
        assert answer.headers["Content-Type"].startswith("application/json")


def test_a_body_that_is_not_json_is_a_400(netlify: InThread) -> None:
    for body, kind in ((b"{", "application/json"), (b"name=x", "application/x-www-form-urlencoded")):
        assert netlify.ask("POST", "/api/v1/sites", body, {"Content-Type": kind}).status == 400


def test_times_and_ids_have_the_documented_shape(netlify: InThread) -> None:
    site = netlify.api("GET", f"/sites/{netlify.site}").json
    deploy = netlify.deploy({"index.html": new()})
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", site["id"])
    assert re.fullmatch(r"[0-9a-f]{24}", deploy["id"])
    for when in (site["created_at"], deploy["created_at"], deploy["published_at"]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", when)


# The account


def test_the_user_and_the_accounts_are_shown(netlify: InThread) -> None:
    user = netlify.api("GET", "/user")
    (account,) = netlify.api("GET", "/accounts").json
    assert (user.status, user.json["email"]) == (200, "user@example.com")
    assert {"id", "name", "slug", "type"} <= account.keys()


# Creating sites


def test_a_site_is_created_with_what_was_asked_for(netlify: InThread) -> None:
    asked = {
        "name": "my-docs",
        "custom_domain": "docs.example.org",
        "password": "secret",
        "force_ssl": True,
        "processing_settings": {"html": {"pretty_urls": False}},
    }
    answer = netlify.api("POST", "/sites?configure_dns=false", asked)
    assert answer.status == 201
    assert {name: answer.json[name] for name in asked} == asked
    assert answer.json["published_deploy"] is None


def test_a_site_without_a_name_gets_one(netlify: InThread) -> None:
    for body in ({}, None):
        answer = netlify.api("POST", "/sites", body)
        assert answer.status == 201
        assert re.fullmatch("[a-z0-9-]+", answer.json["name"])


def test_a_name_that_is_taken_is_a_422(netlify: InThread) -> None:
    answer = netlify.api("POST", "/sites", {"name": netlify.name})
    assert answer.status == 422
    assert answer.json == {"errors": {"subdomain": ["must be unique"]}}


@pytest.mark.parametrize("name", ["Has Capitals", "under_score", "-edge", "x" * 64, 5])
def test_a_name_that_cannot_be_a_host_name_is_a_422(netlify: InThread, name: object) -> None:
    assert netlify.api("POST", "/sites", {"name": name}).status == 422


def test_a_site_is_created_in_a_team_by_slug_or_id(netlify: InThread) -> None:
    (account,) = netlify.api("GET", "/accounts").json
    for path in (f"/{account['slug']}/sites", f"/{account['id']}/sites", f"/{account['slug']}/sites/"):
        answer = netlify.api("POST", path, {})
        assert (answer.status, answer.json["account_slug"]) == (201, account["slug"])
    assert netlify.api("POST", "/no-such-team/sites", {}).status == 404


def test_a_site_is_created_and_deployed_with_one_archive(netlify: InThread) -> None:
    home = new()
    body = archive({"index.html": home})
    answer = netlify.ask("POST", "/api/v1/sites", body, {"Content-Type": "application/zip"})
    assert answer.status == 201
    (deploy,) = netlify.api("GET", f"/sites/{answer.json['id']}/deploys").json
    netlify.settled(deploy["id"])
    assert netlify.page(answer.json["name"]).body == home


def test_a_site_is_not_created_by_a_broken_archive(netlify: InThread) -> None:
    before = netlify.api("GET", "/sites").json
    answer = netlify.ask("POST", "/api/v1/sites", b"PK broken", {"Content-Type": "application/zip"})
    assert answer.status == 422
    assert netlify.api("GET", "/sites").json == before


def test_a_site_is_created_with_a_manifest_and_says_what_it_requires(netlify: InThread) -> None:
    home = new()
    answer = netlify.api("POST", "/sites", {"files": {"index.html": sha1(home)}})
    assert (answer.status, answer.json["required"]) == (201, [sha1(home)])
    (deploy,) = netlify.api("GET", f"/sites/{answer.json['id']}/deploys").json
    assert netlify.put(deploy["id"], "index.html", home).status == 200
    netlify.settled(deploy["id"])
    assert netlify.page(answer.json["name"]).body == home


# Looking sites up


def test_a_site_is_found_by_id_and_by_domain_but_not_by_bare_name(netlify: InThread) -> None:
    domain = f"www.{netlify.name}.example"
    netlify.api("PATCH", f"/sites/{netlify.site}", {"custom_domain": domain, "domain_aliases": [f"a.{domain}"]})
    for key in (netlify.site, f"{netlify.name}.netlify.app", domain, f"a.{domain}"):
        answer = netlify.api("GET", f"/sites/{key}?feature_flags=cli")
        assert (answer.status, answer.json["id"]) == (200, netlify.site)
    for key in (netlify.name, "unknown", "unknown.netlify.app"):
        answer = netlify.api("GET", f"/sites/{key}")
        assert (answer.status, answer.json) == (404, {"code": 404, "message": "Not Found"})


def test_the_name_of_a_list_call_is_a_search_term(netlify: InThread) -> None:
    for name in ("term-one", "another-term"):
        netlify.api("POST", "/sites", {"name": name})
    found = [site["name"] for site in netlify.api("GET", "/sites?name=term&filter=all").json]
    assert found == ["term-one", "another-term"]
    assert netlify.api("GET", "/sites?name=none-such").json == []
    assert netlify.api("GET", "/sites?name=term&filter=guest").json == []
    assert len(netlify.api("GET", "/sites?filter=owner").json) > 2


def test_sites_are_listed_within_a_team(netlify: InThread) -> None:
    (account,) = netlify.api("GET", "/accounts").json
    (site,) = netlify.api("GET", f"/{account['slug']}/sites?name={netlify.name}").json
    assert site["id"] == netlify.site
    assert netlify.api("GET", "/no-such-team/sites").status == 404


def test_sites_come_in_pages(netlify: InThread) -> None:
    answer = netlify.api("GET", "/sites?page=1&per_page=1")
    assert len(answer.json) == 1
    assert 'rel="next"' in answer.headers["Link"]


# Changing and deleting


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_site_is_changed_in_what_is_named_alone(netlify: InThread, method: str) -> None:
    netlify.api("PATCH", f"/sites/{netlify.site}", {"password": "one", "force_ssl": True})
    answer = netlify.api(method, f"/sites/{netlify.site}", {"password": None, "notification_email": "x@example.com"})
    assert answer.status == 200
    assert (answer.json["password"], answer.json["force_ssl"], answer.json["name"]) == (None, True, netlify.name)


def test_a_site_cannot_take_the_name_or_the_domain_of_another(netlify: InThread) -> None:
    other = netlify.api("POST", "/sites", {"custom_domain": "taken.example"}).json
    assert netlify.api("PATCH", f"/sites/{netlify.site}", {"name": other["name"]}).status == 422
    assert netlify.api("PATCH", f"/sites/{netlify.site}", {"custom_domain": "taken.example"}).status == 422
    assert netlify.api("PATCH", f"/sites/{other['id']}", {"custom_domain": "taken.example"}).status == 200


def test_a_zip_put_to_a_site_is_a_deploy(netlify: InThread) -> None:
    home = new()
    target = f"/api/v1/sites/{netlify.site}?title=from+a+zip"
    answer = netlify.ask("PUT", target, archive({"index.html": home}), {"Content-Type": "application/zip"})
    assert (answer.status, answer.json["id"]) == (200, netlify.site)
    (deploy,) = netlify.api("GET", f"/sites/{netlify.site}/deploys").json
    assert deploy["title"] == "from a zip"
    netlify.settled(deploy["id"])
    assert netlify.page(netlify.name).body == home


def test_a_site_is_deleted_with_its_deploys(netlify: InThread) -> None:
    deploy = netlify.deploy({"index.html": new()})
    answer = netlify.api("DELETE", f"/sites/{netlify.site}")
    assert (answer.status, answer.body) == (204, b"")
    for path in (f"/sites/{netlify.site}", f"/deploys/{deploy['id']}"):
        assert netlify.api("GET", path).status == 404
    assert netlify.page(netlify.name).status == 404
    assert netlify.api("DELETE", f"/sites/{netlify.site}").status == 404


def test_a_site_is_disabled_for_a_reason_and_enabled_again(netlify: InThread) -> None:
    netlify.deploy({"index.html": b"here"})
    assert netlify.api("PUT", f"/sites/{netlify.site}/disable").status == 422
    assert netlify.api("PUT", f"/sites/{netlify.site}/disable?reason=holiday").status == 204
    assert netlify.page(netlify.name).status == 404
    assert netlify.api("PUT", f"/sites/{netlify.site}/enable").status == 204
    assert netlify.page(netlify.name).body == b"here"


def test_a_site_disabled_for_its_usage_may_not_be_enabled(netlify: InThread) -> None:
    netlify.api("PUT", f"/sites/{netlify.site}/disable?reason=usage_exceeded")
    answer = netlify.api("PUT", f"/sites/{netlify.site}/enable")
    assert (answer.status, answer.json["message"]) == (422, "Cannot enable this site")
