"""ApiObject: what the store holds, and the key under which it does.

Models the parts that every object has. A kind with rules has a class of its own; any other is an `OpaqueObject`, whose
content rides along: stored, served and otherwise left alone.
"""

from __future__ import annotations

from typing import NamedTuple

import attrs

from kcore.api.meta.objectmeta import EMPTY_META, ObjectMeta
from kcore.api.struct import Struct


class ObjectKey(NamedTuple):
    """The identity of an object in the store; the kind is "Pod", or "Kind.group" where needed, no namespace is ""."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Return "Pod/name", or "Pod/namespace/name" outside the default namespace."""
        inner = f"{self.namespace}/" if self.namespace not in ("", "default") else ""
        return f"{self.kind}/{inner}{self.name}"


@attrs.frozen(kw_only=True, cache_hash=True)
class ApiObject(Struct):
    """The base of all kinds. Its kind is its class; the table KINDS knows group and version."""

    metadata: ObjectMeta = EMPTY_META


@attrs.frozen(kw_only=True, cache_hash=True)
class OpaqueObject(ApiObject):
    """An object of a kind without a class; everything but the metadata is in `extra`."""

    api_version: str = ""
    kind: str = ""
