"""Print the sizes that keep the code readable, each beside its limit; exit 1 where one is passed."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "hitl_desktop"
LONG_LINE = 110
BORDERS = ("imaging/", "image_file.py", "pyramid.py", "inference/", "ui/jobs/", "ui/shell/excepthook.py")
"""Where anything may be raised by other people's code, and is turned into an error of ours."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """A source file and its syntax tree."""

    path: Path
    lines: list[str]
    tree: ast.Module

    @property
    def name(self) -> str:
        """Its path inside the package."""
        return self.path.relative_to(PACKAGE).as_posix()


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value, its limit, and where the worst of it is."""

    name: str
    value: float
    limit: float | None
    where: str = ""

    @property
    def is_passed(self) -> bool:
        """Whether it is above its limit."""
        return self.limit is not None and self.value > self.limit


def length(node: Function | ast.ClassDef) -> int:
    """Lines of a definition, without its decorators."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def complexity(function: Function) -> int:
    """Branches of a function plus one: conditions, loops, boolean operators, handlers and comprehensions."""
    branches = (
        ast.If,
        ast.IfExp,
        ast.For,
        ast.While,
        ast.ExceptHandler,
        ast.comprehension,
        ast.match_case,
        ast.Assert,
    )
    count = 1
    for node in _own(function):
        count += isinstance(node, branches)
        count += len(node.values) - 1 if isinstance(node, ast.BoolOp) else 0
        count += len(node.ifs) if isinstance(node, ast.comprehension) else 0
    return count


def _own(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function, those of the functions inside it aside."""
    waiting: list[ast.AST] = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function):
            waiting.extend(ast.iter_child_nodes(node))


def spread(name: str, sizes: list[tuple[int, str]], limits: dict[str, int]) -> Iterator[Figure]:
    """Percentiles of sizes, and the largest one."""
    values = np.array([size for size, _ in sizes])
    for key, limit in limits.items():
        where = max(sizes)[1] if key == "max" else ""
        value = values.max() if key == "max" else np.percentile(values, int(key[1:]))
        yield Figure(f"{name} {key}", float(value), limit, where)


def undocumented(module: Module) -> Iterator[str]:
    """Public modules, classes and functions without a docstring."""
    waiting: list[tuple[ast.AST, str]] = [(module.tree, module.name)]
    while waiting:
        node, name = waiting.pop()
        if isinstance(node, ast.Module | ast.ClassDef | Function) and not ast.get_docstring(node):
            yield name
        if isinstance(node, ast.Module | ast.ClassDef):
            waiting.extend((n, f"{name} {n.name}") for n in node.body if is_public(n))


def is_public(node: ast.stmt) -> bool:
    """Whether a statement defines something that others may use; overrides of Qt (camelCase) document
    themselves."""
    return (
        isinstance(node, ast.ClassDef | Function)
        and not node.name.startswith("_")
        and (isinstance(node, ast.ClassDef) or node.name.islower())
        and not any("overload" in ast.unparse(d) or "setter" in ast.unparse(d) for d in node.decorator_list)
        and not (isinstance(node, Function) and ast.unparse(node.body[-1]) == "..." and len(node.body) == 1)
    )


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Whether an except clause takes whatever comes."""
    return handler.type is None or ast.unparse(handler.type) in {"Exception", "BaseException"}


def figures(modules: list[Module]) -> Iterator[Figure]:
    """All figures of these modules."""
    functions = [
        (node, f"{m.name} {node.name}")
        for m in modules
        for node in ast.walk(m.tree)
        if isinstance(node, Function)
    ]
    classes = [
        (node, f"{m.name} {node.name}")
        for m in modules
        for node in ast.walk(m.tree)
        if isinstance(node, ast.ClassDef)
    ]
    lines = [(line, m.name) for m in modules for line in m.lines]
    yield Figure("files", len(modules), None)
    yield Figure("lines", len(lines), None)
    yield from spread(
        "file lines", [(len(m.lines), m.name) for m in modules], {"p50": 100, "p90": 300, "max": 500}
    )
    limits = {"p50": 7, "p90": 23, "p99": 55, "max": 80}
    yield from spread("function lines", [(length(f), name) for f, name in functions], limits)
    yield from spread("class lines", [(length(c), name) for c, name in classes], {"max": 300})
    methods = [(sum(isinstance(n, Function) for n in c.body), name) for c, name in classes]
    yield from spread("class methods", methods, {"max": 30})
    yield from spread("complexity", [(complexity(f), name) for f, name in functions], {"max": 15})
    bare = [name for f, name in functions if f.returns is None]
    yield Figure("functions without a return type", len(bare), 0, ", ".join(bare[:3]))
    silent = [name for m in modules for name in undocumented(m)]
    yield Figure("public names without a docstring", len(silent), 0, ", ".join(silent[:3]))
    broad = [
        f"{m.name}:{node.lineno}"
        for m in modules
        for node in ast.walk(m.tree)
        if isinstance(node, ast.ExceptHandler) and is_broad(node) and not m.name.startswith(BORDERS)
    ]
    yield Figure("broad excepts inside the borders", len(broad), 0, ", ".join(broad[:3]))
    long = sum(len(line) > LONG_LINE for line, _ in lines)
    yield Figure(f"percent of lines over {LONG_LINE} columns", 100 * long / len(lines), 1)
    yield Figure("fmt: skip", sum("fmt: skip" in line for line, _ in lines), None)


def read() -> list[Module]:
    """The modules of the package."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return [Module(p, (text := p.read_text("utf-8")).splitlines(), ast.parse(text)) for p in paths]


def main() -> int:
    """Print the table."""
    passed = False
    for figure in figures(read()):
        limit = f"{figure.limit:8g}" if figure.limit is not None else " " * 8
        mark = "over" if figure.is_passed else ""
        sys.stdout.write(f"{figure.name:42}{figure.value:10.5g}{limit}  {mark:5}{figure.where}\n")
        passed |= figure.is_passed
    return int(passed)


if __name__ == "__main__":
    sys.exit(main())
