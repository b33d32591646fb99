"""Functions that are deployed besides the files."""

from __future__ import annotations

import hashlib
import io
import json
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from presswork_netlify.emulator import Fault
from presswork_netlify.functions import bundles
from support_netlify import emulating
from support_netlify_host import HOME, Publisher, asked, changing, edited

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from support_netlify import InThread


@pytest.fixture
def netlify(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "netlify", processing=()) as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, netlify: InThread) -> Publisher:
    made = Publisher(tmp_path, netlify, functions="functions")
    functions = made.folder / "functions"
    (functions / "greet" / "lib").mkdir(parents=True)
    (functions / "hello.js").write_text("exports.handler = async () => ({ statusCode: 200 })")
    (functions / "greet" / "greet.js").write_text("require('./lib/words')")
    (functions / "greet" / "lib" / "words.js").write_text("module.exports = 'hi'")
    (functions / "tick-background.mjs").write_text("export default 1")
    (functions / "node_modules").mkdir()
    (functions / ".hidden").write_text("not a function")
    _bundle(functions / "compiled.zip", {"bootstrap": b"\x7fELF", "netlify-toolchain": b'{"runtime": "provided.al2"}'})
    return made


def _bundle(file: Path, content: dict[str, bytes]) -> None:
    with ZipFile(file, "w") as archive:
        for name, body in content.items():
            archive.writestr(name, body)


def test_functions_are_named_by_the_sha256_of_the_archive_that_is_sent(publisher: Publisher, netlify: InThread) -> None:
    told: list[Any] = []

    def edit(method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
        told.append((method, path, document))
        return document

    with edited(netlify, edit) as watched:
        publisher.environ["PRESSWORK_NETLIFY_API_URL"] = watched.facts["api_url"]
        publisher.deploy(HOME)

    own = bundles(publisher.folder / "functions")
    manifest = next(doc for method, path, doc in told if method == "PUT" and "/sites/" in path)
    assert sorted(own) == ["compiled", "greet", "hello", "tick-background"]
    assert {hashlib.sha256(bundle.content).hexdigest() for bundle in own.values()} == {*manifest["required_functions"]}
    assert sorted(asked(netlify, "/functions/")) == [
        "PUT /deploys/ID/functions/compiled?runtime=provided.al2",
        "PUT /deploys/ID/functions/greet?runtime=js",
        "PUT /deploys/ID/functions/hello?runtime=js",
        "PUT /deploys/ID/functions/tick-background?runtime=js&invocation_mode=background",
    ]


def test_the_same_function_makes_the_same_archive(publisher: Publisher, tmp_path: Path) -> None:
    before = bundles(publisher.folder / "functions")
    again = publisher.folder.rename(tmp_path / "moved") / "functions"
    (again / "hello.js").touch()
    (again / "hello.js").chmod(0o600)

    assert bundles(again) == before
    with ZipFile(io.BytesIO(before["greet"].content)) as archive:
        assert archive.namelist() == ["greet.js", "lib/words.js"]


def test_functions_are_sent_once(publisher: Publisher, netlify: InThread) -> None:
    publisher.deploy(HOME)
    netlify.emulator.requests.clear()
    publisher.deploy({"index.html": b"2"})

    assert asked(netlify, "/functions/") == []


def test_unchanged_files_with_unchanged_functions_are_unchanged(publisher: Publisher, netlify: InThread) -> None:
    publisher.deploy(HOME)
    netlify.emulator.requests.clear()
    publisher.deploy(HOME, "unchanged")

    assert changing(netlify) == []


@pytest.mark.parametrize("change", ["changed", "added", "removed", "all removed"])
def test_a_function_alone_that_changed_is_deployed(publisher: Publisher, netlify: InThread, change: str) -> None:
    publisher.deploy(HOME)
    netlify.emulator.requests.clear()
    functions = publisher.folder / "functions"
    if change == "removed":
        (functions / "hello.js").unlink()
    elif change != "all removed":
        (functions / ("hello.js" if change == "changed" else "new.js")).write_text("exports.handler = 2")
    told = publisher.deploy(HOME, settings={"functions": None} if change == "all removed" else {})

    assert len(asked(netlify, "/functions/")) == (1 if change in {"changed", "added"} else 0)
    assert told.release
    assert told.release.live


def test_a_bundle_whose_upload_was_answered_at_random_is_sent_again(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.faults.append(Fault(method="PUT", pattern="/functions/hello", status=401))
    publisher.deploy(HOME)

    assert len(asked(netlify, "/functions/hello")) == 2


def test_changed_functions_are_not_taken_for_those_of_a_broken_off_deploy(
    publisher: Publisher, netlify: InThread
) -> None:
    netlify.emulator.faults.append(Fault(method="PUT", pattern="/files/", status=503, count=None))
    publisher.deploy(HOME, "failed", settings={"patience": 0})
    netlify.emulator.faults.clear()
    (publisher.folder / "functions" / "hello.js").write_text("exports.handler = 2")
    told = publisher.deploy(HOME)

    assert told.release
    assert len(asked(netlify, "^POST /sites/SITE/deploys")) == 2


def test_a_bundle_that_is_too_large_fails_with_netlifys_word_for_it(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.behaviour.function_bytes = 10
    told = publisher.deploy(HOME, "failed", settings={"patience": 0})

    assert told.error
    assert "must be smaller than 10 bytes" in told.error.message


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.txt", b"text", "neither a bundle (.zip) nor a JavaScript function"),
        ("hello.ts", b"export default 1", "Presswork compiles nothing"),
        ("broken.zip", b"no archive", "not a sound archive"),
        ("folder/readme.md", b"no function in it", "neither a bundle"),
    ],
)
def test_what_is_no_function_is_refused_before_anything_is_sent(
    publisher: Publisher, netlify: InThread, name: str, content: bytes, said: str
) -> None:
    file = publisher.folder / "functions" / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    report = publisher.report(HOME)

    (told,) = report.targets
    assert (told.outcome, report.exit_code) == ("refused", 3)
    assert told.error
    assert said in f"{told.error.message} {told.error.hint}"
    assert told.error.path == name.partition("/")[0]
    assert changing(netlify) == []


def test_a_folder_of_functions_that_is_not_there_is_a_wrong_setting(publisher: Publisher, netlify: InThread) -> None:
    report = publisher.report(HOME, settings={"functions": "no-such"})

    assert report.exit_code == 2
    assert changing(netlify) == []


def test_a_toolchain_that_is_no_json_is_refused(publisher: Publisher) -> None:
    _bundle(publisher.folder / "functions" / "odd.zip", {"netlify-toolchain": b"{"})

    assert publisher.deploy(HOME, "refused").error


def test_a_plan_counts_the_functions(publisher: Publisher) -> None:
    document = json.loads(publisher.report(HOME, dry_run=True).to_json())

    assert document["targets"][0]["route"]["name"] == "digest"
