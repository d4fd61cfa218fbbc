"""The pytest plugin: `Check` and `Scenario` files are tests, and the Hypothesis profiles of kcore are at hand.

Models collection: a YAML file is collected if it is given to pytest, or lies in a folder that is, and declares
`apiVersion: kcore/v1` with the kind Check or Scenario. Every other file is left to others, after one look at its text.
A Scenario passes if every answer and fact is the expected one, a Check if its verdict is. Which files are looked at is
the ini option `kcore_files`; empty, it turns collection off.

pytest loads this module at its start in every project, so it imports pytest alone; a model is built when a file of
kcore's is run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from kcore.testing.specs import Spec

PATTERNS = ("*.yaml", "*.yml")
"""The files that are looked at unless `kcore_files` says otherwise."""

PROFILES = frozenset({"dev", "ci", "nightly"})
"""The names of the profiles in `kcore.testing.profiles`."""

_VERSION = re.compile(r"^apiVersion:[ \t]*[\"']?kcore/v1[\"']?[ \t]*(#.*)?$", re.MULTILINE)
_KIND = re.compile(r"^kind:[ \t]*[\"']?(Check|Scenario)[\"']?[ \t]*(#.*)?$", re.MULTILINE)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ini option `kcore_files`."""
    about = "the files in which kcore looks for Check and Scenario documents"
    parser.addini("kcore_files", about, type="args", default=list(PATTERNS))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the profiles if one of them is asked for, before Hypothesis loads it."""
    if config.getoption("--hypothesis-profile", default=None) in PROFILES:
        from kcore.testing.profiles import register_profiles  # noqa: PLC0415 - it imports Hypothesis

        register_profiles()
    elif (chosen := os.environ.get("HYPOTHESIS_PROFILE", "")) in PROFILES:
        from kcore.testing.profiles import load_chosen  # noqa: PLC0415 - it imports Hypothesis

        load_chosen(chosen)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    """Collect a file that declares a Check or a Scenario."""
    patterns = parent.config.getini("kcore_files")
    if any(file_path.match(pattern) for pattern in patterns) and declares_spec(file_path):
        collected: pytest.File = SpecFile.from_parent(parent, path=file_path)
        return collected
    return None


def declares_spec(path: Path) -> bool:
    """Tell whether a file declares one of kcore's kinds; a file that is no text declares none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return _VERSION.search(text) is not None and _KIND.search(text) is not None


class SpecFile(pytest.File):
    """A file of Checks and Scenarios."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each document."""
        from kcore.testing.specs import read_specs  # noqa: PLC0415 - a model is imported only where it is needed

        for spec in read_specs(self.path):
            yield SpecItem.from_parent(self, name=spec.name, spec=spec)


class SpecItem(pytest.Item):
    """A Check or a Scenario as a test."""

    def __init__(self, *, spec: Spec, **kwargs: Any) -> None:
        """Keep the document."""
        super().__init__(**kwargs)
        self.spec = spec

    def runtest(self) -> None:
        """Run it; what is not as expected fails, with its story."""
        self.spec.run()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what kcore says of a document that is not as expected, or wrong; the traceback of anything else."""
        from kcore.errors import KcoreError  # noqa: PLC0415 - nothing of kcore is imported at pytest's start

        if isinstance(excinfo.value, KcoreError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the document stands."""
        return self.path, max(self.spec.line - 1, 0), f"{self.spec.kind}: {self.name}"
