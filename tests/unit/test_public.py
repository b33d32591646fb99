from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import presswork
from presswork.plugins import Plugins

if TYPE_CHECKING:
    from collections.abc import Iterator

CORE = Path(presswork.__file__).parent
HEAVY = {
    "click",
    "httpx",
    "mkdocs",
    "msgspec",
    "pathspec",
    "pluggy",
    "rich",
    "starlette",
    "tenacity",
    "uvicorn",
    "yaml",
}
PLUGIN = re.compile(r"presswork_\w+")


def modules() -> Iterator[str]:
    """Yield the names of the modules of the core, but for private ones."""
    for file in sorted(CORE.rglob("*.py")):
        name = ".".join(file.relative_to(CORE.parent).with_suffix("").parts).removesuffix(".__init__")
        if not name.rpartition(".")[2].startswith("_"):
            yield name


def defined(source: str) -> set[str]:
    """Return the public functions and classes that a module defines itself."""
    nodes = ast.parse(source).body
    names = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    return {name for name in names if not name.startswith("_")}


def imported(source: str) -> set[str]:
    """Return the modules that a source imports, wherever in it and however."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and PLUGIN.fullmatch(node.value):
            found.add(node.value)
    return found


def first_party(source: str, hooks: set[str]) -> set[str]:
    return {name for name in imported(source) if PLUGIN.match(name) and name not in hooks}


def loaded_by(statement: str) -> set[str]:
    """Return what a fresh interpreter has loaded after a statement, by the first part of its name."""
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_the_public_list_is_exactly_this() -> None:
    assert presswork.__all__ == [
        "Change",
        "Draft",
        "Entry",
        "Finding",
        "Manifest",
        "Page",
        "Plan",
        "Plugins",
        "PressworkError",
        "Project",
        "Report",
        "Scan",
        "Settings",
        "Site",
        "__version__",
        "after_build",
        "compare",
        "hookimpl",
        "read_settings",
    ]


def test_every_public_name_is_there() -> None:
    for name in presswork.__all__:
        assert getattr(presswork, name) is not None


def test_a_name_that_is_not_public_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        presswork.Nonsense  # noqa: B018 -- looking it up is the point


def test_importing_presswork_loads_nothing_heavy() -> None:
    assert loaded_by("import presswork") & HEAVY == set()


def test_something_heavy_would_be_found() -> None:
    assert loaded_by("import presswork; presswork.Finding") & HEAVY == {"msgspec"}


def test_the_command_line_loads_neither_network_nor_server_nor_generator_to_say_its_version() -> None:
    loaded = loaded_by("import presswork.cli as cli; cli.main(['--version'])")
    assert loaded & HEAVY == {"click"}


@pytest.mark.parametrize("name", [*modules()])
def test_the_public_list_of_each_module_is_right(name: str) -> None:
    module = import_module(name)
    assert module.__doc__
    listed = module.__all__
    assert sorted(set(listed)) == sorted(listed)
    assert [public for public in listed if getattr(module, public, None) is None] == []
    assert module.__file__ is not None
    missing = defined(Path(module.__file__).read_text()) - {*listed}
    assert {public for public in missing if not public.startswith("presswork_")} == set()


def test_a_public_function_that_is_not_listed_would_be_found() -> None:
    assert defined("def planted(): ...\ndef _private(): ...\nclass Planted: ...") == {"planted", "Planted"}


def test_the_core_never_imports_a_plugin() -> None:
    from presswork import hookspecs

    hooks = {name for name in vars(hookspecs) if name.startswith("presswork_")}
    found = {file.name: names for file in CORE.rglob("*.py") if (names := first_party(file.read_text(), hooks))}
    assert found == {}


@pytest.mark.parametrize(
    "planted",
    [
        "import presswork_local",
        "from presswork_local.host import LocalHost",
        "def late():\n    from presswork_local import Options",
        "from importlib import import_module\nimport_module('presswork_local')",
    ],
)
def test_an_import_of_a_plugin_would_be_found(planted: str) -> None:
    assert first_party(planted, {"presswork_hosts"}) != set()


def hosts_named(source: str) -> list[str]:
    """Return the hosts that a source names; the embedded one is called by a word of everyday use."""
    known = [host.name for host in Plugins().hosts().values() if not host.embedded]
    assert len(known) == 3
    plain = re.sub(r"[^a-z]", "", source.lower())
    return [name for name in known if name in plain]


def test_the_core_names_no_host() -> None:
    sources = [file for file in CORE.rglob("*") if file.suffix in {".py", ".typed"}]
    assert {file.name: named for file in sources if (named := hosts_named(file.read_text()))} == {}


@pytest.mark.parametrize("planted", ['if host == "netlify":', "# as Canvas Drop does", "SIMPLEHOST_API_KEY"])
def test_a_host_that_is_named_would_be_found(planted: str) -> None:
    assert hosts_named(planted)
