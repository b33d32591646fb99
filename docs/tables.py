"""What structs hold, in the words of a reader, and tables of it in Markdown."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from msgspec import inspect as shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def fields_of(struct: type) -> Iterable[shapes.Field]:
    """Return the fields of a struct, in their order."""
    info = shapes.type_info(struct)
    assert isinstance(info, shapes.StructType)  # noqa: S101 -- for the type checker
    return info.fields


def structs_in(struct: type) -> list[type]:
    """Return the structs that one holds, each once, in the order they are met in."""
    found: dict[type, None] = {}
    pending: list[Any] = [field.type for field in fields_of(struct)]
    while pending:
        info = pending.pop(0)
        if isinstance(info, shapes.StructType) and info.cls not in found:
            found[info.cls] = None
            pending = [field.type for field in info.fields] + pending
        pending = [*getattr(info, "types", ()), *filter(None, [getattr(info, "item_type", None)]), *pending]
    return list(found)


def type_words(info: shapes.Type) -> str:
    """Return a type in the words of JSON."""
    match info:
        case shapes.UnionType(types=types):
            return " or ".join(type_words(one) for one in types)
        case shapes.LiteralType(values=values):
            return "[outcome](#outcomes)" if "deployed" in values else " or ".join(f"`{value}`" for value in values)
        case shapes.ListType(item_type=item) | shapes.VarTupleType(item_type=item):
            return f"array of {_several(item)}"
        case shapes.DictType(value_type=shapes.AnyType()):
            return "table"
        case shapes.DictType(value_type=value):
            return f"table of {_several(value)}"
        case shapes.StructType(cls=cls):
            return f"[{cls.__name__}](#{cls.__name__.lower()})"
        case shapes.IntType(ge=least) if least is not None:
            return f"integer, at least {least}"
    plain = {"StrType": "string", "IntType": "integer", "FloatType": "number", "BoolType": "boolean"}
    plain |= {"NoneType": "null", "CustomType": "path"}
    return plain[type(info).__name__]


def _several(info: shapes.Type) -> str:
    return re.sub(r"^(\w+)$", r"\1s", type_words(info))


def setting_words(info: shapes.Type) -> str:
    """Return a type in the words of a configuration file, which cannot say null."""
    return type_words(info).removesuffix(" or null")


def default_words(field: shapes.Field) -> str:
    """Return what a field is where nothing is said; empty where that is nothing."""
    return "" if field.default in (None, ()) or field.required else f"`{field.default}`"


def table(heads: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    """Yield the lines of a table, and an empty one."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for row in rows:
        yield "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in row) + " |"
    yield ""


def paragraphs(doc: str | None) -> str:
    """Return a docstring without its indentation."""
    return inspect.cleandoc(doc or "")
