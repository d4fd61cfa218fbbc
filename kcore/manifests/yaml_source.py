"""Reading YAML: text to documents as JSON has them, with the line of each value.

Models what kubectl does with a manifest before it sends it: all documents of a stream, anchors, aliases and merge keys
resolved, keys made strings, a key given twice refused. Values come from the events of libyaml's parser, so that nothing
is built that is not wanted: a document that is not an object is refused at its first token, nesting is bounded, and so
is what aliases multiply.

Does not model: tags of one's own, which mean nothing here: the value is read as text.

Upstream: https://github.com/kubernetes-sigs/yaml
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import yaml
from yaml import events

from kcore.errors import InputError, Place
from kcore.manifests.lines import Lines, shown
from kcore.manifests.scalars import key_text, resolve

MOST_NESTED = 100
"""The deepest nesting that is read; real manifests stay below 40."""

MOST_COPIED = 100_000
"""The most values that aliases may stand for in one document."""

_MERGE = "tag:yaml.org,2002:merge"


@attrs.frozen
class RawDocument:
    """One document of a stream: a JSON object and the lines of its values."""

    value: dict[str, Any]
    lines: Lines


@attrs.frozen
class _Node:
    value: Any
    lines: Lines
    size: int


def read_yaml(text: str, file: str = "", *, letters: bool = True) -> Iterator[RawDocument]:
    """Yield the documents of `text` that are not empty; InputError, with file and line, when one can't be read.

    `letters` tells whether a plain y or n is a boolean, as kubectl has it, or the letter that it looks like.
    """
    reader = _Reader(text, file, letters=letters)
    try:
        yield from reader.documents()
    except yaml.YAMLError as error:
        raise reader.syntax_error(error) from None


class _Reader:
    """A pass over the events of one stream."""

    def __init__(self, text: str, file: str, *, letters: bool) -> None:
        self.text = text
        self.letters = letters
        self.file = file
        self.anchors: dict[str, _Node] = {}
        self.copied = 0
        self.events = yaml.parse(text, Loader=yaml.CSafeLoader)

    def documents(self) -> Iterator[RawDocument]:
        for event in self.events:
            if isinstance(event, events.DocumentStartEvent):
                self.anchors, self.copied = {}, 0
                document = self.document(next(self.events))
                if document:
                    yield document

    def document(self, event: yaml.Event) -> RawDocument | None:
        if isinstance(event, events.ScalarEvent) and self.scalar(event) is None:
            return None
        if not isinstance(event, events.MappingStartEvent):
            raise self.error(event, f"the document is {_noun(event)}", "an object with apiVersion and kind")
        node = self.node(event, 0)
        return RawDocument(node.value, Lines(self.line(event), node.lines.children))

    def node(self, event: yaml.Event, depth: int) -> _Node:
        if depth > MOST_NESTED:
            raise self.error(event, f"values are nested more than {MOST_NESTED} deep")
        if isinstance(event, events.AliasEvent):
            return self.alias(event)
        if isinstance(event, events.ScalarEvent):
            node = _Node(self.scalar(event), Lines(self.line(event)), 1)
        elif isinstance(event, events.SequenceStartEvent):
            node = self.sequence(event, depth)
        else:
            node = self.mapping(event, depth)
        if isinstance(event, events.NodeEvent) and event.anchor:
            self.anchors[event.anchor] = node
        return node

    def alias(self, event: events.AliasEvent) -> _Node:
        node = self.anchors.get(event.anchor or "")
        if node is None:
            raise self.error(event, f"*{event.anchor} stands before the end of its anchor, or has none")
        self.copied += node.size
        if self.copied > MOST_COPIED:
            raise self.error(event, f"aliases multiply to more than {MOST_COPIED:,} values")
        return attrs.evolve(node, value=_copy(node.value))

    def scalar(self, event: events.ScalarEvent) -> Any:
        try:
            return resolve(event.value, event.tag, plain=event.implicit[0], letters=self.letters)
        except ValueError as error:
            raise self.error(event, str(error)) from None

    def sequence(self, event: yaml.Event, depth: int) -> _Node:
        nodes = []
        while not isinstance(item := next(self.events), events.SequenceEndEvent):
            nodes.append(self.node(item, depth + 1))
        lines = Lines(self.line(event), {index: node.lines for index, node in enumerate(nodes)})
        return _Node([node.value for node in nodes], lines, 1 + sum(node.size for node in nodes))

    def mapping(self, event: yaml.Event, depth: int) -> _Node:
        value: dict[str, Any] = {}
        children: dict[str | int, Lines] = {}
        merged: list[_Node] = []
        size = 1
        while not isinstance(item := next(self.events), events.MappingEndEvent):
            if _is_merge(item):
                merged += self.merged(next(self.events), depth + 1)
                continue
            key = self.key(item)
            if key in value:
                first = children[key].line
                raise self.error(item, f"the key {shown(key)} is given twice, first in line {first}")
            node = self.node(next(self.events), depth + 1)
            value[key], children[key] = node.value, Lines(self.line(item), node.lines.children)
            size += node.size
        for node in merged:
            size += node.size
            value = {**value, **{key: item for key, item in node.value.items() if key not in value}}
            children = {**node.lines.children, **children}
        return _Node(value, Lines(self.line(event), children), size)

    def merged(self, event: yaml.Event, depth: int) -> list[_Node]:
        """Return the mappings that a merge key (`<<`) brings in, the first of which wins."""
        node = self.node(event, depth)
        values = node.value if isinstance(node.value, list) else [node.value]
        if not all(isinstance(value, dict) for value in values):
            raise self.error(event, "<< merges something that is not a map", "a map or a list of maps")
        if isinstance(node.value, dict):
            return [node]
        size = node.size // len(values) + 1 if values else 0
        return [_Node(value, node.lines.at(index), size) for index, value in enumerate(values)]

    def key(self, event: yaml.Event) -> str:
        if isinstance(event, events.AliasEvent):
            value = self.alias(event).value
        elif isinstance(event, events.ScalarEvent):
            value = self.node(event, 0).value
        else:
            value = {}
        if isinstance(value, dict | list):
            raise self.error(event, f"{_noun(event)} can't be a key", "a string")
        try:
            return key_text(value)
        except ValueError as error:
            raise self.error(event, str(error), "a string") from None

    def line(self, event: yaml.Event) -> int:
        return event.start_mark.line + 1 if event.start_mark else 0

    def error(self, event: yaml.Event, problem: str, expected: str = "") -> InputError:
        line = self.line(event)
        return InputError(problem, place=Place(file=self.file, line=line), expected=expected, hint=self.hint(line))

    def syntax_error(self, error: yaml.YAMLError) -> InputError:
        """Return libyaml's complaint as one line."""
        if isinstance(error, yaml.MarkedYAMLError):
            mark, start = error.problem_mark or error.context_mark, error.context_mark
            line = mark.line + 1 if mark else 0
            begun = f"that began in line {start.line + 1}" if start and start.line + 1 != line else ""
            problem = " ".join(part for part in (error.problem, error.context, begun) if part)
        else:
            line = self.text.count("\n", 0, getattr(error, "position", 0)) + 1
            problem = str(getattr(error, "reason", error))
        place = Place(file=self.file, line=line)
        return InputError(f"not YAML: {problem}", place=place, hint=self.hint(line))

    def hint(self, line: int) -> str:
        """Return what often is behind an error in this line."""
        text = "\n".join(self.text.splitlines()[max(line - 2, 0) : line]) if line else ""
        if "{{" in text:
            return "a template has to be rendered first"
        return "YAML is indented with spaces" if "\t" in text else ""


def _is_merge(event: yaml.Event) -> bool:
    if not isinstance(event, events.ScalarEvent) or event.value != "<<":
        return False
    return event.tag == _MERGE or (event.tag is None and bool(event.implicit[0]))


def _noun(event: yaml.Event) -> str:
    words = {events.ScalarEvent: "a single value", events.SequenceStartEvent: "a list", events.AliasEvent: "an alias"}
    return words.get(type(event), "a map")


def _copy(value: Any) -> Any:
    """Return a copy that shares nothing that can change."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
