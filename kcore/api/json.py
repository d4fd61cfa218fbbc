"""JSON as an immutable value: canonical text, so that it hashes, compares and shares like any other value.

Models the part of a manifest that kcore has no rules for: it rides along inside the typed objects and comes back on
output. Also the body of a request before it is decoded. Key order is not kept, as it has no meaning in JSON.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

import attrs

Wire: TypeAlias = dict[str, Any]
"""An API object as JSON has it: camelCase keys, plain dicts, lists, strings, numbers, booleans and None."""


@attrs.frozen(cache_hash=True)
class Json:
    """An immutable JSON object, or a list where a body is one; `text` is its canonical form, "" for an empty one."""

    text: str = ""

    @classmethod
    def of(cls, value: Wire | list[Any]) -> Json:
        """Freeze `value`, a JSON object or list."""
        return cls(canonical(value)) if value else EMPTY

    @property
    def value(self) -> Wire:
        """A fresh dict with the content, the caller's to change."""
        value: Wire = json.loads(self.text) if self.text else {}
        return value

    def __bool__(self) -> bool:
        """Tell whether there is any entry."""
        return bool(self.text)


def canonical(value: object) -> str:
    """Return the one text of a JSON value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


EMPTY = Json()
