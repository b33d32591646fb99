from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING

import pytest

from presswork_checks.secrets import secret_in
from support_checks import codes, findings

if TYPE_CHECKING:
    from pathlib import Path

_RNG = random.Random(7)  # noqa: S311 -- the tests of a scanner for secrets should hold none themselves


def made_up(number: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(_RNG.choice(letters) for _ in range(number))


KEY = "\n".join(made_up(64, string.ascii_letters + string.digits + "+/") for _ in range(3))
PEM = f"-----BEGIN PRIVATE KEY-----\n{KEY}\n-----END PRIVATE KEY-----\n"
GITHUB = f"ghp_{made_up(36)}"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (PEM, "a private key"),
        (PEM.replace("PRIVATE", "RSA PRIVATE"), "a private key"),
        (PEM.replace("PRIVATE", "OPENSSH PRIVATE"), "a private key"),
        (PEM.replace("\n", "\\n"), "a private key"),
        ("".join(f'<span class="s">{line}</span>\n' for line in PEM.splitlines()), "a private key"),
        (GITHUB, "a credential for GitHub"),
        (f"github_pat_{made_up(22)}_{made_up(59)}", "a credential for GitHub"),
        (f"glpat-{made_up(20)}", "a credential for GitLab"),
        (f"AKIA{made_up(16, string.ascii_uppercase + '234567')}", "a credential for AWS"),
        (f"xoxb-9876543210-{made_up(24)}", "a credential for Slack"),
        (f"https://hooks.slack.com/services/T{made_up(9)}/B{made_up(9)}/{made_up(24)}", "a credential for Slack"),
        (f"sk_live_{made_up(24)}", "a credential for Stripe"),
        (f"npm_{made_up(36)}", "a credential for npm"),
        (f"pypi-AgEIcHlwaS5vcmc{made_up(70)}", "a credential for PyPI"),
        (f"nfp_{made_up(40)}", "a credential for Netlify"),
        (f"sk-ant-api03-{made_up(93)}", "a credential for Anthropic"),
        (f"sk-proj-{made_up(24)}T3BlbkFJ{made_up(24)}", "a credential for OpenAI"),
        (f"SG.{made_up(22)}.{made_up(43)}", "a credential for SendGrid"),
        (f"dop_v1_{made_up(64, 'abcdef0123456789')}", "a credential for DigitalOcean"),
        (f"hf_{made_up(34, string.ascii_letters)}", "a credential for HuggingFace"),
    ],
)
def test_a_secret_is_known_by_its_shape(text: str, what: str) -> None:
    content = f'<p>\n<code>token = "{text}"</code>'.encode()
    found = secret_in(content)
    assert found is not None
    assert found[0] == what
    assert content.count(b"\n", 0, found[1]) == 1


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
        PEM.replace("PRIVATE", "PUBLIC"),
        f"-----BEGIN PRIVATE KEY-----\n{'A' * 64}\n-----END PRIVATE KEY-----",
        "AKIAIOSFODNN7EXAMPLE",
        f"ghp_{'x' * 36}",
        f"ghp_{'1234567890' * 3}abcdef",
        f"my{GITHUB}",
        f"{GITHUB}longer",
        "ghp_short",
        "npm_config_registry and npm_lifecycle_event",
        "sk-learn, risk-free, task-lists",
        f"data:font/woff2;base64,{made_up(2000)}",
    ],
)
def test_what_documentation_says_instead_of_a_secret_is_none(text: str) -> None:
    assert secret_in(f"<p>{text}</p>".encode()) is None


def test_a_secret_is_an_error_with_its_page_and_line_and_is_not_repeated(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, {"index.html": f"<p>\n\n{GITHUB}"})
    assert (found.severity, found.code, found.path, found.line) == ("error", "secret", "index.html", 3)
    assert GITHUB not in f"{found.message}{found.hint}"


@pytest.mark.parametrize("path", ["a.html", "a.js", "search/index.json", "a.txt", "a.svg", "a.pem", "no-extension"])
def test_every_kind_of_text_is_read(tmp_path: Path, path: str) -> None:
    assert codes(findings(tmp_path, {"index.html": "", path: PEM})) == ["secret"]


@pytest.mark.parametrize("path", ["a.png", "a.woff2", "a.zip"])
def test_what_is_no_text_is_not_read(tmp_path: Path, path: str) -> None:
    assert findings(tmp_path, {"index.html": "", path: PEM}) == []


def test_a_credential_of_this_run_is_found_in_whatever_shape(tmp_path: Path) -> None:
    own = "correct horse/battery"
    page = '<a href="#" title="correct%20horse%2Fbattery">x</a>'
    (found,) = findings(tmp_path, {"index.html": page}, secrets=[own])
    assert (found.severity, found.code, found.line) == ("error", "own-secret", 1)
    assert findings(tmp_path, {"index.html": page}) == []


def test_content_that_is_live_already_is_not_read_again(tmp_path: Path) -> None:
    files = {"index.html": GITHUB}
    assert findings(tmp_path, files | {"a.html": "new"}, live=files) == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (".env", "env-file"),
        ("app/.env.production", "env-file"),
        (".env.example", None),
        ("docs/.env.html", None),
        ("keys/id_ed25519", "key-file"),
        ("id_rsa.pub", None),
        ("release.keystore", "key-file"),
        ("Signing.P12", "key-file"),
        (".npmrc", "key-file"),
        ("environment.html", None),
    ],
)
def test_a_file_of_credentials_is_known_by_its_name_though_it_is_live_already(
    tmp_path: Path, path: str, code: str | None
) -> None:
    files = {"index.html": "", path: "x"}
    found = findings(tmp_path, files, live=files)
    assert [(one.severity, one.code, one.path) for one in found] == ([("error", code, path)] if code else [])


def test_a_harmless_one_passes_where_the_configuration_says_so(tmp_path: Path) -> None:
    files = {"index.html": "", "keys/example.pem": PEM, "keys/.env": "x"}
    assert codes(findings(tmp_path, files)) == ["secret", "env-file"]
    assert findings(tmp_path, files, checks={"secrets": {"ignore": ["keys/"]}}) == []


def test_a_real_secret_is_found_right_after_one_that_is_made_up() -> None:
    content = f"ghp_{'x' * 36} {GITHUB}".encode()
    assert secret_in(content) == ("a credential for GitHub", 41)
    assert secret_in(content[:41]) is None
