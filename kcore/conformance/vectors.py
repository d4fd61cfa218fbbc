"""Recorded decisions on disk: a file a component, a line a case, `{"id", "input", "expect"}`.

Models plain (`.jsonl`) and compressed (`.jsonl.gz`) files. The file's name says whose decisions they are.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from kcore.errors import InputError, Place

SUFFIXES = (".jsonl", ".jsonl.gz")


@attrs.frozen(kw_only=True)
class Case:
    """One recorded decision: what went in, what the real code made of it, and its line (from 1) in the file."""

    id: str
    input: dict[str, Any]
    expect: dict[str, Any]
    line: int


def vector_name(path: Path) -> str:
    """Return the name of a vector file without its suffix ("quantity"); InputError when it has neither suffix."""
    for suffix in SUFFIXES:
        if path.name.endswith(suffix):
            return path.name.removesuffix(suffix)
    raise InputError(
        f"{path.name} is no file of recorded decisions", expected=" or ".join(f"*{one}" for one in SUFFIXES)
    )


def read_vectors(path: Path) -> Iterator[Case]:
    """Yield the cases of a file; InputError naming file and line when it can't be read or a line is broken."""
    opener = gzip.open if path.name.endswith(".gz") else open
    line = 0
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for line, text in enumerate(lines, start=1):
                if text.strip():
                    yield _case(text, path, line)
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as problem:
        why = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
        raise InputError(f"can't be read: {why}", place=Place(file=str(path), line=line)) from None


def _case(text: str, path: Path, line: int) -> Case:
    place = Place(file=str(path), line=line)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise InputError(f"broken JSON: {problem}", place=place) from None
    if not isinstance(found, dict) or not isinstance(found.get("id"), str):
        raise InputError("no case", place=place, expected='{"id": ..., "input": ..., "expect": ...}')
    for part in ("input", "expect"):
        if not isinstance(found.get(part), dict):
            raise InputError(f"case {found['id']} has no {part}", place=place, expected="a JSON object")
    return Case(id=found["id"], input=found["input"], expect=found["expect"], line=line)
