"""Label and field selectors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.meta.labelselector import LabelSelector, LabelSelectorRequirement
from kcore.api.selectors import field, label
from kcore.api.selectors.names import label_key_problems, label_value_problems
from kcore.api.selectors.requirement import Operator, SelectorError, requirement

KEYS = ["app", "tier", "in", "notin", "x.io/a", "A_b.c"]
VALUES = ["", "web", "db", "1", "20", "007", "in", "a.b_c-d"]

keys, values = st.sampled_from(KEYS), st.sampled_from(VALUES)
label_sets = st.dictionaries(keys, values, max_size=4)


@st.composite
def requirements(draw):
    """Requirements with every operator."""
    operator = draw(st.sampled_from(Operator))
    if operator in (Operator.IN, Operator.NOT_IN):
        found = tuple(draw(st.lists(values, min_size=1, max_size=3, unique=True)))
    elif operator in (Operator.EXISTS, Operator.DOES_NOT_EXIST):
        found = ()
    elif operator in (Operator.GREATER_THAN, Operator.LESS_THAN):
        found = (draw(st.sampled_from(["1", "20", "007"])),)
    else:
        found = (draw(values),)
    return requirement(draw(keys), operator, found)


def selectors():
    """Selectors of up to four requirements, made from their texts."""
    return st.lists(requirements(), max_size=4).map(lambda found: label.parse(",".join(map(str, found))))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        pytest.param("", "", id="nothing asks for nothing"),
        pytest.param(" tier = web , app ", "app,tier=web", id="sorted by key, without blanks"),
        pytest.param("app==web", "app==web", id="a double sign stays"),
        pytest.param("!app", "!app", id="absence"),
        pytest.param("app notin (b,a,b)", "app notin (a,b)", id="values once, sorted"),
        pytest.param("in in (in,notin)", "in in (in,notin)", id="words of the grammar may be keys and values"),
        pytest.param("app in ()", "app in ()", id="an empty list is the empty value"),
        pytest.param("app in (,a)", "app in (,a)", id="an empty place is the empty value"),
        pytest.param("app in (a,)", "app in (,a)", id="behind a comma, too"),
        pytest.param("app in (a,,b)", "app in (,a,b)", id="and between two"),
        pytest.param("app in (,,,)", "app in ()", id="and among four"),
        pytest.param("app=", "app=", id="nothing behind a sign is the empty value"),
        pytest.param("app=,tier", "app=,tier", id="before a comma, too"),
        pytest.param("n>1,n<5", "n>1,n<5", id="bounds in the order given"),
        pytest.param("app\0", "app", id="a NUL ends a word"),
        pytest.param("app=web,tier\0", "app=web,tier", id="wherever it is"),
    ],
)
def test_a_selector_has_one_canonical_text(text, canonical):
    """It parses to itself."""
    assert label.parse(text).canonical == canonical
    assert label.parse(canonical) == label.parse(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(",", "found ',', expected: !, identifier", id="a lone comma"),
        pytest.param("app,", "expected: identifier after ','", id="a comma at the end"),
        pytest.param("app,,tier", "expected: identifier after ','", id="two commas"),
        pytest.param("!", "found '', expected: identifier", id="a lone mark"),
        pytest.param("!!app", "found '!', expected: identifier", id="two marks"),
        pytest.param("!app=web", "expected: ',' or 'end of string'", id="absence with a value"),
        pytest.param("app web", "found 'web', expected: in, notin, =, ==, !=, gt, lt", id="no operator"),
        pytest.param("app = =", "found '=', expected: identifier", id="a sign for a value"),
        pytest.param("app===web", "found '=', expected: identifier", id="three signs"),
        pytest.param("app in a", r"found 'a' expected: '\('", id="a list without parentheses"),
        pytest.param("app in (a", "found '', expected: ',' or", id="an open list"),
        pytest.param("app in (a b)", "found 'b', expected: ',' or", id="a list without commas"),
        pytest.param("app in (a,,)", "found '\\)', expected: ',', or identifier", id="two commas at the end of a list"),
        pytest.param("app in (=)", "found '=', expected: ',', or identifier", id="a sign in a list"),
        pytest.param("app=-x", "a valid label must be an empty string", id="a value that is none"),
        pytest.param("-app", "name part must consist of alphanumeric", id="a key that is none"),
        pytest.param("n>x", "the value must be an integer", id="a bound that is no number"),
        pytest.param("n>9223372036854775808", "the value must be an integer", id="a bound beyond 64 bits"),
        pytest.param("app=" + "v" * 64, "must be no more than 63 bytes", id="a long value"),
        pytest.param("app=é", "a valid label must", id="a letter of another script"),
    ],
)
def test_a_text_that_is_no_selector_is_refused_with_the_real_message(text, problem):
    """The message is upstream's."""
    with pytest.raises(SelectorError, match=problem):
        label.parse(text)


