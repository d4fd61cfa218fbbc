"""Field selectors: `metadata.name=web,spec.nodeName!=n1`.

Models upstream's grammar, with backslash escapes in values, and its matching: a field that an object does not have is
the empty text. Which fields a kind may be selected by is the API server's to say.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/fields/selector.go
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

from kcore.api.selectors.requirement import SelectorError

_TERM = re.compile(r"(?:[^\\,]|\\.|\\\Z)*", re.DOTALL)
_OPERATOR = re.compile(r"!=|==?")
_ESCAPED = re.compile(r"\\(.?)|[,=]", re.DOTALL)
_SPECIAL = re.compile(r"[\\,=]")


@attrs.frozen(kw_only=True, cache_hash=True)
class FieldRequirement:
    """What the field `field` must be (`equal`) or must not be."""

    field: str
    equal: bool
    value: str

    def matches(self, fields: Mapping[str, str]) -> bool:
        """Tell whether `fields` meet this requirement."""
        return (fields.get(self.field, "") == self.value) is self.equal

    def __str__(self) -> str:
        """Return the canonical text, special characters of the value escaped."""
        value = _SPECIAL.sub(r"\\\g<0>", self.value)
        return f"{self.field}={value}" if self.equal else f"{self.field}!={value}"


@attrs.frozen(kw_only=True, cache_hash=True)
class FieldSelector:
    """Requirements, all of which must be met; none select everything."""

    requirements: tuple[FieldRequirement, ...] = ()

    def matches(self, fields: Mapping[str, str]) -> bool:
        """Tell whether `fields`, texts by path such as "spec.nodeName", meet every requirement."""
        return all(one.matches(fields) for one in self.requirements)

    @property
    def canonical(self) -> str:
        """The text that parses to the same requirements."""
        return ",".join(map(str, self.requirements))

    def equalities(self) -> tuple[tuple[str, str], ...]:
        """Return the fields, as (path, value), that whatever matches must have: what an index can answer."""
        return tuple((one.field, one.value) for one in self.requirements if one.equal)

    def __str__(self) -> str:
        return self.canonical


def parse(text: str) -> FieldSelector:
    """Return the selector that `text` writes, as in `--field-selector`; SelectorError with the real message."""
    terms = sorted(term for term in _terms(text) if term)
    return FieldSelector(requirements=tuple(_requirement(term, text) for term in terms))


def _terms(text: str) -> list[str]:
    """Return the parts between commas that no backslash escapes."""
    terms, start = [], 0
    while match := _TERM.match(text, start):
        terms.append(match[0])
        start = match.end() + 1
        if start > len(text):
            break
    return terms


def _requirement(term: str, text: str) -> FieldRequirement:
    match = _OPERATOR.search(term)
    if match is None:
        raise SelectorError(f"invalid selector: '{text}'; can't understand '{term}'")
    value = _ESCAPED.sub(_unescape, term[match.end() :])
    return FieldRequirement(field=term[: match.start()], equal=match[0] != "!=", value=value)


def _unescape(match: re.Match[str]) -> str:
    """Return the character that an escape stands for."""
    if not match[0].startswith("\\"):
        raise SelectorError(f"invalid field selector: unescaped character in value: {ord(match[0])}")
    if not match[1] or match[1] not in "\\,=":
        raise SelectorError(f"invalid field selector: invalid escape sequence: {match[0]}")
    return match[1]
