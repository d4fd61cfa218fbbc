"""What holds for every test: examples in the docs are tests, no test is judged by the clock, figures are shown.

Models nothing of kcore. Under CI a property test draws the same examples in each run, so that a red run can be had
again; elsewhere it draws new ones. A test that measures something hands it to `record_property`, and the run ends with
the list. What tests share is imported by its full name, as `tests.machine.models`; kcore itself is the one that is
installed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import settings
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

if TYPE_CHECKING:
    import pytest

sys.path.append(str(Path(__file__).parent))

settings.register_profile("kcore", settings(), deadline=None)
settings.register_profile("ci", settings.get_profile("kcore"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "kcore")

pytest_collect_file = Sybil(parsers=[PythonCodeBlockParser(), SkipParser()], patterns=["*.md"]).pytest()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that passed tests recorded, a line each."""
    figures = [figure for report in terminalreporter.getreports("passed") for figure in report.user_properties]
    if figures:
        terminalreporter.section("figures")
    for name, value in sorted(figures, key=str):
        terminalreporter.write_line(f"{name}: {value}")
