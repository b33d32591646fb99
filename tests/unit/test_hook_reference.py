from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from presswork import hookspecs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TESTS = Path(__file__).with_name("test_hooks.py")
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "hooks.md"


def hooks() -> dict[str, Callable[..., Any]]:
    """Return every function of the hook specification, by name."""
    return {name: made for name, made in vars(hookspecs).items() if hasattr(made, "presswork_spec")}


def untested(names: Iterable[str], source: str) -> list[str]:
    """Return the hooks that no test function is named after."""
    tests = [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [name for name in names if not any(test.startswith(f"test_{name}_") for test in tests)]


def undocumented(functions: Iterable[Callable[..., Any]], text: str) -> list[str]:
    """Return the hooks whose signature stands in no fenced block."""
    fenced = " ".join(re.findall(r"^```.*?\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    return [made.__name__ for made in functions if squeezed(made.__name__ + signature(made)) not in squeezed(fenced)]


def signature(function: Callable[..., Any]) -> str:
    return str(inspect.signature(function)).replace("'", "")


def squeezed(text: str) -> str:
    return re.sub(r",(?=\))", "", re.sub(r"\s", "", text))


def test_there_are_six_hooks() -> None:
    assert len(hooks()) == 6


def test_every_hook_has_a_test_named_after_it() -> None:
    assert untested(hooks(), TESTS.read_text()) == []


def test_a_hook_without_a_test_would_be_found() -> None:
    assert untested(["presswork_planted"], TESTS.read_text()) == ["presswork_planted"]


def test_every_hook_says_what_it_is_for() -> None:
    assert [name for name, made in hooks().items() if not (made.__doc__ or "").strip()] == []


def test_every_hook_has_its_signature_in_the_reference() -> None:
    assert undocumented(hooks().values(), REFERENCE.read_text()) == []


def test_a_hook_that_is_not_in_the_reference_would_be_found() -> None:
    def presswork_planted(site: str) -> None:
        """Not there."""

    text = f"Not in a block: {presswork_planted.__name__}{signature(presswork_planted)}\n```python\nx\n```\n"
    assert undocumented([presswork_planted], text) == ["presswork_planted"]
    fenced = f"```python\ndef presswork_planted(\n    site: str,\n){signature(presswork_planted)[11:]}: ...\n```\n"
    assert undocumented([presswork_planted], fenced) == []
