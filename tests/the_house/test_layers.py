"""Imports run downwards, between the floors of the house and within each room."""

import ast
from pathlib import Path

import bas_service

HOUSE = Path(bas_service.__file__).parent
# From the ground up; whatever shares a floor does not import each other.
FLOORS = [
    {"clock", "errors", "translation", "sealing"},
    {"config", "database", "embedded"},
    {"http", "schema"},
    {"access"},
    {"messaging"},
    {"children"},
    {"caseload"},
    {"announcements"},
    {"meetings"},
    {"oversight", "retention"},
    {"bas_service"},
    {"worker", "rotation"},
    {"checks", "demo"},
    {"cli"},
    {"__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

# Which files of its own package a file may use. What is not named here belongs to its package's service.
WITHIN: dict[str, set[str]] = {
    "rules": set(),
    "models": {"rules"},
    "schemas": {"rules", "municipalities"},
    "queries": {"models", "rules"},
    "jobs": {"models", "rules", "queries", "service"},
}
# The one place where everything is put together.
PUT_TOGETHER = {"bas_service"}


def modules() -> dict[str, ast.Module]:
    """Every module of the house by its dotted name below ``bas_service``; ``bas_service`` is its entrance."""
    found = {}
    for file in sorted(HOUSE.rglob("*.py")):
        parts = file.relative_to(HOUSE).with_suffix("").parts
        if parts[0] == "migrations":
            continue
        name = ".".join(part for part in parts if part != "__init__") or "bas_service"
        found[name] = ast.parse(file.read_text())
    return found


def imports_of(tree: ast.Module, known: set[str]) -> set[str]:
    """The modules of the house that a module imports, at its top or within a function."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    ours = set()
    for name in found:
        parts = name.split(".")
        if parts[0] != "bas_service":
            continue
        inner = ".".join(parts[1:])
        while inner and inner not in known:
            inner = inner.rpartition(".")[0]
        ours.add(inner or "bas_service")
    return ours


def room_of(module: str) -> str:
    return module.partition(".")[0]


def test_every_room_has_a_floor() -> None:
    assert {room_of(module) for module in modules()} <= set(FLOOR)


def test_imports_run_down_and_never_along() -> None:
    found = modules()
    up = [
        f"{module} -> {imported}"
        for module, tree in found.items()
        for imported in sorted(imports_of(tree, set(found)))
        if room_of(module) != room_of(imported) and FLOOR[room_of(imported)] >= FLOOR[room_of(module)]
    ]

    assert up == []


def test_within_a_room_rules_lean_on_nothing_and_nothing_leans_on_routes() -> None:
    found = modules()
    wrong = []
    for module, tree in found.items():
        room, _, file = module.partition(".")
        for imported in sorted(imports_of(tree, set(found))):
            other_room, _, other_file = imported.partition(".")
            if other_file == "routes" and module not in PUT_TOGETHER:
                wrong.append(f"{module} -> {imported}")
            if room == other_room and file in WITHIN and other_file and other_file not in WITHIN[file]:
                wrong.append(f"{module} -> {imported}")

    assert wrong == []


def test_rules_need_no_database_and_no_request() -> None:
    heavy = {"database", "flask", "sqlalchemy", "flask_smorest"}
    wrong = []
    for module, tree in modules().items():
        if module.rpartition(".")[2] != "rules":
            continue
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            wrong += [f"{module}: {name}" for name in names if heavy & set(name.split("."))]

    assert wrong == []


def test_nobody_commits_but_the_one_place() -> None:
    wrong = [
        f"{module}:{node.lineno}"
        for module, tree in modules().items()
        if module not in {"database", "embedded"}
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"commit", "rollback", "begin", "begin_nested"}
    ]

    assert wrong == []


# Reasons stand beside the number: what is longer wants a second thought.
LONG_FILES: dict[str, str] = {
    "embedded": "one thing only, the embedded server's life; its parts are used nowhere else",
    "cli": "each command is a few lines; splitting would hide which there are",
}
LONG_FUNCTIONS: dict[str, str] = {}


def test_no_file_is_where_everything_lands() -> None:
    long = {
        module: lines
        for module in modules()
        if (lines := len(_file_of(module).read_text().splitlines())) > 400 and module not in LONG_FILES
    }

    assert long == {}


def test_no_function_is_longer_than_a_look() -> None:
    long = {
        f"{module}.{node.name}": length
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > 45
        and f"{module}.{node.name}" not in LONG_FUNCTIONS
    }

    assert long == {}


def test_no_room_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "helpers", "manager", "common", "misc", "base"}

    assert [module for module in modules() if drawers & set(module.split("."))] == []


def test_every_public_name_says_what_it_is_for() -> None:
    silent = [
        f"{module}.{node.name}"
        for module, tree in modules().items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]

    assert silent == []


def _file_of(module: str) -> Path:
    if module == "bas_service":
        return HOUSE / "__init__.py"
    path = HOUSE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
