"""Answer: what a check came to, row by row, in a form that every output shares.

Models one question or property with its verdict, whether that is as expected, its story, what would mend it and the
trace that shows it.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.errors import Place
from kcore.machine import Outcome
from kcore.verify.tracefile import TraceFile

NOWHERE = Place()
"""The place of what stands in no file."""


@attrs.frozen(kw_only=True)
class Answer:
    """One row. `outcome` None: not asked, `why` says why. `expected` None: whatever comes is reported.

    `covered` says what was looked at. `rule` names the question across runs, `place` where its object was read.
    """

    rule: str
    sentence: str
    about: str = ""
    outcome: Outcome | None = None
    expected: Outcome | None = Outcome.HOLDS
    covered: str = ""
    why: str = ""
    story: tuple[str, ...] = ()
    mends: tuple[str, ...] = ()
    trace: TraceFile | None = None
    place: Place = NOWHERE

    @property
    def failed(self) -> bool:
        """Tell whether it came otherwise than expected; what is expected to hold has to hold, and nothing less."""
        return self.outcome is not None and self.expected is not None and self.outcome is not self.expected

    @property
    def words(self) -> str:
        """The verdict in words."""
        return "not asked" if self.outcome is None else self.outcome.value


@attrs.frozen(kw_only=True)
class Report:
    """The answers of one check or of one set of manifests, under a title."""

    title: str
    answers: tuple[Answer, ...]
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Tell whether an answer came otherwise than expected."""
        return any(answer.failed for answer in self.answers)


def tally(reports: Sequence[Report]) -> str:
    """Return how many answers came out how, in one line."""
    answers = [answer for report in reports for answer in report.answers]
    counts = {words: sum(one.words == words for one in answers) for words in dict.fromkeys(a.words for a in answers)}
    failed = sum(one.failed for one in answers)
    parts = ", ".join(f"{count} {words}" for words, count in counts.items())
    return f"{len(answers)} questions: {parts}; {failed} not as expected"
