"""The repository's own shape: short files and functions, documented names, exceptions with reasons, one front door.

What a tool holds already is not repeated here: ruff holds the style, import-linter who imports whom, mypy the types.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import attrs
import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "kcore").rglob("*.py"))
SOURCES = sorted(path for folder in ("kcore", "tests", "scripts", "docs") for path in (ROOT / folder).rglob("*.py"))

MODULE_LINES = 400
FUNCTION_LINES = 50
MEDIAN_MODULE_LINES = 200
MEDIAN_FUNCTION_LINES = 15

GENERATED = {
    "kcore/api/fields/table.py": "written by a script from the published schemas, read by nobody",
    "kcore/api/timezones/table.py": "written by a script from the IANA database, read by nobody",
}

IMPURE = {"cli", "conformance", "embed", "testing", "report", "verify", "narrate", "manifests"}

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


@attrs.frozen
class Named:
    """A definition and where it stands, as `kcore/api/quantity.py:30 Quantity.parse`."""

    path: Path
    name: str
    node: Definition

    @property
    def place(self) -> str:
        return f"{_relative(self.path)}:{self.node.lineno} {self.name}"

    @property
    def lines(self) -> int:
        return (self.node.end_lineno or self.node.lineno) - self.node.lineno + 1


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(_text(path))


def _lines(path: Path) -> int:
    return len(_text(path).splitlines())


def _written() -> list[Path]:
    """The modules that people wrote."""
    return [path for path in MODULES if _relative(path) not in GENERATED]


def _definitions(path: Path, body: list[ast.stmt] | None = None, prefix: str = "") -> Iterator[Named]:
    """Every class and function of a module, methods too, but nothing that lives inside a function."""
    for node in _tree(path).body if body is None else body:
        if isinstance(node, Definition):
            yield Named(path, f"{prefix}{node.name}", node)
        if isinstance(node, ast.ClassDef):
            yield from _definitions(path, node.body, f"{prefix}{node.name}.")


def _functions() -> list[Named]:
    """Every function of the written modules, those inside functions too."""
    return [
        Named(path, node.name, node)
        for path in _written()
        for node in ast.walk(_tree(path))
        if isinstance(node, Function)
    ]


def _public(named: Named) -> bool:
    return not any(part.startswith("_") for part in named.name.split("."))


def _continues_another(named: Named) -> bool:
    """An overload or a setter: the documentation stands at the function or the property itself."""
    decorators = [ast.unparse(decorator) for decorator in named.node.decorator_list]
    return any(text == "overload" or text.endswith((".overload", ".setter", ".deleter")) for text in decorators)


@cache
def _project() -> dict:
    return tomllib.loads(_text(ROOT / "pyproject.toml"))


def _contract(name: str) -> dict:
    return next(contract for contract in _project()["tool"]["importlinter"]["contracts"] if contract["id"] == name)


def _floors() -> list[list[str]]:
    """The floors, top to bottom, each with its siblings sorted."""
    return [sorted(re.findall(r"\w+", layer)) for layer in _contract("floors")["layers"]]


def _blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", _text(path), flags=re.MULTILINE | re.DOTALL)


# Length


def test_modules_are_short():
    """A module has 400 lines at most, unless it is generated."""
    long = [f"{_relative(path)}: {_lines(path)} lines" for path in _written() if _lines(path) > MODULE_LINES]

    assert long == []


def test_functions_are_short():
    """A function has 50 lines at most."""
    long = [f"{named.place}: {named.lines} lines" for named in _functions() if named.lines > FUNCTION_LINES]

    assert long == []


def test_the_median_module_is_small(record_property):
    """Half of the modules that are more than a docstring fit on a few screens."""
    value = median(_lines(path) for path in _written() if len(_tree(path).body) > 1)
    record_property("lines of the median module", value)

    assert value <= MEDIAN_MODULE_LINES


def test_the_median_function_is_small(record_property):
    """Half of the functions are read at a glance."""
    value = median(named.lines for named in _functions())
    record_property("lines of the median function", value)

    assert value <= MEDIAN_FUNCTION_LINES


def test_a_generated_module_says_so():
    """A module that the limits pass over exists and begins by saying that it is generated."""
    silent = [name for name in GENERATED if "generated" not in (ast.get_docstring(_tree(ROOT / name)) or "").lower()]

    assert silent == []


# Documentation


def test_modules_say_what_they_are():
    """Every module opens with a docstring."""
    silent = [_relative(path) for path in [*MODULES, *SOURCES] if not ast.get_docstring(_tree(path))]

    assert silent == []


def test_public_names_are_documented():
    """Every public class, function and method has a docstring."""
    silent = [
        named.place
        for path in _written()
        for named in _definitions(path)
        if _public(named) and not _continues_another(named) and not ast.get_docstring(named.node)
    ]

    assert silent == []


def test_tests_are_sentences():
    """Every test has a docstring that ends as a sentence does."""
    silent = [
        named.place
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for named in _definitions(path)
        if named.name.split(".")[-1].startswith("test_")
        if not (ast.get_docstring(named.node) or "").endswith((".", "?", "```"))
    ]

    assert silent == []


def test_packages_are_packages():
    """Every folder with modules has an __init__.py, or import-linter would not see what is in it."""
    folders = {folder for path in MODULES for folder in path.parents if folder.is_relative_to(ROOT / "kcore")}
    silent = sorted(_relative(folder) for folder in folders if not (folder / "__init__.py").is_file())

    assert silent == []


def test_nothing_is_called_utils():
    """A module is named for what it is about."""
    vague = [_relative(path) for path in SOURCES if path.stem in {"utils", "util", "helpers", "misc", "common"}]

    assert vague == []


# Exceptions have reasons


def _suppressions() -> Iterator[tuple[str, str]]:
    """Each comment that silences a tool, with its place."""
    silencer = re.compile(r"#\s*(?:noqa|ruff:|type:\s*ignore|pragma:|pyright:|mypy:).*")
    for path in SOURCES:
        for number, line in enumerate(_text(path).splitlines(), start=1):
            if (found := silencer.search(line)) and path != Path(__file__):
                yield f"{_relative(path)}:{number}", found.group()


def test_silenced_warnings_give_their_reason():
    """`noqa: CODE - reason` and `type: ignore[code]  # reason`: nothing is silenced without saying why."""
    reasoned = re.compile(r"# (noqa: [A-Z0-9, ]+ - \S|type: ignore\[[a-z, -]+\] +# \S|ruff: noqa: [A-Z0-9, ]+ - \S)")
    silent = [f"{place} {comment}" for place, comment in _suppressions() if not reasoned.match(comment)]

    assert silent == []


def test_ruff_exceptions_give_their_reason():
    """Every rule that pyproject.toml turns off has a comment on its line."""
    section = _text(ROOT / "pyproject.toml").partition("[tool.ruff.lint]")[2].partition("[tool.importlinter]")[0]
    entries = [line for line in section.splitlines() if re.match(r'\s+"[A-Z]+[0-9]*",', line)]
    silent = [entry for entry in entries if not re.search(r"# \S", entry)]
    lint = _project()["tool"]["ruff"]["lint"]
    codes = [*lint["ignore"], *(code for codes in lint["per-file-ignores"].values() for code in codes)]

    assert silent == []
    assert len(entries) == len(codes), "one rule a line"


# The floors


def test_every_floor_is_pure_or_impure():
    """A package is under the contract of the pure floors, unless it is one of the few that meet the world."""
    pure = {name.removeprefix("*.") for name in _contract("pure")["source_modules"]}
    floors = {name for floor in _floors() for name in floor}

    assert floors - IMPURE == pure


def test_the_documented_floors_are_the_real_ones():
    """docs/floors.md shows the floors that import-linter holds."""
    table = _blocks(ROOT / "docs" / "floors.md", "text")[0]
    documented = [sorted(re.findall(r"\w+", re.split(r"\s{2,}", line)[0])) for line in table.splitlines()]

    assert documented == _floors()


# The front door


def test_the_first_command_installs_and_runs_an_example():
    """The README's first block makes a fresh environment and runs the main job on an example that exists."""
    command = _blocks(ROOT / "README.md", "sh")[0]
    example = re.search(r"kcore check (\S+)", command)

    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install -q . && ")
    assert example, command
    assert (ROOT / example.group(1)).is_file(), example.group(1)


def test_the_second_command_passes_the_tests():
    """The README's second block makes a fresh environment and runs tox, and .ci/run reads it from there."""
    command = _blocks(ROOT / "README.md", "sh")[1]

    assert command == "python3 -m venv .venv && .venv/bin/pip install -q tox && .venv/bin/tox\n"
    assert "README.md" in _text(ROOT / ".ci" / "run")


@pytest.mark.parametrize("environment", ["lint", "floors", "typing", "docs", "tests"])
def test_tox_runs_every_gate(environment):
    """A plain `tox` runs each check that a change must pass."""
    gates = re.search(r"^env_list = (.*)$", _text(ROOT / "tox.ini"), flags=re.MULTILINE)

    assert gates
    assert environment in gates.group(1).split(", ")
