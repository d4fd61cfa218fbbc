"""The table of invariants: what each record says, and that the table is whole."""

from __future__ import annotations

import pytest

from kcore.cluster.timing import Timing
from kcore.errors import MisuseError
from kcore.invariants import ALL_TIMINGS, Form, Invariant, law, question
from kcore.invariants.table import INVARIANTS, LAWS, QUESTIONS, by_name, laws_under
from kcore.machine import Kind, always, sometimes

ANY = "https://example.com"


def yes(_):
    return True


def record(**changes):
    """A law that is in order, but for `changes`."""
    given = {
        "name": "a-law",
        "sentence": "It holds.",
        "form": Form.LAW,
        "property": always("a-law", yes),
        "witness": sometimes("a witness", yes),
        "timings": ALL_TIMINGS,
        "upstream": ANY,
    }
    return Invariant(**{**given, **changes})


@pytest.mark.parametrize("each", [pytest.param(one, id=one.name) for one in INVARIANTS.values()])
def test_each_invariant_says_what_it_is(each):
    """A sentence with a full stop, a link, a witness of another name, and timings if it is a law."""
    assert each.sentence[0].isupper()
    assert each.sentence.endswith(".")
    assert each.upstream.startswith("https://")
    assert each.witness.name != each.property.name
    assert bool(each.timings) is (each.form is Form.LAW)


def test_the_table_holds_laws_and_questions_by_name():
    """Nothing is missing, and nothing is both."""
    assert {one.name for one in (*LAWS, *QUESTIONS)} == set(INVARIANTS)
    assert len(LAWS) + len(QUESTIONS) == len(INVARIANTS)
    assert all(INVARIANTS[name].name == name for name in INVARIANTS)


def test_a_law_that_names_fewer_timings_says_why():
    """Whoever reads of a law that lag breaks learns what breaks it."""
    assert [one.name for one in LAWS if one.timings != ALL_TIMINGS and not one.assumes] == []


def test_fewer_laws_hold_under_wilder_timings():
    """What holds whatever happens holds when little does."""
    counts = [len(laws_under(timing)) for timing in Timing]

    assert counts == sorted(counts, reverse=True)
    assert counts[0] == len(LAWS)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"name": "A law"}, "words of a to z", id="a name of capitals and spaces"),
        pytest.param({"name": "another"}, "its property is named 'a-law'", id="a property of another name"),
        pytest.param({"witness": always("w", yes)}, "a witness is a `sometimes`", id="a witness that is a law"),
        pytest.param({"timings": frozenset()}, "a law names the timings", id="a law of no timing"),
        pytest.param({"form": Form.QUESTION}, "a question none", id="a question of some timing"),
    ],
)
def test_a_record_that_can_not_be_meant_is_refused(changes, why):
    """At once, and by its name."""
    with pytest.raises(MisuseError, match=why):
        record(**changes)


def test_a_name_is_given_once():
    """Two invariants of one name can't be told apart."""
    with pytest.raises(MisuseError, match="a-law: this name is given twice"):
        by_name((record(), record()))


def test_laws_and_questions_are_made_from_predicates():
    """A law is an `always`; a question may be any property of its name."""
    given = {"upstream": ANY}

    assert law("a-law", "It holds.", yes, yes, **given).property.kind is Kind.ALWAYS
    assert question("asked", "Does it?", yes, yes, **given).property.kind is Kind.ALWAYS
    assert question("asked", "Does it?", sometimes("asked", yes), yes, **given).property.kind is Kind.SOMETIMES
