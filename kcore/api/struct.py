"""What all API structs share: typed fields for what the model reads, and the rest riding along.

A struct is a frozen attrs class. A field's Python name is the snake_case of its wire name, with capital runs as one
word: `cluster_ips` is `clusterIPs`. Where that can't be undone, `wire()` carries the wire name.

What is emitted is what Go emits. A field of type `X | None` is a Go pointer: emitted whenever it is set, also when
empty. A field that is a struct or a quantity by value is always emitted. Any other field is emitted when it differs
from its default, or always when `wire(always=True)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import attrs

from kcore.api.evolve import quick
from kcore.api.json import EMPTY, Json

_WORD = re.compile(r"_([a-z0-9]+)")
_CAPITALS = ("api", "cidr", "fqdn", "id", "ip", "ipc", "pid", "uuid")
_CAPITAL_WORDS = {word: word.upper() for word in _CAPITALS} | {f"{word}s": f"{word.upper()}s" for word in _CAPITALS}


@attrs.frozen(kw_only=True, cache_hash=True)
class Struct:
    """The base of all API structs; `extra` holds the fields that have no attribute of their own."""

    extra: Json = EMPTY

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        """Let equality ask for identity first, since values that follow one another share most of their parts."""
        compare: Callable[[Any, object], bool] = cls.__eq__

        def equal(self: Struct, other: object) -> bool:
            return self is other or compare(self, other)

        cls.__eq__ = equal  # type: ignore[method-assign,assignment] # attrs offers no hook for it
        quick(cls)


def wire(name: str = "", *, default: Any = attrs.NOTHING, always: bool = False) -> Any:
    """Return an attrs field called `name` on the wire, and emitted even when it is the default if `always`."""
    return attrs.field(default=default, metadata={"wire": name, "always": always})


def wire_name(attribute: attrs.Attribute[Any]) -> str:
    """Return the camelCase name that `attribute` has on the wire."""
    given: str = attribute.metadata.get("wire", "")
    return given or _WORD.sub(lambda match: _CAPITAL_WORDS.get(match[1], match[1].capitalize()), attribute.name)
