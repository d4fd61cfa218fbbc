"""Reading JSON: objects one after another, as kubectl takes them.

Models what JSON readers of the API make of numbers: one without a fraction is an integer. What is not JSON to the
letter (a key given twice, NaN, half a surrogate pair) is left to the YAML reader, which refuses it with its line or
takes it as YAML. In a large file the lines of values are not looked up.
"""

from __future__ import annotations

import json
from typing import Any

from kcore.errors import InputError
from kcore.manifests.lines import Lines
from kcore.manifests.scalars import whole
from kcore.manifests.yaml_source import MOST_NESTED, RawDocument, read_yaml

LINES_UP_TO = 1 << 20
"""The size in characters up to which the lines of a JSON file are looked up."""

_BLANK = " \t\r\n"


def read_json(text: str, file: str = "") -> list[RawDocument] | None:
    """Return the documents of `text`; None when it is not a row of JSON objects."""
    try:
        documents = _objects(text)
    except (ValueError, RecursionError):
        return None
    if len(documents) == 1 and len(text) <= LINES_UP_TO:
        return [RawDocument(documents[0].value, _lines(text, file))]
    return documents


def _lines(text: str, file: str) -> Lines:
    """Return the lines of a single object; JSON that is not YAML, such as an escaped pair of surrogates, has none."""
    try:
        return next(read_yaml(text, file)).lines
    except InputError:
        return Lines(1)


def _objects(text: str) -> list[RawDocument]:
    decoder = json.JSONDecoder(
        object_pairs_hook=_object, parse_constant=_refuse, parse_float=lambda digits: whole(float(digits))
    )
    documents: list[RawDocument] = []
    at = _skip(text, 0)
    while at < len(text):
        lines = Lines(text.count("\n", 0, at) + 1)
        value, at = decoder.raw_decode(text, at)
        if not isinstance(value, dict) or _depth(value) > MOST_NESTED:
            raise ValueError("not an object, or nested too deep")
        json.dumps(value, ensure_ascii=False).encode()
        documents.append(RawDocument(value, lines))
        at = _skip(text, at)
    return documents


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key is given twice")
    return value


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _depth(value: Any) -> int:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, items), default=0) if isinstance(value, dict | list) else 0