@pytest.mark.parametrize(
    ("text", "matching", "other"),
    [
        pytest.param("app=web", {"app": "web"}, {"app": "db"}, id="equality"),
        pytest.param("app=", {"app": ""}, {}, id="the empty value is not absence"),
        pytest.param("app!=web", {}, {"app": "web"}, id="inequality holds for what is absent"),
        pytest.param("app in (web,db)", {"app": "db"}, {}, id="one of a list"),
        pytest.param("app notin (web)", {"app": "db"}, {"app": "web"}, id="none of a list"),
        pytest.param("app", {"app": ""}, {}, id="presence"),
        pytest.param("!app", {"tier": ""}, {"app": ""}, id="absence"),
        pytest.param("n>10", {"n": "11"}, {"n": "10"}, id="more"),
        pytest.param("n<10", {"n": "-3"}, {"n": "ten"}, id="less, of numbers only"),
        pytest.param("n>1", {"n": "+2"}, {"n": "9223372036854775808"}, id="64 bits at most"),
        pytest.param("app=web,tier", {"app": "web", "tier": "1"}, {"app": "web"}, id="all of several"),
    ],
)
def test_a_selector_matches_labels_that_meet_every_requirement(text, matching, other):
    """And no others."""
    selector = label.parse(text)

    assert selector.matches(matching)
    assert not selector.matches(other)


def test_everything_nothing_and_absent_selectors():
    """An empty LabelSelector selects everything, an absent one nothing."""
    assert label.from_label_selector(None) == label.nothing()
    assert label.from_label_selector({}) == label.from_label_selector(LabelSelector()) == label.everything()
    assert label.everything().empty
    assert label.everything().matches({})
    assert not label.nothing().empty
    assert not label.nothing().matches({})
    assert label.from_set({}) == label.everything()


def test_an_object_and_its_json_make_the_same_selector():
    """Requirements of both kinds are sorted together."""
    typed = LabelSelector(
        match_labels={"tier": "web"},
        match_expressions=(LabelSelectorRequirement(key="app", operator="In", values=("b", "a")),),
    )
    wire = {
        "matchLabels": {"tier": "web"},
        "matchExpressions": [{"key": "app", "operator": "In", "values": ["b", "a"]}],
    }

    assert label.from_label_selector(wire) == label.from_label_selector(typed) == label.parse("app in (a,b),tier=web")
    assert label.from_set({"b": "2", "a": "1"}) == label.parse("a=1,b=2")


@pytest.mark.parametrize(
    ("wire", "problem"),
    [
        pytest.param({"matchLabels": {"a": "-"}}, "a valid label must", id="a value that is none"),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]},
            '"Gt" is not a valid',
            id="an order",
        ),
        pytest.param({"matchExpressions": [{"key": "a", "operator": "In"}]}, "can't be empty", id="no values"),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["1"]}]}, "must be empty", id="values"
        ),
        pytest.param(
            {"matchExpressions": [{"key": "/a", "operator": "Exists"}]}, "prefix part must be non-empty", id="a prefix"
        ),
    ],
)
def test_an_object_that_is_no_selector_is_refused(wire, problem):
    """The message is upstream's."""
    with pytest.raises(SelectorError, match=problem):
        label.from_label_selector(wire)


@pytest.mark.parametrize(
    ("key", "problems"),
    [
        pytest.param("app", 0, id="a name"),
        pytest.param("example.com/app", 0, id="a name with a prefix"),
        pytest.param("", 2, id="nothing"),
        pytest.param("Example.com/app", 1, id="a prefix with a capital"),
        pytest.param("/app", 1, id="an empty prefix"),
        pytest.param("a/b/c", 1, id="two strokes"),
        pytest.param("a" * 64, 1, id="64 letters"),
        pytest.param("a" * 254 + "/" + "b-", 2, id="a long prefix and a bad name"),
        pytest.param("é" * 32, 2, id="bytes are counted, not letters"),
    ],
)
def test_a_label_key_is_a_qualified_name(key, problems):
    """A name, and perhaps a DNS subdomain before it."""
    assert len(label_key_problems(key)) == problems


