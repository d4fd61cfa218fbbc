"""What a scenario shows of the objects, and of what was said on the way.

`object` is about one of a kind: that it `has` something, that it does not (`lacks`), or that it is `absent`. `count`
says how many of a kind there are that have something. `said` is about the notes of a step, such as why a drain failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kcore.api.convert import to_wire
from kcore.api.selectors.label import parse
from kcore.cluster.target import Target
from kcore.errors import InputError
from kcore.verify.matching import difference
from kcore.verify.moment import Moment
from kcore.verify.reader import Reader
from kcore.verify.targets import parse_target, parse_targets

Wrong = Callable[[Moment], str]


def answer_of(reader: Reader) -> Callable[[Any], str]:
    """Return what judges a thing by `has`, `lacks` and `absent`; None stands for a thing that is not there."""
    has, lacks = reader.take("has", dict, {}), reader.take("lacks", dict, {})
    absent = reader.take("absent", bool, default=False)
    if absent is bool(has or lacks):
        raise InputError("nothing can be wrong", place=reader.place(), expected="has, lacks or absent: true")

    def wrong(found: Any) -> str:
        if found is None or absent:
            return "" if absent and found is None else f"it is {'not ' if found is None else ''}there"
        unlike = difference(has, found) if has else ""
        alike = [name for name in lacks if not difference({name: lacks[name]}, found)]
        return unlike or (f"it has {alike[0]}: {lacks[alike[0]]!r}" if alike else "")

    return wrong


def _object(reader: Reader) -> Wrong:
    named = reader.child("object")
    target = parse_target(named)
    named.finish()
    wrong = answer_of(reader)

    def judged(moment: Moment) -> str:
        key = target.resolve(moment.state)
        found = None if key is None else moment.state.store.get(key)
        return wrong(None if found is None else to_wire(found))

    return judged


def _count(reader: Reader) -> Wrong:
    named = reader.child("count")
    target = parse_targets(named, "", "", named.take("selector", dict, {}))
    having = named.take("having", dict, {})
    named.finish()
    wanted = reader.take("is", int)

    def judged(moment: Moment) -> str:
        found = sum(not having or not difference(having, one) for one in _all(moment, target))
        return "" if found == wanted else f"{found}, not {wanted}"

    return judged


def _all(moment: Moment, target: Target) -> list[Mapping[str, Any]]:
    return [to_wire(one) for one in moment.state.store.select(target.kind, target.namespace, parse(target.selector))]


def _said(reader: Reader) -> Wrong:
    named = reader.child("said")
    note = named.take("note", str)
    named.finish()
    wrong = answer_of(reader)

    def judged(moment: Moment) -> str:
        found = [{key: str(value) for key, value in one.fields} for one in moment.notes if one.name == note]
        verdicts = [wrong(one) for one in found] or [wrong(None)]
        return "" if "" in verdicts else verdicts[-1]

    return judged


OBJECTS: Mapping[str, Callable[[Reader], Wrong]] = {"object": _object, "count": _count, "said": _said}
"""The questions about objects."""
