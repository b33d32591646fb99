"""The emulator against the protocol's sections on publishing, going back, locking, cancelling and deleting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


def published(netlify: InThread) -> dict[str, Any]:
    deploy: dict[str, Any] = netlify.api("GET", f"/sites/{netlify.site}").json["published_deploy"]
    return deploy


def three(netlify: InThread) -> list[str]:
    return [netlify.deploy({"index.html": f"{number}".encode()})["id"] for number in range(3)]


# Restore, roll back


def test_an_earlier_deploy_is_restored(netlify: InThread) -> None:
    first, _, third = three(netlify)
    answer = netlify.api("POST", f"/sites/{netlify.site}/deploys/{first}/restore")
    assert (answer.status, answer.json["id"], answer.json["state"]) == (201, first, "ready")
    assert published(netlify)["id"] == first
    assert netlify.page(netlify.name).body == b"0"
    assert netlify.api("POST", f"/sites/{netlify.site}/deploys/{third}/restore").status == 201
    assert netlify.page(netlify.name).body == b"2"


def test_a_draft_is_published_by_restoring_it(netlify: InThread) -> None:
    three(netlify)
    draft = netlify.deploy({"index.html": b"draft"}, draft=True)["id"]
    assert netlify.page(netlify.name).body == b"2"
    assert netlify.api("POST", f"/sites/{netlify.site}/deploys/{draft}/restore").status == 201
    assert netlify.page(netlify.name).body == b"draft"


def test_a_deploy_that_is_not_ready_cannot_be_restored(netlify: InThread) -> None:
    made = netlify.api("POST", f"/sites/{netlify.site}/deploys", {"files": {"a": sha1(new())}}).json["id"]
    assert netlify.api("POST", f"/sites/{netlify.site}/deploys/{made}/restore").status == 422
    assert netlify.api("POST", f"/sites/{netlify.site}/deploys/{'0' * 24}/restore").status == 404


def test_rolling_back_goes_one_step_back(netlify: InThread) -> None:
    first, second, _ = three(netlify)
    for expected in (second, first):
        answer = netlify.api("PUT", f"/sites/{netlify.site}/rollback")
        assert (answer.status, answer.body) == (204, b"")
        assert published(netlify)["id"] == expected
    assert netlify.api("PUT", f"/sites/{netlify.site}/rollback").status == 422
    assert published(netlify)["id"] == first


# Locks


def test_a_locked_deploy_stays_live(netlify: InThread) -> None:
    *_, live = three(netlify)
    answer = netlify.api("POST", f"/deploys/{live}/lock")
    assert (answer.status, answer.json["id"], answer.json["locked"]) == (200, live, True)
    later = netlify.deploy({"index.html": b"later"})
    assert (later["state"], later["locked"]) == ("ready", False)
    assert (published(netlify)["id"], published(netlify)["locked"]) == (live, True)
    assert netlify.page(netlify.name).body == b"2"
    assert netlify.page(f"{later['id']}--{netlify.name}").body == b"later"


def test_an_unlocked_site_publishes_again(netlify: InThread) -> None:
    *_, live = three(netlify)
    netlify.api("POST", f"/deploys/{live}/lock")
    answer = netlify.api("POST", f"/deploys/{live}/unlock")
    assert (answer.status, answer.json["locked"]) == (200, False)
    later = netlify.deploy({"index.html": b"later"})
    assert published(netlify)["id"] == later["id"]


def test_only_the_published_deploy_can_be_locked(netlify: InThread) -> None:
    first, *_ = three(netlify)
    for verb in ("lock", "unlock"):
        assert netlify.api("POST", f"/deploys/{first}/{verb}").status == 422
        assert netlify.api("POST", f"/deploys/{'0' * 24}/{verb}").status == 404


def test_a_lock_does_not_stop_a_restore_and_goes_with_it(netlify: InThread) -> None:
    first, _, third = three(netlify)
    netlify.api("POST", f"/deploys/{third}/lock")
    assert netlify.api("POST", f"/sites/{netlify.site}/deploys/{first}/restore").json["locked"] is True
    assert (published(netlify)["id"], published(netlify)["locked"]) == (first, True)


# Cancel, delete


def test_a_deploy_under_way_is_cancelled(netlify: InThread) -> None:
    content = new()
    made = netlify.api("POST", f"/sites/{netlify.site}/deploys", {"files": {"a": sha1(content)}}).json["id"]
    for _ in range(2):
        answer = netlify.api("POST", f"/deploys/{made}/cancel")
        assert (answer.status, answer.json["state"], answer.json["error_message"]) == (201, "error", "Canceled")
    assert netlify.api("GET", f"/sites/{netlify.site}").json["published_deploy"] is None


def test_a_deploy_that_is_ready_cannot_be_cancelled(netlify: InThread) -> None:
    first, *_ = three(netlify)
    assert netlify.api("POST", f"/deploys/{first}/cancel").status == 422


def test_a_cancelled_deploy_does_not_go_live(netlify: InThread) -> None:
    content = new()
    made = netlify.api("POST", f"/sites/{netlify.site}/deploys", {"files": {"index.html": sha1(content)}}).json["id"]
    netlify.put(made, "index.html", content)
    netlify.api("POST", f"/deploys/{made}/cancel")
    for _ in range(3):
        assert netlify.page(netlify.name).status == 404


def test_deploys_are_deleted_at_both_addresses(netlify: InThread) -> None:
    first, second, _ = three(netlify)
    for path in (f"/deploys/{first}", f"/sites/{netlify.site}/deploys/{second}"):
        assert netlify.api("DELETE", path).status == 204
        assert netlify.api("GET", path).status == 404
        assert netlify.api("DELETE", path).status == 404


def test_the_published_deploy_cannot_be_deleted(netlify: InThread) -> None:
    *_, third = three(netlify)
    assert netlify.api("DELETE", f"/deploys/{third}").status == 422
    assert netlify.page(netlify.name).body == b"2"
