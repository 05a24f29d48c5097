"""Mutants of a module: its source with one small change each, as a reader might have miswritten it.

Pure: source in, sources out.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.LtE: ast.Lt,
    ast.Lt: ast.LtE,
    ast.GtE: ast.Gt,
    ast.Gt: ast.GtE,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
_OPPOSITE = {"any": "all", "all": "any", "min": "max", "max": "min", "zeros": "ones", "ones": "zeros"}
_SWAPPED = _OPPOSITE | {"zeros_like": "ones_like", "ones_like": "zeros_like"}


_Path: TypeAlias = tuple[tuple[str, int | None], ...]


@dataclass(frozen=True)
class Mutant:
    """One change."""

    name: str
    """The definition, its statement, the expression before and after; unique in its module."""
    tree: ast.Module = field(repr=False)
    """Of the module as it is."""
    path: _Path
    changed: ast.expr

    @property
    def source(self) -> str:
        return ast.unparse(_with(self.tree, self.path, self.changed))

    @property
    def definition(self) -> str:
        """Qualified name of the function or class that is changed; `module` outside of any."""
        return self.name.partition(":")[0]


def mutants(source: str) -> list[Mutant]:
    """Every mutant of the source, in its order; annotations and docstrings stay as they are."""
    tree = ast.parse(source)
    found: list[Mutant] = []
    seen: Counter[str] = Counter()
    for place in _mutable(tree, _Place()):
        for changed in [*_changes(place.node), *_decided(place)]:
            name = f"{place} | {ast.unparse(place.node)} -> {ast.unparse(changed)}"
            seen[name] += 1
            unique = name if seen[name] == 1 else f"{name} (#{seen[name]})"
            found.append(Mutant(unique, tree, place.path, changed))
    return found


_STATEMENT_CHARACTERS = 60


@dataclass(frozen=True)
class _Place:
    """A computed expression: its path from the root, and where a reader finds it."""

    path: _Path = ()
    inside: tuple[str, ...] = ()
    statement: str = ""
    node: ast.expr = field(default_factory=ast.expr)

    @property
    def role(self) -> str:
        """What the expression is to the one, or to the statement, that it is part of."""
        return self.path[-1][0]

    def __str__(self) -> str:
        return f"{'.'.join(self.inside) or 'module'}: {self.statement}"


def _mutable(node: ast.AST, place: _Place) -> Iterator[_Place]:
    """The places of all expressions that are computed below the node."""
    if isinstance(node, ast.expr):
        yield replace(place, node=node)
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        place = replace(place, inside=(*place.inside, node.name))
    elif isinstance(node, ast.stmt):
        first_line = ast.unparse(node).partition("\n")[0]
        place = replace(place, statement=first_line[:_STATEMENT_CHARACTERS])
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "format_spec"):
            continue
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for number, child in children:
            if isinstance(child, ast.AST) and not _is_text(child):
                yield from _mutable(child, replace(place, path=(*place.path, (name, number))))


def _is_text(node: ast.AST) -> bool:
    """A docstring, an alias of a type, an import: nothing that computes."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Import | ast.ImportFrom) or (
        isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias"
    )


def _changes(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in _OTHER:
            yield _but(node, ops=[_OTHER[type(op)]()])
        case ast.BinOp(op=op) | ast.BoolOp(op=op) if type(op) in _OTHER:
            yield _but(node, op=_OTHER[type(op)]())
        case ast.UnaryOp(op=ast.Not() | ast.Invert() | ast.USub(), operand=operand):
            yield operand
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
        case ast.IfExp(body=body, orelse=orelse):
            yield _but(node, body=orelse, orelse=body)
        case ast.Attribute(attr=name) if name in _SWAPPED:
            yield _but(node, attr=_SWAPPED[name])
        case ast.Call(func=ast.Name(id=name)) if name in _SWAPPED:
            yield _but(node, func=ast.Name(_SWAPPED[name], ast.Load()))


def _decided(place: _Place) -> Iterator[ast.expr]:
    """A condition that is decided for good: a branch that is never taken, a filter that lets all through."""
    if place.role == "test":
        yield ast.Constant(value=False)
    elif place.role == "ifs":
        yield ast.Constant(value=True)


def _but(node: ast.expr, **fields: object) -> ast.expr:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _with(tree: ast.Module, path: _Path, changed: ast.expr) -> ast.Module:
    """A copy of the tree with another expression at the path."""
    whole = copy.deepcopy(tree)
    node: ast.AST = whole
    for name, number in path[:-1]:
        value = getattr(node, name)
        node = value if number is None else value[number]
    name, number = path[-1]
    if number is None:
        setattr(node, name, changed)
    else:
        getattr(node, name)[number] = changed
    return ast.fix_missing_locations(whole)
