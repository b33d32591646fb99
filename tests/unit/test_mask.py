"""Secrets are found however they are spelt."""

from __future__ import annotations

import html
import json
import threading
from urllib.parse import quote, quote_plus

import pytest

from presswork.mask import MASK, Mask, mask_values

MARKER = "a/b+c d\"é&<'%\\z"


@pytest.mark.parametrize(
    "spelt",
    [
        MARKER,
        quote(MARKER),
        quote(MARKER, safe=""),
        quote(MARKER, safe="").lower(),
        quote_plus(MARKER),
        json.dumps(MARKER),
        json.dumps(MARKER, ensure_ascii=False),
        json.dumps(MARKER).replace("/", "\\/"),
        repr(MARKER),
        html.escape(MARKER),
    ],
)
def test_a_secret_is_found_as_it_stands_and_as_urls_json_python_and_html_spell_it(spelt: str) -> None:
    mask = Mask()
    mask.add(MARKER)

    masked = mask(f"before {spelt} after")

    assert MASK in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert "c" not in masked.removeprefix("before ").removesuffix(" after")


def test_a_mask_that_was_told_nothing_finds_nothing() -> None:
    assert Mask()(MARKER) == MARKER


def test_a_secret_too_short_to_tell_from_a_word_is_left() -> None:
    mask = Mask()
    mask.add("the")

    assert mask("the end") == "the end"


def test_a_secret_within_another_leaves_nothing_of_the_longer_one() -> None:
    mask = Mask()
    mask.add("token")
    mask.add("token-and-more")

    assert mask("token-and-more, token") == f"{MASK}, {MASK}"


def test_secrets_told_by_many_threads_are_all_kept() -> None:
    mask = Mask()
    secrets = [f"secret-{number:03}" for number in range(64)]
    threads = [threading.Thread(target=mask.add, args=(secret,)) for secret in secrets]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert mask(" ".join(secrets)) == " ".join([MASK] * 64)


@pytest.mark.parametrize(
    ("name", "value", "learnt"),
    [
        ("SOME_TOKEN", "0123456789abcdef", True),
        ("DEPLOY_API_KEY", "0123456789abcdef", True),
        ("DB_PASSWORD", "0123456789abcdef", True),
        ("SOME_TOKEN", "production", False),
        ("KEYBOARD", "0123456789abcdef", False),
        ("some_token", "0123456789abcdef", False),
    ],
)
def test_what_the_environment_calls_a_credential_is_one_where_it_is_no_word(
    name: str, value: str, learnt: bool
) -> None:
    assert (MASK in Mask({name: value})(f"with {value}")) is learnt


def test_a_secret_is_found_in_a_message_that_quotes_it_and_stands_in_json() -> None:
    secret = "a'b\"c"  # noqa: S105
    mask = Mask()
    mask.add(secret)

    assert "b" not in mask(json.dumps(f"{secret!r}"))


@pytest.mark.parametrize("secret", ["null", "true", "false", "12345", "name", "failed"])
def test_a_document_keeps_its_keys_and_literals_and_its_own_words_whatever_the_secret(secret: str) -> None:
    mask = Mask()
    mask.add(secret)
    data = {"name": None, "true": True, "size": 12345, "outcome": "failed", "all": [False, (f"a {secret}",)]}
    assert mask_values(mask, data) == {**data, "all": [False, [f"a {MASK}"]]}


def test_a_secret_in_a_file_is_found_in_every_spelling_and_where_it_begins() -> None:
    mask = Mask({"A_TOKEN": "correct horse battery"})
    for spelling in ("correct horse battery", "correct%20horse%20battery", "correct+horse+battery"):
        assert mask.leak(f"x={spelling}".encode()) == 2
    assert mask.leak(b"correct horse") == -1


def test_what_may_be_public_or_stand_in_a_file_by_chance_is_no_leak() -> None:
    mask = Mask({"SEARCH_API_KEY": "0f1e2d3c4b5a69788796"})
    mask.add("seven77")
    page = b"0f1e2d3c4b5a69788796 seven77"
    assert mask.leak(page) == -1
    assert "seven77" not in mask(page.decode())
    mask.add("0f1e2d3c4b5a69788796")  # a host of this run uses it
    assert mask.leak(page) == 0
