"""Findings: what is odd in an input that can be used all the same."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import attrs

from kcore.api.fields import kind_info
from kcore.errors import Place
from kcore.manifests.documents import Document


@attrs.frozen(kw_only=True)
class Finding:
    """One odd thing: where, how much it matters, and a sentence for a person.

    A `warning` says what is likely a mistake; a `note` says what the model makes of the input.
    """

    place: Place
    severity: Literal["warning", "note"]
    sentence: str

    def __str__(self) -> str:
        where = f"{self.place.file}:{self.place.line}" if self.place.line else self.place.file
        return f"{where}: {self.severity}: {self.sentence}" if where else f"{self.severity}: {self.sentence}"


@attrs.frozen(kw_only=True)
class Input:
    """All documents of an input at once; `modelled` are the kinds with rules, None when nobody asks."""

    documents: tuple[Document, ...]
    modelled: frozenset[tuple[str, str]] | None = None

    def of(self, *kinds: str) -> list[Document]:
        """Return the documents of these kinds of Kubernetes' own."""
        return [one for one in self.documents if one.kind in kinds and kind_info(one.api_version, one.kind)]

    @cached_property
    def named(self) -> dict[tuple[str, str, str], Document]:
        """The documents of Kubernetes' own kinds by kind, namespace ("" where kinds have none) and name."""
        return {
            key(document): document for document in self.documents if kind_info(document.api_version, document.kind)
        }


def key(document: Document) -> tuple[str, str, str]:
    """Return kind, namespace ("" where the kind has none) and name of an object."""
    info = kind_info(document.api_version, document.kind)
    return (document.kind, "" if info and not info.namespaced else document.namespace, document.name)
