"""The code as these tests read it: every module's syntax tree, its imports, its words."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "bas_service"


@cache
def trees() -> dict[str, ast.Module]:
    """Every module by its name below ``bas_service`` (``access.rules``; the top itself is ``__init__``)."""
    return {
        ".".join(file.relative_to(PACKAGE).with_suffix("").parts): ast.parse(file.read_text())
        for file in sorted(PACKAGE.rglob("*.py"))
    }


def imports_of(module: str) -> set[str]:
    """The modules of ours that ``module`` imports, wherever in it."""
    found = set()
    for name in imported_names(module):
        if name.partition(".")[0] == "bas_service":
            found.add(_module_of(name.removeprefix("bas_service").removeprefix(".")))
    return found


def imported_names(module: str) -> Iterator[str]:
    """Everything that is imported, in full: ``from a.b import c`` is ``a.b.c``."""
    for node in ast.walk(trees()[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module_of(name: str) -> str:
    """``access.rules.Role`` is a name in ``access.rules``; ``access`` is ``access.__init__``."""
    if name in trees():
        return name
    if f"{name}.__init__".removeprefix(".") in trees():
        return f"{name}.__init__".removeprefix(".")
    return _module_of(name.rpartition(".")[0])


def calls_in(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the last part of what is called: ``session.commit()`` is ``commit``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr, node
            elif isinstance(node.func, ast.Name):
                yield node.func.id, node


def texts_in(tree: ast.AST) -> Iterator[str]:
    """Every string written in the code, docstrings too; of an f-string its constant parts."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
