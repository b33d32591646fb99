"""A host from outside: its wheel and ours, in an environment with nothing else, pass the contract and deploy a site."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from support_wheels import Environment, build_wheel

PROJECT = Path(__file__).parents[2]
EXAMPLE = PROJECT / "examples" / "third-party-host"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("outside")
    wheels = build_wheel(PROJECT, folder / "presswork"), build_wheel(EXAMPLE, folder / "example")
    return Environment(folder / "venv", *wheels, others=("pytest",))


def test_the_example_is_complete_in_less_than_a_hundred_lines() -> None:
    assert len((EXAMPLE / "presswork_shelf.py").read_text().splitlines()) < 100


def test_the_wheels_are_what_is_imported(environment: Environment, tmp_path: Path) -> None:
    told = environment.run(
        "python", "-c", "import presswork, presswork_shelf as s; print(presswork.__file__, s.__file__)", cwd=tmp_path
    )

    assert all(Path(file).is_relative_to(environment.bin.parent) for file in told.split())


def test_the_host_passes_the_contract(environment: Environment, tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "test_shelf.py", tmp_path)

    told = environment.run("python", "-m", "pytest", "-q", "-W", "error", "test_shelf.py", cwd=tmp_path)

    assert " passed" in told
    assert "the host shelf lacks: previews" in environment.run(
        "python", "-m", "pytest", "-rs", "-k", "preview", "test_shelf.py", cwd=tmp_path
    )


def test_the_command_deploys_by_the_host_and_takes_it_back(environment: Environment, tmp_path: Path) -> None:
    page, live = tmp_path / "site" / "index.html", tmp_path / "shelf" / "live" / "index.html"
    page.parent.mkdir()

    def told(*command: str) -> str:
        there = ["--host", "shelf", "-o", "path=shelf", "--json"]
        outcome = json.loads(environment.run("presswork", *command, *there, cwd=tmp_path))["outcome"]
        return f"{outcome}: {live.read_text()}"

    page.write_text("one")
    assert told("deploy", "site") == "deployed: one"
    assert told("deploy", "site") == "unchanged: one"
    page.write_text("two")
    assert told("deploy", "site") == "deployed: two"
    assert told("rollback") == "rolled-back: one"


def test_the_command_lists_the_host(environment: Environment, tmp_path: Path) -> None:
    assert "shelf" in environment.run("presswork", "hosts", cwd=tmp_path)


def test_the_guide_shows_the_example_as_it_is() -> None:
    guide = (PROJECT / "docs" / "how-to" / "write-a-host.md").read_text()
    example = "".join(
        (EXAMPLE / name).read_text() for name in ("presswork_shelf.py", "test_shelf.py", "pyproject.toml")
    )
    blocks = [block.partition("\n")[2] for block in guide.split("```")[1::2]]

    assert len(blocks) >= 7
    assert [block for block in blocks if block not in example] == []
