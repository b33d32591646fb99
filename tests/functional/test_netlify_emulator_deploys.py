"""The emulator against the protocol's sections on making a deploy: by manifest, in one step and in two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support_netlify import emulating, fresh_site, new, sha1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support_netlify import Answer, InThread


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InThread]:
    with emulating(tmp_path_factory.mktemp("netlify")) as running:
        yield running


@pytest.fixture
def netlify(shared: InThread) -> Iterator[InThread]:
    with fresh_site(shared) as running:
        yield running


def create(netlify: InThread, files: dict[str, bytes] | None = None, query: str = "", **fields: Any) -> Answer:
    manifest = {} if files is None else {"files": {path: sha1(content) for path, content in files.items()}}
    return netlify.api("POST", f"/sites/{netlify.site}/deploys{query}", {**manifest, **fields})


# By digest


def test_a_deploy_says_what_it_requires(netlify: InThread) -> None:
    home, style = new(), new()
    answer = create(netlify, {"index.html": home, "s.css": style}, "?title=A+title")
    assert answer.status == 200
    deploy = answer.json
    assert (deploy["state"], deploy["required"]) == ("uploading", [sha1(home), sha1(style)])
    assert (deploy["title"], deploy["site_id"], deploy["draft"]) == ("A title", netlify.site, False)
    assert (deploy["required_functions"], deploy["error_message"]) == (None, None)
    assert "deploy_id" not in deploy


def test_each_digest_is_required_once(netlify: InThread) -> None:
    same = new()
    assert create(netlify, {"a": same, "b": same}).json["required"] == [sha1(same)]


def test_bytes_known_from_any_site_are_not_required(netlify: InThread) -> None:
    known, unknown = new(), new()
    netlify.deploy({"x": known}, site=netlify.api("POST", "/sites", {}).json["id"])
    assert create(netlify, {"a": known, "b": unknown}).json["required"] == [sha1(unknown)]


def test_a_deploy_that_requires_nothing_goes_live_by_itself(netlify: InThread) -> None:
    content = new()
    netlify.deploy({"index.html": content, "old.html": content})
    made = create(netlify, {"index.html": content}).json
    assert (made["state"], made["required"]) == ("uploaded", [])
    assert netlify.settled(made["id"])["state"] == "ready"
    assert netlify.page(netlify.name, "old.html").status == 404


def test_a_leading_slash_in_the_manifest_does_not_matter(netlify: InThread) -> None:
    content = new()
    netlify.deploy({"index.html": content})
    again = create(netlify, {"/index.html": content}).json
    netlify.settled(again["id"])
    (listed,) = netlify.api("GET", f"/deploys/{again['id']}/files").json
    assert listed["path"] == "/index.html"


@pytest.mark.parametrize(
    "files",
    [
        {"a#b.html": "0" * 40},
        {"a?b.html": "0" * 40},
        {"": "0" * 40},
        {"//a": "0" * 40},
        {"a/../b": "0" * 40},
        {"a/": "0" * 40},
        {"a": "0" * 39},
        {"a": "A" * 40},
        {"a": "0" * 64},
        {"a": None},
        {"/a": "0" * 40, "a": "1" * 40},
        ["a"],
    ],
)
def test_a_manifest_that_cannot_be_is_a_422_and_makes_no_deploy(netlify: InThread, files: object) -> None:
    assert netlify.api("POST", f"/sites/{netlify.site}/deploys", {"files": files}).status == 422
    assert netlify.api("GET", f"/sites/{netlify.site}/deploys").json == []


@pytest.mark.parametrize(
    "fields",
    [
        {"branch": "b" * 38},
        {"draft": "yes"},
        {"async": 1},
        {"functions": ["hello"]},
        {"functions_config": []},
        {"environment": [{"key": "A", "value": "b"}]},
        {"zip": "UEsDBA=="},
    ],
)
def test_options_of_the_wrong_shape_are_a_422(netlify: InThread, fields: dict[str, Any]) -> None:
    assert create(netlify, {"a": b"a"}, **fields).status == 422


def test_documented_options_are_taken(netlify: InThread) -> None:
    answer = create(
        netlify,
        {"a": new()},
        function_schedules=[{"name": "tick", "cron": "@daily"}],
        functions_config={"tick": {"memory": 512}},
        environment=[{"key": "A", "value": "b", "is_secret": False, "scopes": ["functions"]}],
        framework="mkdocs",
        framework_version="unknown",
        deploy_source="cli",
        include_upload_url=False,
    )
    assert (answer.status, answer.json["framework"]) == (200, "mkdocs")
    assert answer.json["function_schedules"] == [{"name": "tick", "cron": "@daily"}]


def test_a_deploy_to_an_unknown_site_is_a_404(netlify: InThread) -> None:
    assert netlify.api("POST", "/sites/unknown/deploys", {"files": {}}).status == 404


def test_a_branch_of_37_characters_is_taken_and_served_at_its_own_address(netlify: InThread) -> None:
    home = new()
    deploy = netlify.deploy({"index.html": home}, branch="b" * 37)
    assert (deploy["branch"], deploy["context"]) == ("b" * 37, "branch-deploy")
    assert netlify.page(f"{'b' * 37}--{netlify.name}").body == home
    assert netlify.page(netlify.name).status == 404


def test_a_draft_is_served_at_its_own_address_and_not_live(netlify: InThread) -> None:
    live, draft = new(), new()
    netlify.deploy({"index.html": live})
    deploy = netlify.deploy({"index.html": draft}, draft=True)
    assert (deploy["draft"], deploy["state"], deploy["published_at"]) == (True, "ready", None)
    assert netlify.page(f"{deploy['id']}--{netlify.name}").body == draft
    assert netlify.page(netlify.name).body == live


# In two steps


def test_a_deploy_is_created_empty_and_filled_by_put(netlify: InThread) -> None:
    home = new()
    made = create(netlify, None, "?title=two+steps", draft=False, include_upload_url=False, deploy_source="cli").json
    assert made["state"] == "new"
    assert netlify.api("GET", f"/deploys/{made['id']}").json["state"] == "new"
    target = f"/sites/{netlify.site}/deploys/{made['id']}?commit_ref=abc123"
    filled = netlify.api("PUT", target, {"files": {"index.html": sha1(home)}, "draft": False, "async": False})
    assert (filled.status, filled.json["id"], filled.json["required"]) == (200, made["id"], [sha1(home)])
    assert (filled.json["commit_ref"], filled.json["title"]) == ("abc123", "two steps")
    netlify.put(made["id"], "index.html", home)
    netlify.settled(made["id"])
    assert netlify.page(netlify.name).body == home


@pytest.mark.parametrize("draft", [True, False])
def test_draftness_is_set_in_the_first_step(netlify: InThread, draft: bool) -> None:
    made = create(netlify, None, draft=draft).json
    files = {"files": {"index.html": sha1(b"")}, "draft": not draft}
    assert netlify.api("PUT", f"/sites/{netlify.site}/deploys/{made['id']}", files).json["draft"] is draft


def test_the_manifest_can_be_put_again(netlify: InThread) -> None:
    home, other = new(), new()
    target = f"/sites/{netlify.site}/deploys/{create(netlify).json['id']}"
    first = {"files": {"index.html": sha1(home)}}
    for _ in range(2):
        assert netlify.api("PUT", target, first).json["required"] == [sha1(home)]
    second = {"files": {"index.html": sha1(other)}}
    assert netlify.api("PUT", target, second).json["required"] == [sha1(other)]
    deploy = target.split("/")[-1]
    netlify.put(deploy, "index.html", other)
    netlify.settled(deploy)
    assert netlify.api("PUT", target, second).json["state"] == "ready"
    refused = netlify.api("PUT", target, first)
    assert (refused.status, refused.json["message"]) == (422, "Build is already done")


def test_a_manifest_put_again_is_compared_with_what_has_come_meanwhile(netlify: InThread) -> None:
    home = new()
    target = f"/sites/{netlify.site}/deploys/{create(netlify).json['id']}"
    manifest = {"files": {"index.html": sha1(home), "last": sha1(new())}}
    assert sha1(home) in netlify.api("PUT", target, manifest).json["required"]
    netlify.deploy({"elsewhere": home})
    assert sha1(home) not in netlify.api("PUT", target, manifest).json["required"]


def test_the_deploy_of_another_site_is_a_404(netlify: InThread) -> None:
    deploy = create(netlify).json["id"]
    other = netlify.api("POST", "/sites", {}).json["id"]
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/restore")):
        assert netlify.api(method, f"/sites/{other}/deploys/{deploy}{path}", {}).status == 404
