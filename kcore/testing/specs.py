"""Specs as tests: what a Check or a Scenario of a file has to come to.

Models the judgement and its words. A Scenario agrees in full or fails with the answers and facts that differ; a Check
comes to the verdicts that it expects or fails with the story of each that is another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import attrs

from kcore.conformance.scenarios import compare
from kcore.errors import KcoreError
from kcore.manifests import Document
from kcore.manifests.documents import read_documents
from kcore.verify.answer import Answer
from kcore.verify.check import parse_check
from kcore.verify.judge import run_check
from kcore.verify.tracefile import trace_lines


class UnexpectedError(KcoreError):
    """A document did not come to what it expects; the text is for a person."""


@attrs.frozen(kw_only=True)
class Spec:
    """One document of a spec file."""

    document: Document
    path: Path

    @property
    def kind(self) -> str:
        """Check or Scenario."""
        return self.document.kind

    @property
    def name(self) -> str:
        """The name that its metadata say."""
        return self.document.name

    @property
    def line(self) -> int:
        """The line that it begins at."""
        return self.document.source.line

    def run(self) -> None:
        """Raise UnexpectedError where it does not come to what it expects; InputError where it can't be read."""
        RUNNERS[self.kind](self)


def read_specs(path: Path) -> list[Spec]:
    """Return the Checks and Scenarios of a file, in order; InputError when it can't be read."""
    documents = read_documents(path.read_text(encoding="utf-8"), str(path))
    return [Spec(document=document, path=path) for document in documents if _is_spec(document)]


def _is_spec(document: Document) -> bool:
    return document.api_version == "kcore/v1" and document.kind in RUNNERS


def _run_scenario(spec: Spec) -> None:
    agreement = compare(spec.path)
    if not agreement.whole:
        raise UnexpectedError("\n".join([str(agreement), *(f"  {one}" for one in agreement.differences)]))


def _run_check(spec: Spec) -> None:
    report = run_check(parse_check(spec.document.wire, spec.document.place))
    if report.failed:
        raise UnexpectedError("\n\n".join(_told(answer) for answer in report.answers if answer.failed))


def _told(answer: Answer) -> str:
    """Return an answer that is not as expected: what was asked, what came, why, and the story."""
    expected = "" if answer.expected is None else f", expected {answer.expected.value}"
    lines = [f"{answer.sentence}: {answer.words}{expected}"]
    lines += [f"  {text}" for text in (answer.covered, answer.why, *answer.story, *answer.mends) if text]
    lines += [] if answer.trace is None else list(trace_lines(answer.trace))
    return "\n".join(lines)


RUNNERS: Mapping[str, Callable[[Spec], None]] = {
    "Check": _run_check,
    "Scenario": _run_scenario,
}
