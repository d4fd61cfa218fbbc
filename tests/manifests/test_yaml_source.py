"""Reading YAML: documents, aliases, lines, and what is refused."""

from __future__ import annotations

from textwrap import dedent

import pytest

from kcore.errors import InputError
from kcore.manifests.documents import read_documents
from kcore.manifests.yaml_source import MOST_NESTED, read_yaml


def _read(text: str) -> list:
    return [document.value for document in read_yaml(dedent(text), "f.yaml")]


def test_documents_are_read_in_turn():
    """Empty documents, comments and nulls between documents are passed over."""
    assert _read("---\n# nothing\n---\na: 1\n---\n---\nnull\n---\nb: [yes, 'yes']\n...\n") == [
        {"a": 1},
        {"b": [True, "yes"]},
    ]


def test_aliases_are_values_of_their_own():
    """What an alias stands for is equal to its anchor and shares nothing with it."""
    (value,) = _read("a: &x {k: [1]}\nb: *x\n")
    value["b"]["k"].append(2)

    assert value == {"a": {"k": [1]}, "b": {"k": [1, 2]}}


@pytest.mark.parametrize(
    ("text", "merged"),
    [
        pytest.param("a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}", {"k": 3, "l": 2}, id="what is written wins"),
        pytest.param("a: &x {k: 1}\nb: {k: 3, <<: *x}", {"k": 3}, id="also when written first"),
        pytest.param(
            "a: &x {k: 1}\nc: &y {k: 2, l: 2}\nb: {<<: [*x, *y]}", {"k": 1, "l": 2}, id="the first of many wins"
        ),
        pytest.param("b: {<<: {k: 1}}", {"k": 1}, id="without an alias"),
        pytest.param("b: {'<<': 1}", {"<<": 1}, id="quoted it is a key"),
    ],
)
def test_merge_keys_bring_in_what_is_not_there(text, merged):
    """`<<` adds the entries of one map or several."""
    assert _read(text)[0]["b"] == merged


def test_keys_are_strings():
    """Numbers and booleans as keys are written out."""
    assert _read("1: a\nyes: b\n0x10: c\n1.5: d\n") == [{"1": "a", "true": "b", "16": "c", "1.5": "d"}]


def test_values_have_lines():
    """A value has the line of its key, an item of a list its own; what was merged has the line where it is written."""
    text = """\
        x: &x
          k: 1
        a:
          - b:
              c: 2
          - <<: *x
        """
    (document,) = read_yaml(dedent(text))

    assert document.lines.line == 1
    assert document.lines.of(("a",)) == 3
    assert document.lines.of(("a", 0, "b", "c")) == 5
    assert document.lines.of(("a", 1)) == 6
    assert document.lines.of(("a", 1, "k")) == 2
    assert document.lines.of(("a", 0, "b", "absent", 5)) == 4


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", 3, 'the key "a" is given twice, first in line 1', id="a key twice"),
        pytest.param("1: a\n'1': b\n", 2, 'the key "1" is given twice', id="a key twice once it is a string"),
        pytest.param("a:\n\tb: 1\n", 2, "indented with spaces", id="a tab"),
        pytest.param("a: {{ .Values.a }}\n", 1, "a template has to be rendered", id="a template"),
        pytest.param("a: 1\n--- \n- a\n", 3, "the document is a list", id="a list"),
        pytest.param("just words\n", 1, "the document is a single value", id="words"),
        pytest.param("a: 'x\nb: 1\n", 3, "began in line 1", id="a quote that never ends"),
        pytest.param("a:\n  - .nan\n", 2, "no place in JSON", id="not a number"),
        pytest.param("a: 1\n~: 2\n", 2, "null can't be a key", id="null as a key"),
        pytest.param("? [a]\n: 1\n", 1, "a list can't be a key", id="a list as a key"),
        pytest.param("a: &x\n  b: *x\n", 2, "stands before the end of its anchor", id="a value inside itself"),
        pytest.param("a: *x\n", 1, "or has none", id="an alias of nothing"),
        pytest.param("a: 1\n<<: 5\n", 2, "merges something that is not a map", id="a number merged"),
        pytest.param("a: \x07\n", 1, "control characters", id="a control character"),
        pytest.param("a: [b\n", 2, "not YAML", id="a list that never ends"),
        pytest.param("a: !!int b\n", 1, "not of the tag !!int", id="a tag that does not fit"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, line, says):
    """Each fault is one error with file and line."""
    with pytest.raises(InputError, match=says) as caught:
        _read(text)

    assert (caught.value.place.file, caught.value.place.line) == ("f.yaml", line)
    assert "\n" not in str(caught.value)


def test_aliases_can_not_multiply():
    """A few lines that stand for billions of values are refused before they are built."""
    levels = [f"x{level}: &x{level} [{', '.join([f'*x{level - 1}'] * 10)}]" for level in range(1, 10)]

    with pytest.raises(InputError, match="multiply to more than 100,000"):
        _read("\n".join(["x0: &x0 [1]", *levels]))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: " + "[" * 100_000, id="brackets"),
        pytest.param("a:\n" + "- " * 100_000, id="dashes"),
        pytest.param("".join(" " * depth + "a:\n" for depth in range(1000)), id="indentation"),
    ],
)
def test_nesting_is_bounded(text):
    """Values nested without end are refused at a fixed depth."""
    with pytest.raises(InputError, match=f"more than {MOST_NESTED} deep"):
        _read(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 10_000_000, id="one word"),
        pytest.param("lorem ipsum\n" * 800_000, id="prose"),
        pytest.param("- a\n" * 2_500_000, id="a list"),
        pytest.param("a: b\n" * 2_000_000, id="one key again and again"),
        pytest.param('a: "' + "x" * 10_000_000, id="a quote that never ends"),
        pytest.param("%" * 10_000_000, id="directives"),
    ],
)
def test_megabytes_of_nonsense_are_one_error(text):
    """What is no manifest is refused where it first shows, however much there is of it."""
    with pytest.raises(InputError):
        _read(text)


def test_letters_are_letters_in_spec_files_and_booleans_in_manifests():
    """A plain y is true to kubectl and the letter y in a scenario."""
    spec, manifest = (
        read_documents(f"apiVersion: {group}\nkind: X\nmetadata: {{name: a}}\ndata: {{x: y}}\n")[0].wire["data"]
        for group in ("kcore/v1", "v1")
    )

    assert spec == {"x": "y"}
    assert manifest == {"x": True}
