"""Reading JSON: objects in a row, numbers, and lines."""

from __future__ import annotations

import json

import pytest

from kcore.manifests import json_source
from kcore.manifests.json_source import read_json


def _values(text: str):
    documents = read_json(text)
    return None if documents is None else [document.value for document in documents]


def test_objects_follow_one_another():
    """Any number of objects make a stream, with or without blanks between them; each has its line."""
    assert _values('{"a": 1}{"b": 2}\n\n {"c": 3}\n') == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert [document.lines.line for document in read_json('{"a": 1}{"b": 2}\n\n {"c": 3}\n')] == [1, 1, 3]


def test_numbers_without_a_fraction_are_integers():
    """JSON knows one kind of number; readers of the API make integers of those that are whole."""
    assert json.dumps(_values('{"a": 1.0, "b": 1e3, "c": 1.5, "d": -0.0}')) == '[{"a": 1, "b": 1000, "c": 1.5, "d": 0}]'


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"a": 1, "a": 2}', id="a key twice"),
        pytest.param('{"a": NaN}', id="not a number"),
        pytest.param('{"a": 1', id="cut off"),
        pytest.param("{a: b}", id="YAML"),
        pytest.param('{"a": "\\ud800"}', id="half a pair of surrogates"),
        pytest.param("[]", id="a list"),
        pytest.param('{"a": ' * 2000, id="nested without end"),
        pytest.param('{"a": ' * 200 + "1" + "}" * 200, id="nested too deep"),
    ],
)
def test_what_is_not_json_is_left_to_the_yaml_reader(text):
    """Anything but a row of plain objects is not read here."""
    assert read_json(text) is None


def test_strings_are_those_of_json():
    """Escapes that YAML does not have are read, and line ends of YAML 1.1 inside strings stay what they are."""
    assert _values('{"a": "\\ud83d\\ude00\\/", "b": "x\u2028y\x85z"}') == [{"a": "\U0001f600/", "b": "x\u2028y\x85z"}]


def test_values_have_lines_in_files_of_common_size(monkeypatch):
    """The lines of values are known, but in a very large file."""
    text = '{\n"a": {\n"b": [1,\n2]}}'

    assert read_json(text)[0].lines.of(("a", "b", 1)) == 4
    monkeypatch.setattr(json_source, "LINES_UP_TO", 3)
    assert read_json(text)[0].lines.of(("a", "b", 1)) == 1
