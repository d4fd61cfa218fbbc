"""Answers for machines: JSON, JUnit XML and SARIF.

Models what each reader needs: a CI server one test case a question, a code host one result a finding with its file and
line, a program everything.

Upstream: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from kcore import __version__
from kcore.verify.answer import Answer, Report
from kcore.verify.tracefile import trace_lines


def as_json(reports: Sequence[Report]) -> str:
    """Return one JSON object with all answers."""
    whole = {
        "reports": [
            {"title": one.title, "failed": one.failed, "answers": [_answer(answer) for answer in one.answers]}
            for one in reports
        ]
    }
    return json.dumps(whole, indent=2, ensure_ascii=False)


def as_junit(reports: Sequence[Report]) -> str:
    """Return a JUnit document: a suite for each report, a case for each answer."""
    root = ET.Element("testsuites")
    for report in reports:
        failures = sum(one.failed for one in report.answers)
        skipped = sum(one.outcome is None for one in report.answers)
        counts = {"tests": len(report.answers), "failures": failures, "skipped": skipped}
        attributes = {"name": report.title, **{name: str(count) for name, count in counts.items()}}
        suite = ET.SubElement(root, "testsuite", attributes)
        for answer in report.answers:
            case = ET.SubElement(suite, "testcase", classname=answer.rule, name=_sentence(answer))
            if answer.outcome is None:
                ET.SubElement(case, "skipped", message=answer.why)
            elif answer.failed:
                ET.SubElement(case, "failure", message=f"{answer.words}: {answer.why}").text = _text(answer)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def as_sarif(reports: Sequence[Report]) -> str:
    """Return a SARIF 2.1.0 log with a result for each answer that is not as expected."""
    failed = [answer for report in reports for answer in report.answers if answer.failed]
    rules = {answer.rule: answer.sentence for answer in failed}
    driver = {
        "name": "kcore",
        "version": __version__,
        "rules": [{"id": name, "shortDescription": {"text": rules[name]}} for name in sorted(rules)],
    }
    run = {"tool": {"driver": driver}, "results": [_result(answer) for answer in failed]}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _result(answer: Answer) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": answer.rule,
        "level": "error",
        "message": {"text": f"{_sentence(answer)}: {answer.words}\n{_text(answer)}"},
    }
    if answer.place.file:
        physical: dict[str, Any] = {"artifactLocation": {"uri": answer.place.file}}
        if answer.place.line:
            physical["region"] = {"startLine": answer.place.line}
        result["locations"] = [{"physicalLocation": physical}]
    return result


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "rule": answer.rule,
        "sentence": answer.sentence,
        "about": answer.about,
        "verdict": answer.words,
        "expected": answer.expected.value if answer.expected else None,
        "failed": answer.failed,
        "covered": answer.covered,
        "why": answer.why,
        "story": list(answer.story),
        "mends": list(answer.mends),
        "file": answer.place.file,
        "line": answer.place.line,
        "trace": None if answer.trace is None else [json.loads(line) for line in trace_lines(answer.trace)],
    }


def _sentence(answer: Answer) -> str:
    return f"{answer.about} {answer.sentence}".strip()


def _text(answer: Answer) -> str:
    mends = [f"mend: {one}" for one in answer.mends]
    return "\n".join([*([answer.why] if answer.why else []), *answer.story, *mends])


FORMATS: Mapping[str, Callable[[Sequence[Report]], str]] = {"json": as_json, "junit": as_junit, "sarif": as_sarif}
"""The outputs that are not for people, by name."""
