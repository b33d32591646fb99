"""What Netlify's messages mean, whichever of their fields are there."""

from __future__ import annotations

import msgspec
import pytest

from presswork_netlify.wire import ARRIVED, DONE, FAILED, LACKING, Deploy, File, Site, next_page

LISTED = """new pending_review accepted rejected enqueued building uploading uploaded preparing prepared processing
processed ready error retrying current old"""


def deploy(**fields: object) -> Deploy:
    return msgspec.convert({"id": "a", **fields}, Deploy)


@pytest.mark.parametrize("kind", [Deploy, Site])
def test_every_field_but_the_id_may_be_missing_or_null(kind: type) -> None:
    names = [field.encode_name for field in msgspec.structs.fields(kind) if field.name != "id"]
    bare = msgspec.json.decode(b'{"id": "a"}', type=kind)

    assert msgspec.json.decode(msgspec.json.encode({"id": "a", **dict.fromkeys(names)}), type=kind) == bare
    assert msgspec.json.decode(b'{"id": "a", "new_field": {"x": [1]}}', type=kind) == bare
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b"{}", type=kind)


def test_every_state_is_one_kind_at_the_most() -> None:
    kinds = (ARRIVED, FAILED, LACKING)

    assert all(sum(state in kind for kind in kinds) <= 1 for state in LISTED.split())
    assert [state for state in LISTED.split() if not any(state in kind for kind in kinds)] == [
        "new",
        "pending_review",
        "accepted",
        "enqueued",
        "building",
        "preparing",
        "retrying",
    ]
    assert DONE < ARRIVED


@pytest.mark.parametrize(
    ("fields", "published", "live", "preview", "alias"),
    [
        ({}, None, False, False, None),
        ({}, "a", True, False, None),
        ({"context": "production", "branch": "main"}, "b", False, False, None),
        ({"draft": True, "context": "deploy-preview"}, "b", False, True, None),
        ({"draft": True}, "b", False, True, None),
        ({"draft": True}, "a", True, False, None),
        ({"draft": True, "published_at": "2026-11-21T19:00:00Z"}, "b", False, False, None),
        ({"context": "branch-deploy", "branch": "pull-7"}, "b", False, True, "pull-7"),
        ({"context": "branch-deploy", "branch": "pull-7", "published_at": "x"}, "b", False, True, "pull-7"),
        ({"context": "branch-deploy", "branch": "pull-7"}, "a", True, False, None),
    ],
)
def test_a_deploy_is_live_or_a_preview_or_an_earlier_one(
    fields: dict[str, object], published: str | None, live: bool, preview: bool, alias: str | None
) -> None:
    release = deploy(**fields).release(published)

    assert (release.live, release.preview, release.alias) == (live, preview, alias)


@pytest.mark.parametrize(
    ("published", "fields", "url"),
    [
        ("a", {"ssl_url": "https://s", "url": "http://s", "deploy_ssl_url": "https://d"}, "https://s"),
        ("a", {"url": "http://s"}, "http://s"),
        ("b", {"ssl_url": "https://s", "deploy_url": "http://d"}, "http://d"),
        ("b", {"ssl_url": "https://s", "deploy_ssl_url": "https://d", "deploy_url": "http://d"}, "https://d"),
        ("b", {"ssl_url": "https://s"}, "https://s"),
        ("b", {}, ""),
    ],
)
def test_a_live_deploy_is_at_the_sites_address_and_any_other_at_its_own(
    published: str, fields: dict[str, object], url: str
) -> None:
    assert deploy(**fields).release(published).url == url


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"error_message": "Too big"}, "Too big"),
        ({"state": "error"}, "it gave no reason"),
        ({"state": "error", "error_message": ""}, "it gave no reason"),
        ({"state": "rejected"}, "it was rejected"),
    ],
)
def test_a_failed_deploy_has_a_reason(fields: dict[str, object], said: str) -> None:
    assert deploy(**fields).reason == said


@pytest.mark.parametrize(
    ("published", "locked"),
    [(None, False), ({"id": "a"}, False), ({"id": "a", "locked": None}, False), ({"id": "a", "locked": True}, True)],
)
def test_a_site_is_locked_by_its_published_deploy(published: object, locked: bool) -> None:
    assert msgspec.convert({"id": "s", "published_deploy": published}, Site).locked is locked


def test_a_file_has_more_than_is_read() -> None:
    body = b'{"id": "/a", "path": "/a", "sha": "x", "mime_type": "text/html", "size": 3}'
    assert msgspec.json.decode(body, type=File) == File("/a", "x")


@pytest.mark.parametrize(
    ("link", "following"),
    [
        ("", None),
        ('<http://x/?page=2>; rel="next"', "http://x/?page=2"),
        (
            '<http://x/?page=1>; rel="prev", <http://x/?page=3>; rel="next", <http://x/?page=9>; rel="last"',
            "http://x/?page=3",
        ),
        ('<http://x/?page=9>; rel="last", <http://x/?page=3>; rel=next', "http://x/?page=3"),
        ('<http://x/?a=1,2&page=2>; title="more"; rel="next"', "http://x/?a=1,2&page=2"),
        ('<http://x/?page=1>; rel="prev"', None),
        ('<http://x/>; rel="nextish"', None),
        ("nonsense", None),
    ],
)
def test_the_next_page_is_the_link_that_says_so(link: str, following: str | None) -> None:
    assert next_page({"link": link} if link else {}) == following
