"""Answers for people: a table of verdicts, and under it the story of each that is not as expected.

Models text in the width of the terminal; colours only where it has them.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kcore.machine import Outcome
from kcore.verify.answer import Answer, Report, tally

STYLES = {Outcome.HOLDS: "green", Outcome.VIOLATED: "red", Outcome.BOUNDED: "yellow", Outcome.NOT_FOUND: "yellow"}


def print_reports(console: Console, reports: Sequence[Report]) -> None:
    """Print each report, and a line that counts the answers."""
    for report in reports:
        console.print(Text(report.title, style="bold"))
        console.print(_table(report))
        for answer in report.answers:
            if answer.failed or answer.story:
                _told(console, answer)
    console.print(tally(reports))


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("verdict", "object", "question", "covered"):
        table.add_column(column, no_wrap=column == "verdict", overflow="fold")
    for answer in report.answers:
        words = answer.words if not answer.failed or answer.outcome is Outcome.VIOLATED else f"{answer.words} (!)"
        style = "dim" if answer.outcome is None else STYLES[answer.outcome]
        covered = answer.why if answer.outcome is None else answer.covered
        table.add_row(Text(words, style=style), Text(answer.about), Text(answer.sentence), Text(covered, style="dim"))
    return table


def _told(console: Console, answer: Answer) -> None:
    """Print the story of an answer, and what would mend it."""
    style = "dim" if answer.outcome is None else STYLES[answer.outcome]
    heading = f"{answer.words}: {answer.about}{' ' if answer.about else ''}{answer.sentence}"
    console.print()
    console.print(Text(heading, style=style))
    if answer.expected is not None and answer.failed and answer.expected is not Outcome.HOLDS:
        console.print(Text(f"  expected: {answer.expected.value}"))
    if answer.why:
        console.print(Text(f"  {answer.why}"))
    for line in answer.story:
        console.print(Text(f"    {line}"))
    if answer.mends:
        console.print(Text(f"  mend: {'; '.join(answer.mends)}"))
