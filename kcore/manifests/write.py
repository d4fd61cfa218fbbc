"""Writing API objects as YAML or JSON that reads back as the same.

Models kubectl's output: apiVersion, kind and metadata first, status last, the rest in the order of the object; block
style; a string that would be read as something else is quoted; many objects are many documents, or a List in JSON.

Does not model comments and layout of a manifest that was read: those are gone.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterable
from typing import Any

import yaml

from kcore.api.json import Wire
from kcore.errors import MisuseError
from kcore.manifests.scalars import resolve

_FIRST = ("apiVersion", "kind", "metadata")
_LAST = ("status",)
_NO_FOLDING = 1 << 30


def to_yaml(objects: Iterable[Wire]) -> str:
    """Return objects as the documents of one YAML stream; MisuseError for a number that JSON does not have."""
    out = io.StringIO()
    values = [_ordered(wire) for wire in objects]
    yaml.dump_all(
        values,
        out,
        Dumper=_Dumper,
        default_flow_style=False,
        sort_keys=False,
        allow_unicode=True,
        width=_NO_FOLDING,
        explicit_start=len(values) > 1,
    )
    return out.getvalue()


def to_json(objects: Iterable[Wire]) -> str:
    """Return one object as JSON, or any other number of them as a List; MisuseError for a number that JSON lacks."""
    values = [_ordered(wire) for wire in objects]
    value = values[0] if len(values) == 1 else {"apiVersion": "v1", "kind": "List", "items": values}
    try:
        return json.dumps(value, indent=4, ensure_ascii=False, allow_nan=False) + "\n"
    except ValueError as error:
        raise MisuseError(str(error)) from None


def _ordered(wire: Wire) -> Wire:
    """Return the object with its fields in the order of kubectl."""
    middle = [name for name in wire if name not in (*_FIRST, *_LAST)]
    return {name: wire[name] for name in (*_FIRST, *middle, *_LAST) if name in wire}


class _Dumper(yaml.CSafeDumper):
    """PyYAML's dumper, agreeing with our reader on what has to be quoted, and writing nothing by reference."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _string(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None if _reads_as_itself(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _float(dumper: yaml.CSafeDumper, number: float) -> yaml.ScalarNode:
    if not math.isfinite(number):
        raise MisuseError(f"{number} has no place in JSON")
    return dumper.represent_scalar("tag:yaml.org,2002:float", repr(number))


def _reads_as_itself(text: str) -> bool:
    try:
        return resolve(text) == text
    except ValueError:
        return False


_Dumper.add_representer(str, _string)
_Dumper.add_representer(float, _float)
