"""A rule: one thing that can happen to a state, as a frozen record of pure functions.

A rule says when its event applies (`guard`), what it does (`effect`), which of its events are worth trying in a
state (`choices`, finite and ordered) and whether a fair run may put them off for ever (`fairness`).

Does not model time: a rule that has to wait reads a clock that is part of the state.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import attrs

from kcore.machine.errors import RuleError
from kcore.machine.note import Step
from kcore.machine.refusal import Refusal

S = TypeVar("S")
E = TypeVar("E")

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


class Fairness(enum.Enum):
    """What a fair run owes to each single event of a rule.

    NONE: nothing. WEAK: an event that stays enabled for ever happens. STRONG: an event that is enabled again and
    again happens.
    """

    NONE = "none"
    WEAK = "weak"
    STRONG = "strong"


def _check_name(_rule: object, _attribute: object, name: str) -> None:
    """Refuse a name that is not `area.verb_noun`."""
    if not _NAME.fullmatch(name):
        raise RuleError(f"rule {name!r}: a rule's name is of the form area.verb_noun")


@attrs.frozen(kw_only=True)
class Rule(Generic[S, E]):
    """One rule; `name` is "area.verb_noun", `event` is the class of the events it answers, `upstream` a link.

    `guard(state, event)` returns None where the event applies and else a `Refusal` carrying this rule's name.
    `effect(state, event)` returns a `Step`, and is only called where the guard returned None.
    `choices(state)` returns the events to try, in a fixed order; the guard has the last word on each.
    """

    name: str = attrs.field(validator=_check_name)
    event: type[E]
    guard: Callable[[S, E], Refusal | None]
    effect: Callable[[S, E], Step[S]]
    choices: Callable[[S], Sequence[E]]
    fairness: Fairness = Fairness.NONE
    upstream: str = ""

    def __attrs_post_init__(self) -> None:
        """Refuse parts of the wrong type at once, by the rule's name."""
        if not isinstance(self.event, type):
            raise RuleError(f"rule {self.name}: event must be a class, got {self.event!r}")
        for part in ("guard", "effect", "choices"):
            if not callable(getattr(self, part)):
                raise RuleError(f"rule {self.name}: {part} must be a function, got {getattr(self, part)!r}")
        if not isinstance(self.fairness, Fairness):
            raise RuleError(f"rule {self.name}: fairness must be a Fairness, got {self.fairness!r}")

    def refusal(self, state: S, event: E) -> Refusal | None:
        """Return the guard's answer; raise RuleError on anything but None or a Refusal in this rule's name."""
        answer = self.guard(state, event)
        if answer is None:
            return None
        if not isinstance(answer, Refusal):
            raise RuleError(f"rule {self.name}: guard must return a Refusal or None, got {answer!r}")
        if answer.rule != self.name:
            raise RuleError(f"rule {self.name}: guard returned a refusal in the name of {answer.rule!r}")
        return answer

    def apply(self, state: S, event: E) -> Step[S]:
        """Return the effect's step; raise RuleError where it is not a Step. The guard must have agreed."""
        step = self.effect(state, event)
        if not isinstance(step, Step):
            raise RuleError(f"rule {self.name}: effect must return a Step, got {step!r}")
        return step

    def candidates(self, state: S) -> Sequence[E]:
        """Return the choices; raise RuleError where one is not of this rule's event class."""
        events = self.choices(state)
        for event in events:
            if type(event) is not self.event:
                raise RuleError(f"rule {self.name}: choices offered {event!r}, which is not a {self.event.__name__}")
        return events
