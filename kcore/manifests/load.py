"""Loading manifests: from paths, texts or objects to documents that the API server can take, and what is odd in them.

Models the checks that need no cluster: the kind is served, every field is known and of its type. Defaults, ranges and
all other validation are the API server's. Of several faults the first in the order of reading is raised, with the count
of the others.

Does not model: the schemas of CustomResourceDefinitions; custom resources have their metadata checked only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import IO

import attrs

from kcore.api.fields import FieldProblem, check, check_metadata, kind_info
from kcore.api.fields.check import json_type
from kcore.api.json import Wire
from kcore.errors import InputError, Place
from kcore.manifests.documents import Document, document_of, read_documents
from kcore.manifests.files import File, read_files
from kcore.manifests.finding import Finding, Input
from kcore.manifests.findings import FINDINGS
from kcore.manifests.kinds import custom_kinds, settle_kind
from kcore.manifests.lines import shown

KindName = tuple[str, str]
"""(apiVersion, kind)."""

_ARTICLES = {"object": "an object", "array": "a list", "string": "a string", "bool": "a boolean", "number": "a number"}


@attrs.frozen(kw_only=True)
class Loaded:
    """Documents in the order of reading, each of a kind that is known, and findings about them."""

    documents: tuple[Document, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def objects(self) -> list[Wire]:
        """The API objects alone."""
        return [document.wire for document in self.documents]


def load(
    paths: Sequence[str],
    stdin: IO[bytes] | None = None,
    *,
    modelled: Collection[KindName] | None = None,
    beside: Collection[KindName] = (),
) -> Loaded:
    """Return what the files, directories and `-` (`stdin`, in bytes) in `paths` hold.

    `modelled` are the kinds with rules: a finding tells of objects of any other; without it none does. `beside` are
    kinds that are let through unchecked, such as those of kcore itself. InputError for whatever can't be used.
    """
    files = list(read_files(paths, stdin))
    documents = [document for file in files for document in _in_file(file)]
    if not documents:
        raise InputError(f"no objects in {', '.join(paths)}" if paths else "no files are named")
    return assemble(documents, modelled=modelled, beside=beside)


def load_text(
    text: str,
    file: str = "",
    *,
    modelled: Collection[KindName] | None = None,
    beside: Collection[KindName] = (),
) -> Loaded:
    """Return what a text holds, YAML or JSON; `file` names it in errors."""
    return assemble(read_documents(text, file), modelled=modelled, beside=beside)


def load_objects(
    objects: Iterable[Wire],
    file: str = "",
    *,
    modelled: Collection[KindName] | None = None,
    beside: Collection[KindName] = (),
) -> Loaded:
    """Return the documents of objects that were read elsewhere, such as those inside a Check."""
    return assemble([document_of(wire, file) for wire in objects], modelled=modelled, beside=beside)


def assemble(
    documents: Sequence[Document],
    *,
    modelled: Collection[KindName] | None = None,
    beside: Collection[KindName] = (),
) -> Loaded:
    """Check documents that were read and return them with what there is to say; InputError when one can't be used."""
    known = frozenset({*custom_kinds(documents), *beside})
    settled = [settle_kind(document, known) for document in documents]
    taken = tuple(document for document, _ in settled)
    errors = [error for document in taken for error in _errors(document, beside)]
    if errors:
        more = f"and {len(errors) - 1} more like it" if len(errors) > 1 else ""
        hint = "; ".join(part for part in (errors[0].hint, more) if part)
        raise InputError(errors[0].problem, place=errors[0].place, expected=errors[0].expected, hint=hint)
    whole = Input(documents=taken, modelled=None if modelled is None else frozenset(modelled) | frozenset(beside))
    found = [finding for of_kind in (found for _, found in settled) for finding in of_kind]
    return Loaded(documents=taken, findings=(*found, *(finding for find in FINDINGS for finding in find(whole))))


def _in_file(file: File) -> list[Document]:
    documents = read_documents(file.text, file.name)
    if not documents and file.named:
        raise InputError("no objects in this file", place=Place(file=file.name), expected="manifests in YAML or JSON")
    return documents


def _errors(document: Document, beside: Collection[KindName]) -> Iterator[InputError]:
    """Yield what the API server's decoder would refuse in this document."""
    if (document.api_version, document.kind) in beside:
        return
    served = kind_info(document.api_version, document.kind)
    problems = check(document.wire, document.api_version, document.kind) if served else check_metadata(document.wire)
    for problem in problems:
        yield _error(problem, document.place(problem.path))


def _error(problem: FieldProblem, place: Place) -> InputError:
    if problem.problem == "unknown":
        hint = f"did you mean {problem.nearest}?" if problem.nearest else ""
        return InputError(f"unknown field {shown(problem.path[-1])}", place=place, hint=hint)
    if problem.problem == "malformed":
        return InputError(
            f"{shown(problem.value)} can't be read: {problem.message}", place=place, expected=problem.expected
        )
    is_a = _ARTICLES.get(json_type(problem.value), "null")
    scalar = json_type(problem.value) in ("bool", "number")
    hint = "quoted it is a string" if scalar and problem.expected == "a string" else ""
    return InputError(f"{shown(problem.value)} is {is_a}", place=place, expected=problem.expected, hint=hint)
