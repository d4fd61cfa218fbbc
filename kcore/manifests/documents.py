"""From texts to API objects: each with its file and lines, lists taken apart.

Models the shape that every object has (apiVersion, kind, metadata.name) and lists: `kind: List` and the lists of one
kind, whose items need not say what they are. What is in an object is the business of `kcore.manifests.load`.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import attrs

from kcore.api.fields.check import Path
from kcore.api.json import Wire
from kcore.errors import InputError, Place
from kcore.manifests.json_source import read_json
from kcore.manifests.lines import UNKNOWN, Lines, one_line, shown, shown_path
from kcore.manifests.yaml_source import RawDocument, read_yaml

SPEC_GROUP = "kcore/"
"""The group of kcore's own kinds: scenarios and checks."""


@attrs.frozen(kw_only=True)
class Source:
    """Where an object was read: a file (or "standard input") and a line, 0 when unknown."""

    file: str = ""
    line: int = 0


@attrs.frozen(kw_only=True)
class Document:
    """An API object as it was read, and where its values stand."""

    wire: Wire
    source: Source = Source()
    lines: Lines = UNKNOWN

    @property
    def api_version(self) -> str:
        """The object's apiVersion."""
        text: str = self.wire["apiVersion"]
        return text

    @property
    def kind(self) -> str:
        """The object's kind."""
        text: str = self.wire["kind"]
        return text

    @property
    def metadata(self) -> Wire:
        """The object's metadata."""
        metadata: Wire = self.wire["metadata"]
        return metadata

    @property
    def name(self) -> str:
        """The object's name, or its generateName."""
        text: str = self.metadata.get("name") or self.metadata.get("generateName", "")
        return text

    @property
    def namespace(self) -> str:
        """The namespace that the object names; `default` when it names none."""
        return self.metadata.get("namespace") or "default"

    def place(self, path: Path = ()) -> Place:
        """Return the place of the value at `path`, for errors and findings."""
        line = self.lines.of(path) or self.source.line
        return Place(file=self.source.file, line=line, object=title(self.wire), field=shown_path(path))


_NAME = ("metadata", "name")

_HEADER = {
    ("apiVersion",): "a group and version such as v1 or apps/v1",
    ("kind",): "a kind such as Deployment",
    _NAME: "the object's name",
}
"""What every object says of itself."""


def title(wire: Wire) -> str:
    """Return what people call an object: `Deployment/web`, as far as it says."""
    metadata = wire.get("metadata")
    names = [metadata.get("name"), metadata.get("generateName")] if isinstance(metadata, dict) else []
    parts = [wire.get("kind"), *[name for name in names if name][:1]]
    return one_line("/".join(part for part in parts if isinstance(part, str)))


def read_documents(text: str, file: str = "") -> list[Document]:
    """Return the objects of a text, YAML or JSON, lists taken apart; InputError when it can't be read.

    In kcore's own spec files a plain y or n is that letter; in all others it is a boolean, as kubectl has it.
    """
    raw = list((read_json(text, file) if text.lstrip()[:1] == "{" else None) or read_yaml(text, file))
    if any(str(one.value.get("apiVersion", "")).startswith(SPEC_GROUP) for one in raw):
        raw = list(read_yaml(text, file, letters=False))
    return [document for one in raw for document in _objects(one, file)]


def document_of(wire: Wire, file: str = "", lines: Lines = UNKNOWN) -> Document:
    """Return the document of one object; InputError when it does not say what it is and how it is called."""
    document = Document(wire=wire, source=Source(file=file, line=lines.line), lines=lines)
    for path, expected in _HEADER.items():
        value: Any = functools.reduce(_get, path, wire)
        generated = path == _NAME and _is_text(_get(wire.get("metadata"), "generateName"))
        if not _is_text(value) and not generated:
            problem = "missing" if value in (None, "") else f"{shown(value)} is no text"
            raise InputError(problem, place=document.place(path), expected=expected)
    return document


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _objects(raw: RawDocument, file: str) -> Iterator[Document]:
    kind, items = raw.value.get("kind"), raw.value.get("items", [] if raw.value.get("kind") == "List" else "")
    if not (isinstance(kind, str) and kind.endswith("List") and isinstance(items, list | None)):
        yield document_of(raw.value, file, raw.lines)
        return
    for index, item in enumerate(items or ()):
        lines = raw.lines.at("items", index)
        if not isinstance(item, dict):
            place = Place(file=file, line=lines.line, object=kind, field=f"items[{index}]")
            raise InputError("an item of the list is no object", place=place, expected="an object")
        said = {"apiVersion": raw.value.get("apiVersion"), "kind": kind.removesuffix("List")}
        wire = item if kind == "List" else {**said, **item}
        yield from _objects(RawDocument(wire, lines), file)
