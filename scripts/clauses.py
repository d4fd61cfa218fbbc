"""Clauses: what specs/<group>/<kind>/behaviour.yaml says, as values. The format is told in specs/README.md.

Reads and checks the form only; whether the rules, tests and scenarios that a clause names exist is for a test to say.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import attrs
import yaml

SPECS = Path(__file__).parent.parent / "specs"
STATUSES = ("modelled", "simplified", "absent")
HEADER = {"apiVersion": "kcore/v1", "kind": "Behaviour"}
UPSTREAM = re.compile(r"https://(github\.com/kubernetes/|kubernetes\.io/)\S+")


@attrs.frozen(kw_only=True)
class Clause:
    """One promise; the fields are those of the file."""

    id: str
    must: str
    upstream: str
    status: str
    rules: tuple[str, ...] = ()
    property: str = ""
    scenarios: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    simplification: str = ""


@attrs.frozen(kw_only=True)
class Behaviour:
    """The clauses of one folder, such as "apps/deployment"."""

    folder: str
    about: str
    clauses: tuple[Clause, ...]


def read_behaviours(specs: Path = SPECS) -> tuple[Behaviour, ...]:
    """Return every behaviour.yaml below `specs`, sorted by folder; ValueError when one does not keep the form."""
    return tuple(_behaviour(path, path.parent.relative_to(specs).as_posix()) for path in sorted(_files(specs)))


def _files(specs: Path) -> list[Path]:
    return list(specs.rglob("behaviour.yaml"))


def _behaviour(path: Path, folder: str) -> Behaviour:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if {key: content.get(key) for key in HEADER} != HEADER or set(content) != {*HEADER, "about", "clauses"}:
        raise ValueError(f"{folder}: expected apiVersion, kind, about and clauses")
    clauses = tuple(_clause(folder, given) for given in content["clauses"])
    ids = [clause.id for clause in clauses]
    if len(set(ids)) < len(ids):
        raise ValueError(f"{folder}: two clauses have one id")
    return Behaviour(folder=folder, about=content["about"], clauses=clauses)


def _clause(folder: str, given: dict[str, Any]) -> Clause:
    unknown = given.keys() - attrs.fields_dict(Clause).keys()
    if unknown:
        raise ValueError(f"{folder}: {given.get('id')}: unknown {', '.join(sorted(unknown))}")
    clause = Clause(**{key: tuple(value) if isinstance(value, list) else value for key, value in given.items()})
    for wrong in _faults(clause):
        raise ValueError(f"{folder}: {clause.id}: {wrong}")
    return clause


def _faults(clause: Clause) -> list[str]:
    """Return what is wrong with the form of a clause."""
    shown = bool(clause.tests or clause.scenarios)
    checks = {
        "id is words joined by dashes": re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", clause.id),
        "must is one sentence with MUST": re.search(r"\bMUST\b.*\.$", clause.must) and "\n" not in clause.must,
        "upstream is a link to Kubernetes": UPSTREAM.fullmatch(clause.upstream),
        f"status is one of {', '.join(STATUSES)}": clause.status in STATUSES,
        "a simplified clause says how, no other does": bool(clause.simplification) == (clause.status == "simplified"),
        "a clause is shown by a test or a scenario, unless it is absent": shown == (clause.status != "absent"),
        "an absent clause has no rules": not (clause.rules and clause.status == "absent"),
    }
    return [rule for rule, holds in checks.items() if not holds]
