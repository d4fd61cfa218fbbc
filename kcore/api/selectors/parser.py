"""The parser of label selector texts: `app=web,tier in (db,cache),!canary`.

Models upstream's grammar: `in` and `notin` are words where an operator stands and names elsewhere, blanks part words,
an empty place in a list is the empty value, and a NUL ends a word, or the text where a word should start.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/labels/selector.go
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kcore.api.selectors.names import label_key_problems
from kcore.api.selectors.requirement import Operator, Requirement, SelectorError, requirement

_TOKEN = re.compile(r"[ \t\r\n]*+(?:(?P<symbol>==|!=|[=!(),<>])\0?|(?P<word>[^=!(),<> \t\r\n\0]++)\0?)?")
_END = ""


def parse_requirements(text: str) -> tuple[Requirement, ...]:
    """Return the requirements in the order of `text`; SelectorError with the real message."""
    return tuple(_Parser(text).requirements())


class _Parser:
    """A parse under way: the tokens, and how many are read."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.position = 0

    def requirements(self) -> Iterator[Requirement]:
        """Yield the requirements, commas between them."""
        if self.peek() == _END:
            return
        if not self.starts_requirement():
            raise SelectorError(f"found '{self.peek()}', expected: !, identifier, or 'end of string'")
        yield self.requirement_here()
        while (token := self.next()) != _END:
            if token != ",":
                raise SelectorError(f"found '{token}', expected: ',' or 'end of string'")
            if not self.starts_requirement():
                raise SelectorError(f"found '{self.peek()}', expected: identifier after ','")
            yield self.requirement_here()

    def requirement_here(self) -> Requirement:
        """Read one requirement, saying of an error what was read."""
        try:
            return self.requirement()
        except SelectorError as problem:
            raise SelectorError(f"unable to parse requirement: {problem}") from None

    def requirement(self) -> Requirement:
        """Read one requirement: `key`, `!key`, `key = value` or `key in (values)`."""
        absent = self.peek() == "!"
        if absent:
            self.next()
        key = self.word("identifier")
        if problems := label_key_problems(key):
            raise SelectorError(f'<nil>: Invalid value: "{key}": {"; ".join(problems)}')
        if absent:
            return requirement(key, Operator.DOES_NOT_EXIST)
        if self.peek() in (_END, ","):
            return requirement(key, Operator.EXISTS)
        token = self.next()
        if token not in _OPERATORS:
            raise SelectorError(f"found '{token}', expected: in, notin, =, ==, !=, gt, lt")
        operator = _OPERATORS[token]
        return requirement(key, operator, self.values() if operator in _OF_SETS else (self.value(),))

    def value(self) -> str:
        """Read the one value after `=` and its like; none is the empty value."""
        return "" if self.peek() in (_END, ",") else self.word("identifier")

    def values(self) -> tuple[str, ...]:
        """Read a list in parentheses; a place before, after or between commas that holds nothing is the empty value."""
        if (token := self.next()) != "(":
            raise SelectorError(f"found '{token}' expected: '('")
        if self.peek() == ")":
            self.next()
            return ("",)
        values: set[str] = set()
        while not values or self.peek() != ")":
            if self.peek() == ",":
                self.comma(values)
                continue
            values.add(self.word("',', or identifier"))
            if self.peek() not in (",", ")"):
                raise SelectorError(f"found '{self.peek()}', expected: ',' or ')'")
        self.next()
        return tuple(values)

    def comma(self, values: set[str]) -> None:
        """Read a comma, and a second one right behind it, which a value or a third one must follow."""
        self.next()
        if not values or self.peek() in (",", ")"):
            values.add("")
        if self.peek() == ",":
            self.next()
            if self.peek() == ")":
                raise SelectorError("found ')', expected: ',', or identifier")

    def word(self, expected: str) -> str:
        """Read a name."""
        if not self.at_word():
            raise SelectorError(f"found '{self.peek()}', expected: {expected}")
        return self.next()

    def peek(self) -> str:
        """Return the next token without reading it."""
        return self.tokens[self.position]

    def next(self) -> str:
        """Read the next token; the end of the text stays."""
        token = self.peek()
        self.position += token != _END
        return token

    def at_word(self) -> bool:
        """Tell whether a name is next."""
        return self.peek()[:1] not in _SYMBOLS

    def starts_requirement(self) -> bool:
        """Tell whether a requirement may start here."""
        return self.peek() == "!" or self.at_word()


def _tokens(text: str) -> Iterator[str]:
    """Yield symbols and words, then the end, which is the empty token."""
    position = 0
    while token := _TOKEN.match(text, position):
        position = token.end()
        found = token["symbol"] or token["word"] or _END
        yield found
        if found == _END:
            return


_SYMBOLS = frozenset(("", "=", "!", "(", ")", ",", "<", ">"))
_OF_SETS = frozenset({Operator.IN, Operator.NOT_IN})

_OPERATORS = {
    "in": Operator.IN,
    "notin": Operator.NOT_IN,
    "=": Operator.EQUALS,
    "==": Operator.DOUBLE_EQUALS,
    "!=": Operator.NOT_EQUALS,
    ">": Operator.GREATER_THAN,
    "<": Operator.LESS_THAN,
}
"""The operators that stand between a key and its values."""