def test_a_label_value_is_empty_or_a_name():
    """Of 63 bytes at most."""
    assert label_value_problems("") == label_value_problems("a" * 63) == ()
    assert len(label_value_problems("-" * 64)) == 2


@given(selectors())
def test_the_canonical_text_parses_to_the_same_selector(selector):
    """Whatever the requirements."""
    assert label.parse(selector.canonical) == selector


@given(selectors(), label_sets)
def test_what_matches_has_the_labels_that_an_index_would_ask_for(selector, labels):
    """So that an index on them loses nothing."""
    if selector.matches(labels):
        assert set(selector.equalities()) <= set(labels.items())


@given(selectors(), selectors(), label_sets)
def test_a_comma_means_and(left, right, labels):
    """Two selectors side by side match what both match."""
    both = label.parse(",".join(filter(None, [left.canonical, right.canonical])))

    assert both.matches(labels) == (left.matches(labels) and right.matches(labels))


@given(keys, st.lists(values, min_size=1, max_size=3, unique=True), label_sets)
def test_an_operator_and_its_negation_never_agree(key, found, labels):
    """Every set of labels meets exactly one of the two."""
    for operator, negation, items in [
        (Operator.IN, Operator.NOT_IN, tuple(found)),
        (Operator.EQUALS, Operator.NOT_EQUALS, (found[0],)),
        (Operator.EXISTS, Operator.DOES_NOT_EXIST, ()),
    ]:
        assert requirement(key, operator, items).matches(labels) != requirement(key, negation, items).matches(labels)


@given(st.text(alphabet="ab=!(),<> \t\0in", max_size=12))
def test_any_text_is_a_selector_or_a_selector_error(text):
    """Nothing else comes out."""
    try:
        selector = label.parse(text)
    except SelectorError:
        return
    assert label.parse(selector.canonical) == selector


@pytest.mark.parametrize(
    ("text", "canonical", "matching", "other"),
    [
        pytest.param("", "", {}, None, id="nothing asks for nothing"),
        pytest.param("metadata.name=web", "metadata.name=web", {"metadata.name": "web"}, {}, id="equality"),
        pytest.param("a==1,b!=2,", "a=1,b!=2", {"a": "1"}, {"a": "1", "b": "2"}, id="all of several, sorted"),
        pytest.param("spec.nodeName=", "spec.nodeName=", {}, {"spec.nodeName": "n"}, id="an absent field is empty"),
        pytest.param(r"a=x\,y\=z\\", r"a=x\,y\=z\\", {"a": r"x,y=z" + "\\"}, {"a": "x"}, id="escapes"),
    ],
)
def test_a_field_selector_matches_fields(text, canonical, matching, other):
    """Texts by path."""
    selector = field.parse(text)

    assert selector.canonical == canonical
    assert selector.matches(matching)
    assert other is None or not selector.matches(other)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("name", "can't understand 'name'", id="no operator"),
        pytest.param(r"a=x\y", r"invalid escape sequence: \\y", id="an escape of a plain letter"),
        pytest.param("a=x\\", r"invalid escape sequence: \\", id="an escape of nothing"),
        pytest.param("a=b=c", "unescaped character in value: 61", id="a sign that is not escaped"),
    ],
)
def test_a_text_that_is_no_field_selector_is_refused(text, problem):
    """The message is upstream's."""
    with pytest.raises(SelectorError, match=problem):
        field.parse(text)


@given(st.dictionaries(st.sampled_from(["a", "b.c", "d"]), st.text(alphabet="xy\\,=!", max_size=5), max_size=3))
def test_any_field_value_can_be_selected(fields):
    """Escaping and parsing undo each other."""
    terms = [field.FieldRequirement(field=name, equal=True, value=value) for name, value in fields.items()]
    selector = field.parse(",".join(map(str, terms)))

    assert dict(selector.equalities()) == fields
    assert selector.matches(fields)
