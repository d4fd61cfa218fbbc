"""One requirement of a label selector: a key, an operator and values.

Models upstream's nine operators and its checks: key and values must be well-formed, `in` and `notin` need values, `=`,
`==` and `!=` exactly one, `>` and `<` one integer, existence none.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/labels/selector.go
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Mapping

import attrs

from kcore.api.selectors.names import label_key_problems, label_value_problems
from kcore.errors import KcoreError

_INTEGER = re.compile(r"[-+]?0*+([0-9]*+)")
_INT64 = range(-(2**63), 2**63)


class SelectorError(KcoreError, ValueError):
    """A text or an object that is no selector; the message is the real one."""


class Operator(enum.StrEnum):
    """How the label of a key must relate to the values."""

    IN = "in"
    NOT_IN = "notin"
    EQUALS = "="
    DOUBLE_EQUALS = "=="
    NOT_EQUALS = "!="
    GREATER_THAN = "gt"
    LESS_THAN = "lt"
    EXISTS = "exists"
    DOES_NOT_EXIST = "!"


@attrs.frozen(kw_only=True, cache_hash=True)
class Requirement:
    """What the label `key` must be; `values` are sorted."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether `labels` meet this requirement; an absent label meets `notin`, `!=` and `!`."""
        value = labels.get(self.key)
        if self.operator in _ABSENT_OR_OTHER:
            return value is None or value not in self.values
        if value is None:
            return self.operator is Operator.DOES_NOT_EXIST
        if self.operator in _ONE_OF:
            return value in self.values
        if self.operator in _ORDER:
            return self._orders(value)
        return self.operator is Operator.EXISTS

    def _orders(self, value: str) -> bool:
        number, bound = parse_int64(value), parse_int64(self.values[0])
        if number is None or bound is None:
            return False
        return number > bound if self.operator is Operator.GREATER_THAN else number < bound

    def __str__(self) -> str:
        """Return the canonical text, such as `tier in (db,web)`."""
        return _TEXT[self.operator].format(key=self.key, values=",".join(self.values))


def requirement(key: str, operator: Operator, values: tuple[str, ...] = ()) -> Requirement:
    """Return the requirement; SelectorError with the real message when it can't be one."""
    wrong = label_key_problems(key)
    problems = [f"key: Invalid value: {_quote(key)}: {'; '.join(wrong)}"] if wrong else []
    problems += _count_problems(operator, values)
    if operator in _ORDER:
        problems += [
            f"values[{index}]: Invalid value: {_quote(value)}: for 'Gt', 'Lt' operators, the value must be an integer"
            for index, value in enumerate(values)
            if parse_int64(value) is None
        ]
    for index, value in enumerate(values):
        if wrong := label_value_problems(value):
            problems.append(f"values[{index}][{key}]: Invalid value: {_quote(value)}: {'; '.join(wrong)}")
    if problems:
        raise SelectorError(problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]")
    return Requirement(key=key, operator=operator, values=tuple(sorted(values)))


def _count_problems(operator: Operator, values: tuple[str, ...]) -> list[str]:
    """Return what is wrong with the number of `values`."""
    shown = json.dumps(list(values) or None, ensure_ascii=False, separators=(",", ":"))
    if operator in (Operator.IN, Operator.NOT_IN):
        why = "" if values else "for 'in', 'notin' operators, values set can't be empty"
    elif operator in (Operator.EXISTS, Operator.DOES_NOT_EXIST):
        why = "values set must be empty for exists and does not exist" if values else ""
    elif operator in _ORDER:
        why = "" if len(values) == 1 else "for 'Gt', 'Lt' operators, exactly one value is required"
    else:
        why = "" if len(values) == 1 else "exact-match compatibility requires one single value"
    return [f"values: Invalid value: {shown}: {why}"] if why else []


def parse_int64(text: str) -> int | None:
    """Return the 64-bit integer that `text` writes in decimal, None when it writes none."""
    match = _INTEGER.fullmatch(text)
    if match is None or not text[-1:].isdigit() or len(match[1]) > 19:
        return None
    number = int(match[1] or "0") * (-1 if text.startswith("-") else 1)
    return number if number in _INT64 else None


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


_ONE_OF = frozenset({Operator.IN, Operator.EQUALS, Operator.DOUBLE_EQUALS})
_ABSENT_OR_OTHER = frozenset({Operator.NOT_IN, Operator.NOT_EQUALS})
_ORDER = frozenset({Operator.GREATER_THAN, Operator.LESS_THAN})

_TEXT = {
    Operator.IN: "{key} in ({values})",
    Operator.NOT_IN: "{key} notin ({values})",
    Operator.EQUALS: "{key}={values}",
    Operator.DOUBLE_EQUALS: "{key}=={values}",
    Operator.NOT_EQUALS: "{key}!={values}",
    Operator.GREATER_THAN: "{key}>{values}",
    Operator.LESS_THAN: "{key}<{values}",
    Operator.EXISTS: "{key}",
    Operator.DOES_NOT_EXIST: "!{key}",
}
"""The canonical text of each operator."""
