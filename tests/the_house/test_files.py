"""What lies where, how long it is, what is named how, and that nothing in it belongs to a real person."""

import ast
import configparser
import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.the_house.sources import PACKAGE, ROOT, imported_names, trees

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 40

LONG_FILES = {
    # One wheel's every trait, kept out of the rest of the house: another wheel would replace this file as a whole.
    "bas_service/embedded.py",
}
LONG_FUNCTIONS = {
    # Eleven lines are options of the command line.
    "bas_service/cli.py: user_add",
}
# A name that says nothing collects everything.
NAMES_OF_NOTHING = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "base", "shared"}

TOP_LEVEL = {
    *("bas_service", "migrations", "tests", "mobile_api_spec"),
    *("setup.cfg", "README.md", "pyproject.toml"),
}

# The numbering plan itself is what these are about: digits that count up, examples of other countries' plans.
ABOUT_NUMBERS = {"tests/messaging/test_phone_numbers.py"}
# "example" is kept free for the purpose (RFC 2606) under .com and .org and by itself; under .lv by custom. The other
# one is a name with letters that only Latvian has.
INVENTED_DOMAINS = re.compile(r"(?:[\w-]+\.)*(?:example\.(?:com|org|lv|co\.lv)|example|bērni\.lv)", re.IGNORECASE)


@cache
def files() -> dict[str, Path]:
    """Every file of the project by its path, without what .gitignore leaves out."""
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line]
    return {
        "/".join(parts): file
        for file in sorted(ROOT.rglob("*"))
        for parts in [file.relative_to(ROOT).parts]
        if file.is_file() and parts[0] != ".git" and not any(fnmatch(part, one) for part in parts for one in ignored)
    }


def python_files() -> dict[str, Path]:
    """Those in Python."""
    return {name: file for name, file in files().items() if name.endswith(".py")}


def functions_of(file: Path) -> Iterator[tuple[str, int]]:
    """Every function and its length in lines, decorators included."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            yield node.name, (node.end_lineno or first) - first + 1


def is_the_service(name: str) -> bool:
    """A test may tell a long story, and a migration is one statement."""
    return name.startswith("bas_service/")


def test_the_top_level_holds_what_it_should_and_dot_files() -> None:
    there = {name.partition("/")[0] for name in files()}

    assert {name for name in there if not name.startswith(".")} == TOP_LEVEL


def test_no_file_of_the_service_is_longer_than_one_can_keep_in_mind() -> None:
    long = {
        name
        for name, file in python_files().items()
        if is_the_service(name) and len(file.read_text().splitlines()) > MOST_LINES_OF_A_FILE
    }

    assert long == LONG_FILES


def test_no_function_of_the_service_is_longer_than_a_screen() -> None:
    long = {
        f"{name}: {function}"
        for name, file in python_files().items()
        if is_the_service(name)
        for function, lines in functions_of(file)
        if lines > MOST_LINES_OF_A_FUNCTION
    }

    assert long == LONG_FUNCTIONS


def test_no_module_has_a_name_that_says_nothing() -> None:
    words = {name: set(re.split(r"[/._]", name)) for name in python_files()}

    assert {name for name, parts in words.items() if parts & NAMES_OF_NOTHING} == set()


def test_every_module_and_every_public_function_and_class_says_its_duty() -> None:
    silent = {
        f"{module}: {getattr(node, 'name', 'the module')}"
        for module, tree in trees().items()
        for node in [tree, *public_definitions(tree)]
        if not ast.get_docstring(node)
    }

    assert silent == set()


def public_definitions(tree: ast.Module) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Functions, classes and methods that others may use; a library's own names for overriding do not count."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (
                    inner
                    for inner in node.body
                    if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_")
                )


def setup() -> configparser.ConfigParser:
    """setup.cfg as setuptools reads it."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def requirements() -> dict[str, tuple[str, str]]:
    """Every dependency by its name: the line itself, and the line above it."""
    section = (ROOT / "setup.cfg").read_text().split("install_requires =")[1].split("[options.package_data]")[0]
    lines = [line.strip() for line in section.splitlines()]
    return {
        re.split(r"[\[ ]", line)[0].lower(): (line, above)
        for above, line in zip(["", *lines], lines, strict=False)
        if re.match(r"[A-Za-z]", line) and not line.endswith("=")
    }


def test_every_folder_with_code_is_in_the_package_and_no_other() -> None:
    listed = set(setup()["options"]["packages"].split())
    there = {".".join(file.parent.relative_to(ROOT).parts) for file in PACKAGE.rglob("__init__.py")}

    assert listed == there | {"bas_service.migrations", "bas_service.migrations.versions"}


def test_every_dependency_has_a_reason_above_it_and_a_range() -> None:
    wrong = {
        line
        for line, above in requirements().values()
        if not above.startswith("# ") or not re.fullmatch(r"[\w.\[\]-]+ >=[\d.]+,<[\d.]+", line)
    }

    # A zone database only ever grows, and an old one tells the wrong time.
    assert wrong == {"tzdata"}


def test_every_library_that_is_imported_is_a_dependency_of_its_own() -> None:
    """One that comes with another leaves with it."""
    distributions = packages_distributions()
    imported = {name.partition(".")[0] for module in trees() for name in imported_names(module)}
    # The wheel with PostgreSQL is looked for, not imported, and is an extra.
    libraries = imported - sys.stdlib_module_names - {"bas_service"}
    named = {re.sub("[-_.]+", "-", name) for name in requirements()}

    assert {
        library
        for library in libraries
        if not {re.sub("[-_.]+", "-", one).lower() for one in distributions[library]} & named
    } == set()


def test_telephone_numbers_are_invented_ones() -> None:
    numbers = {
        (name, number)
        for name, file in files().items()
        if name not in ABOUT_NUMBERS
        for number in re.findall(r"(?:\+|00)371[ -]?(\d[\d -]{6,}\d)", text_of(file))
        if not number.replace(" ", "").replace("-", "").startswith("200")
    }

    assert numbers == set()


def test_mail_addresses_are_invented_ones() -> None:
    domains = {
        (name, domain)
        for name, file in files().items()
        for domain in re.findall(r"(?<=[^\s\"'/])@((?:[\w-]+\.)+[a-z]{2,})\b", text_of(file))
        if not INVENTED_DOMAINS.fullmatch(domain)
    }

    assert domains == set()


def test_nothing_names_a_place_on_somebodys_machine() -> None:
    # Spelled so that this file does not find itself.
    places = re.compile("/" + r"(?:work|Users|home|mnt|root)/[\w.-]{2,}")
    naming = {(name, found) for name, file in files().items() for found in places.findall(text_of(file))}

    # Where the data of an invented account would lie.
    assert naming == {("tests/test_config.py", "/" + "home/anna")}


def text_of(file: Path) -> str:
    """The file's text; nothing here is binary."""
    return file.read_text(encoding="utf-8")
