"""Rules and tables: what applies is stepped, what does not is refused, and misuse is named at once."""

from __future__ import annotations

import attrs
import pytest

from kcore.machine import Fairness, Note, Refusal, Rule, RuleError, Step, Table


@attrs.frozen
class Add:
    amount: int


@attrs.frozen
class Reset:
    pass


@attrs.frozen
class Unknown:
    pass


def may_add(state: int, event: Add) -> Refusal | None:
    if state + event.amount <= 5:
        return None
    return Refusal("counter.add", "too much", would_be=state + event.amount)


ADD = Rule(
    name="counter.add",
    event=Add,
    guard=may_add,
    effect=lambda state, event: Step(state + event.amount, (Note("counter.added", amount=event.amount),)),
    choices=lambda state: [Add(1), Add(3)],
)
RESET = Rule(
    name="counter.reset",
    event=Reset,
    guard=lambda state, event: None,
    effect=lambda state, event: Step(0),
    choices=lambda state: [Reset()],
    fairness=Fairness.WEAK,
)
TABLE: Table[int, object] = Table([ADD, RESET])


def test_an_event_that_applies_is_stepped_with_its_notes():
    """A step carries the next state and what happened."""
    assert TABLE.step(1, Add(3)) == Step(4, (Note("counter.added", amount=3),))


def test_an_event_that_does_not_apply_is_refused_with_a_reason():
    """A refusal names its rule, its reason and the details, and prints as one line."""
    refusal = TABLE.step(4, Add(3))

    assert refusal == Refusal("counter.add", "too much", would_be=7)
    assert str(refusal) == "counter.add: too much (would_be=7)"


def test_enabled_events_come_in_the_order_of_the_table():
    """Rules first, then each rule's choices, without those that are refused."""
    assert TABLE.enabled(1) == (Add(1), Add(3), Reset())
    assert TABLE.enabled(4) == (Add(1), Reset())
    assert [event for event, _step in TABLE.steps(4)] == list(TABLE.enabled(4))


def test_notes_print_as_a_line():
    """A note prints its name and its fields in the order they were written."""
    assert str(Note("pod.bound", pod="web-0", node="n1")) == "pod.bound pod=web-0 node=n1"


def test_a_field_may_bear_any_name():
    """The positional arguments of notes and refusals leave every field name free."""
    assert Note("x.y", name="n").fields == (("name", "n"),)
    assert Refusal("x.y", "why", rule="r", reason="s").detail == (("rule", "r"), ("reason", "s"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"name": "add"}, "rule 'add'", id="a name without an area is refused"),
        pytest.param(
            {"event": Add(1)}, "counter.add: event must be a class", id="an event that is no class is refused"
        ),
        pytest.param(
            {"guard": True}, "counter.add: guard must be a function", id="a guard that is no function is refused"
        ),
        pytest.param({"fairness": "weak"}, "counter.add: fairness", id="a fairness in words is refused"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_at_once(change, message):
    """A rule is checked when it is made, and the error names it."""
    with pytest.raises(RuleError, match=message):
        attrs.evolve(ADD, **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            {"guard": lambda state, event: True}, "counter.add: guard must return a Refusal", id="a bool is no answer"
        ),
        pytest.param(
            {"guard": lambda state, event: Refusal("other.rule", "no")},
            "counter.add: guard returned a refusal in the name of 'other.rule'",
            id="a refusal speaks for its own rule",
        ),
        pytest.param(
            {"effect": lambda state, event: 7}, "counter.add: effect must return a Step", id="a state is no step"
        ),
    ],
)
def test_a_rule_that_answers_wrongly_is_named(change, message):
    """What a guard or an effect returns is checked at every step."""
    with pytest.raises(RuleError, match=message):
        Table([attrs.evolve(ADD, **change)]).step(0, Add(1))


def test_choices_of_another_event_are_refused():
    """A rule offers events of its own class only."""
    table = Table([attrs.evolve(ADD, choices=lambda state: [Reset()])])

    with pytest.raises(RuleError, match=r"counter.add: choices offered Reset\(\)"):
        table.enabled(0)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        pytest.param(
            [ADD, attrs.evolve(RESET, name="counter.add")], "counter.add: this name", id="a name is used once"
        ),
        pytest.param([ADD, attrs.evolve(ADD, name="counter.plus")], "Add already belongs", id="an event has one rule"),
        pytest.param([ADD, "reset"], "a table holds rules, got 'reset'", id="a table holds rules only"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(rules, message):
    """Duplicates are found when the table is made."""
    with pytest.raises(RuleError, match=message):
        Table(rules)


def test_an_event_without_a_rule_is_misuse():
    """An unknown event is an error and not a refusal."""
    with pytest.raises(RuleError, match=r"event Unknown\(\): no rule"):
        TABLE.step(0, Unknown())
