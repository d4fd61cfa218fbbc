"""The catalogue of known failures: each Check comes to the verdict that it expects, and its trace shows it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from kcore.machine import Outcome
from kcore.manifests.documents import read_documents
from kcore.verify.check import is_check, parse_check
from kcore.verify.judge import run_check
from kcore.verify.replay import replay_trace
from kcore.verify.tracefile import parse_trace, trace_lines

SPECS = Path(__file__).parents[2] / "specs"
CHECKS = [
    pytest.param(document, id=path.relative_to(SPECS).as_posix())
    for path in sorted(SPECS.rglob("*.yaml"))
    for document in (read_documents(path.read_text(), str(path)) if path.name != "behaviour.yaml" else ())
    if is_check(document.wire)
]


@pytest.mark.parametrize("document", CHECKS)
def test_a_check_of_the_catalogue_comes_to_what_it_expects(document):
    """Its trace, where there is one, breaks the same property again, from its lines alone."""
    check = parse_check(document.wire, document.place)

    report = run_check(check)

    assert check.expect is not None
    assert [(one.rule, one.words) for one in report.answers if one.failed] == []
    for answer in report.answers:
        if answer.outcome is Outcome.VIOLATED:
            assert replay_trace(parse_trace(trace_lines(answer.trace))).culprits is not None


def test_each_failure_of_the_catalogue_has_a_twin_that_holds():
    """In the same folder, so that it can be seen what mends it."""
    folders = {}
    for parameter in CHECKS:
        document = parameter.values[0]
        folders.setdefault(Path(document.source.file).parent.name, []).append(document.wire["expect"])

    assert {name: found for name, found in folders.items() if found.count("violated") > found.count("holds")} == {}
