"""Writing: what is written reads back as the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.errors import MisuseError
from kcore.manifests import load_text, to_json, to_yaml
from kcore.manifests.yaml_source import read_yaml

texts = st.text(st.characters(exclude_categories=["Cs"])) | st.from_regex(r"[-+.0-9_oxbeEynYN~<=:{}\[\]#&*!|>'\"% \n]*")
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4))
maps = st.dictionaries(texts, values, max_size=5)


def _config(data) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}


@given(st.lists(maps, min_size=1, max_size=3))
def test_any_json_survives_yaml(objects):
    """Whatever JSON can hold is read back equal after it was written as YAML."""
    assert [document.value for document in read_yaml(to_yaml(objects))] == objects


@given(st.lists(st.dictionaries(texts, texts, max_size=5).map(_config), min_size=1, max_size=3))
def test_objects_survive_both_forms(objects):
    """Objects that are loaded, written and loaded again are the same, as YAML and as JSON."""
    assert load_text(to_yaml(objects)).objects == objects
    assert load_text(to_json(objects)).objects == objects


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "no",
        "on",
        "y",
        "0644",
        "0o17",
        "1e3",
        "1_000",
        "12:30:45",
        "2001-01-01",
        "~",
        "null",
        "",
        ".inf",
        "<<",
        "=",
    ],
)
def test_a_string_that_looks_like_something_else_is_quoted(text):
    """A string stays a string, for kubectl and for readers of YAML 1.2."""
    (line,) = [line for line in to_yaml([_config({"key": text})]).splitlines() if "key" in line]

    assert line in (f'  key: "{text}"', f"  key: '{text}'")


def test_yaml_is_laid_out_as_people_know_it():
    """apiVersion, kind and metadata come first, status last, in block style; a text of several lines stays one."""
    live = {
        "status": {},
        "data": {"a": "one\ntwo\n", "b": [1, {"c": True}]},
        "metadata": {"name": "x"},
        "kind": "K",
        "apiVersion": "v1",
    }

    assert to_yaml([live]) == (
        "apiVersion: v1\nkind: K\nmetadata:\n  name: x\n"
        "data:\n  a: |\n    one\n    two\n  b:\n  - 1\n  - c: true\nstatus: {}\n"
    )


def test_many_objects_are_documents_or_a_list():
    """Several objects are separate documents in YAML and a List in JSON; one is itself in either."""
    objects = [_config({}), _config({"a": "b"})]

    assert to_yaml(objects).count("---\n") == 2
    assert "---" not in to_yaml(objects[:1])
    assert json.loads(to_json(objects)) == {"apiVersion": "v1", "kind": "List", "items": objects}
    assert json.loads(to_json(objects[:1])) == objects[0]


def test_values_used_twice_are_written_twice():
    """No anchors are written: each place has its own text."""
    shared = {"a": "b"}

    assert "&" not in to_yaml([{"x": shared, "y": shared}])


@pytest.mark.parametrize("write", [to_yaml, to_json])
def test_numbers_that_json_lacks_are_misuse(write):
    """Infinity can't be written."""
    with pytest.raises(MisuseError):
        write([{"a": float("inf")}])
