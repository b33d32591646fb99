"""Reads the project's source for the reference: the shapes of classes and hooks, and every finding there can be."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

FILLED_IN = "…"
"""What stands for the parts of a message that are known only when it is shown."""


class Found(NamedTuple):
    """A finding that the code can make."""

    code: str
    severity: str
    message: str
    hint: str


def source_files(*packages: ModuleType) -> list[Path]:
    """Return every module of these packages, in a fixed order."""
    return [file for package in packages for file in sorted(Path(str(package.__file__)).parent.rglob("*.py"))]


def signatures(module: ModuleType, prefix: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, signature and docstring of each function of a module whose name begins like that."""
    for node in _tree(module).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith(prefix):
            doc = ast.get_docstring(node) or ""
            node.decorator_list = []
            yield node.name, _bare(node), doc


def classes(module: ModuleType) -> Iterator[tuple[str, str, str, list[tuple[str, str]]]]:
    """Yield name, shape and docstring of each public class of a module, and the docstrings of its methods."""
    for node in _tree(module).body:
        if isinstance(node, ast.ClassDef) and node.name in module.__all__:
            doc = ast.get_docstring(node) or ""
            methods = [(m.name, ast.get_docstring(m) or "") for m in node.body if isinstance(m, ast.FunctionDef)]
            yield node.name, _shape(node), doc, methods


def findings(files: list[Path]) -> list[Found]:
    """Return every finding in these modules, in the order of the codes."""
    return sorted({found for file in files for found in _findings(ast.parse(file.read_text(encoding="utf-8")))})


def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def _bare(function: ast.FunctionDef) -> str:
    """Return a function's decorators and signature, and three dots for what it does."""
    function.body = [ast.Expr(ast.Constant(...))]
    text = re.sub(r":\n\s+\.\.\.$", ": ...", ast.unparse(function))
    return re.sub(r"(: [\w |]+)=", r"\1 = ", text)


def _shape(node: ast.ClassDef) -> str:
    """Return a class as its reader needs it: bases, fields, signatures."""
    lines = [f"class {node.name}({', '.join(map(ast.unparse, node.bases))}):".replace("()", "")]
    fields = [f"    {ast.unparse(member)}" for member in node.body if isinstance(member, ast.AnnAssign)]
    methods = [_bare(member).splitlines() for member in node.body if isinstance(member, ast.FunctionDef)]
    lines += [*fields, *[""][: bool(fields and methods)], *(f"    {line}" for method in methods for line in method)]
    return "\n".join(lines) if len(lines) > 1 else lines[0] + " ..."


def _findings(tree: ast.Module) -> Iterator[Found]:
    constants = _assigned([node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)])
    for call in _calls(tree.body, "Finding"):
        yield _found(_keywords(call), constants, {})
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    makers: dict[str, tuple[ast.FunctionDef, dict[str, ast.expr]]] = {}
    for function in functions:
        for call in _calls(function.body, "Finding"):
            said = _keywords(call)
            if isinstance(said["code"], ast.Constant):
                yield _found(said, {**constants, **_assigned(function.body)}, {})
            else:
                makers[function.name] = (function, said)
    for function in functions:
        for name, (maker, said) in makers.items():
            for call in _calls(function.body, name):
                here = {**constants, **_before(function, call)}
                bound = {key: _text(value, here, {}) for key, value in _bound(maker, call).items()}
                yield _found(said, {**constants, **_assigned(maker.body)}, bound)


def _found(said: Mapping[str, ast.expr], names: Mapping[str, ast.expr], bound: Mapping[str, str]) -> Found:
    return Found(*(_text(said[key], names, bound) if key in said else "" for key in Found._fields))


def _text(node: ast.expr, names: Mapping[str, ast.expr], bound: Mapping[str, str]) -> str:
    """Return the text of an expression, as far as the source tells."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, {}, bound) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, {}, bound)
    if isinstance(node, ast.Name) and node.id in names:
        return _text(names[node.id], {key: value for key, value in names.items() if key != node.id}, bound)
    return bound.get(node.id, FILLED_IN) if isinstance(node, ast.Name) else FILLED_IN


def _calls(body: list[ast.stmt], name: str) -> Iterator[ast.Call]:
    """Yield the calls of a function or method of that name, those in functions within left out."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        called = getattr(node, "func", None)
        if isinstance(node, ast.Call) and name in {getattr(called, "id", ""), getattr(called, "attr", "")}:
            yield node
        pending = [*ast.iter_child_nodes(node), *pending]


def _keywords(call: ast.Call) -> dict[str, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


def _bound(maker: ast.FunctionDef, call: ast.Call) -> dict[str, ast.expr]:
    """Return what a call gives to the parameters of the function it calls, defaults included."""
    names = [argument.arg for argument in maker.args.args if argument.arg != "self"]
    defaults = maker.args.defaults
    bound: dict[str, Any] = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    bound |= {a.arg: value for a, value in zip(maker.args.kwonlyargs, maker.args.kw_defaults, strict=True) if value}
    return {**bound, **dict(zip(names, call.args, strict=False)), **_keywords(call)}


def _assigned(body: list[ast.stmt], until: int | None = None) -> dict[str, ast.expr]:
    """Return the last value each name is given, in the order of the lines."""
    found = {}
    for node in ast.walk(ast.Module(body, [])):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(target, ast.Name) and value is not None:
            found[node.lineno] = (target.id, value)
    return {name: value for line, (name, value) in sorted(found.items()) if until is None or line < until}


def _before(function: ast.FunctionDef, call: ast.Call) -> dict[str, ast.expr]:
    return _assigned(function.body, until=call.lineno)
