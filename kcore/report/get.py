"""`kubectl get` over a whole cluster: one table a kind, the kinds in the order in which people look.

Not shown: the kinds that come and go by themselves (leases, events).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kcore.api.json import Wire
from kcore.api.kinds import KINDS, key_kind
from kcore.report.columns import COLUMNS, NAME_AND_AGE, Cell

FIRST = ("Node", "Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet", "Pod", "Service", "EndpointSlice")
HIDDEN = frozenset({"Lease", "Event", "Event.events.k8s.io"})
GAP = "   "


def get_all(objects: Mapping[str, Sequence[Wire]], now: int) -> Iterator[str]:
    """Yield the lines of all tables; `now` is in seconds since 1970."""
    order = [*FIRST, *sorted(set(objects) - set(FIRST))]
    first = True
    for kind in order:
        shown = objects.get(kind, ())
        if not shown or kind in HIDDEN:
            continue
        if not first:
            yield ""
        first = False
        yield f"{_plural(kind)}:"
        yield from table(COLUMNS.get(kind, NAME_AND_AGE), shown, now)


def table(columns: Mapping[str, Cell], objects: Sequence[Wire], now: int) -> Iterator[str]:
    """Yield the header and one line an object, in columns as wide as they need to be."""
    namespaces = {wire["metadata"].get("namespace", "") for wire in objects}
    spread = len(namespaces) > 1
    rows = [[*(["NAMESPACE"] if spread else []), *columns]]
    for wire in objects:
        start = [wire["metadata"].get("namespace", "")] if spread else []
        rows.append([*start, *(cell(wire, now) for cell in columns.values())])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _plural(kind: str) -> str:
    known = next((row for row in KINDS if key_kind(row) == kind), None)
    return known.resource if known is not None else kind
