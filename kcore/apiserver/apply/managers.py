"""Managers: who manages which fields, after an apply and after any other write.

Models conflicts, force, what is given up with an apply (and goes, unless somebody else has it), that any other write
takes over what it changes, and that of those who write otherwise ten at most are kept apart: older ones become
"ancient-changes". What is there before anybody is kept belongs to "before-first-apply".

Not modelled: the marks of maps that a write has made as a whole.

Upstream: https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/merge/update.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import attrs

from kcore.api.json import Wire
from kcore.apiserver.apply.fieldset import FieldSet, Path, from_fields_v1, in_order, leaves, managed, text, to_fields_v1
from kcore.apiserver.apply.merge import merged, without
from kcore.apiserver.apply.shape import Shape
from kcore.apiserver.status import Cause, Status

APPLY, UPDATE = "Apply", "Update"
BEFORE = "before-first-apply"
ANCIENT = "ancient-changes"
MOST_UPDATERS = 10
"""How many managers that do not apply are kept apart."""


class Manager(NamedTuple):
    """Who: a name, how it writes (Apply or Update), in which version, through which subresource."""

    name: str
    operation: str
    api_version: str
    subresource: str = ""


@attrs.frozen
class Owned:
    """What a manager has, and since when (the text of a time)."""

    fields: FieldSet
    time: str


@attrs.frozen
class Comparison:
    """The paths at which one object differs from another."""

    changed: FieldSet
    removed: FieldSet


def read(entries: Sequence[Wire]) -> dict[Manager, Owned]:
    """Return who manages what by the entries of `managedFields`."""
    found = {}
    for one in entries:
        who = Manager(
            one.get("manager", ""), one.get("operation", ""), one.get("apiVersion", ""), one.get("subresource", "")
        )
        found[who] = Owned(from_fields_v1(one.get("fieldsV1") or {}), one.get("time", ""))
    return found


def written(managers: Mapping[Manager, Owned]) -> list[Wire]:
    """Return the entries of `managedFields`: those that apply first, then by time and name."""
    order = sorted(managers, key=lambda who: (who.operation != APPLY, managers[who].time, who))
    return [_entry(who, managers[who]) for who in order if managers[who].fields]


def _entry(who: Manager, owned: Owned) -> Wire:
    entry: Wire = {"manager": who.name, "operation": who.operation, "apiVersion": who.api_version}
    entry |= {"time": owned.time} if owned.time else {}
    entry |= {"fieldsType": "FieldsV1", "fieldsV1": to_fields_v1(owned.fields)}
    return entry | ({"subresource": who.subresource} if who.subresource else {})


def compared(old: Wire, new: Wire, shape: Shape) -> Comparison:
    """Return where `new` differs from `old`."""
    before, after = leaves(old, shape), leaves(new, shape)
    changed = (path for path, value in after.items() if path not in before or before[path] != value)
    return Comparison(managed(changed), managed(path for path in before if path not in after))


def applied(
    live: Wire, config: Wire, shape: Shape, who: Manager, now: str, *, force: bool, yields: FieldSet = frozenset()
) -> tuple[Wire, dict[Manager, Owned]] | Status:
    """Return what `who` makes of `live` by applying `config`, and who manages what then; or the conflicts.

    Where all conflicts are about fields that `yields` has, they are taken as by force.
    """
    managers = read(_entries(live)) or _before(live, shape, who, now)
    had = managers.get(who)
    wanted = _applicable(managed(leaves(config, shape)), who.subresource)
    laid = merged(live, config, shape)
    if had is not None:
        others = frozenset[Path]().union(*(one.fields for name, one in managers.items() if name != who))
        kept = frozenset(path[:length] for path in wanted | others for length in range(1, len(path) + 1))
        laid = without(laid, shape, had.fields - kept)
    difference = compared(live, laid, shape)
    conflicts = {
        name: one.fields & difference.changed & wanted
        for name, one in managers.items()
        if name != who and one.fields & difference.changed & wanted
    }
    held = {name: fields - yields for name, fields in conflicts.items() if fields - yields}
    if held and not force:
        return conflict(held, managers)
    rest = {
        name: attrs.evolve(one, fields=one.fields - conflicts.get(name, frozenset()) - difference.removed)
        for name, one in managers.items()
        if name != who
    }
    same = had is not None and had.fields == wanted and not difference.changed and not difference.removed
    return laid, {**rest, who: had if same and had else Owned(wanted, now)}


def taken_over(
    entries: Sequence[Wire], old: Wire, new: Wire, shape: Shape, who: Manager, now: str
) -> dict[Manager, Owned]:
    """Return who manages what after `who` wrote `new` over `old` in any other way than by an apply.

    `entries` are those of `managedFields` up to then.
    """
    managers, difference = read(entries), compared(old, new, shape)
    moved = {
        name: attrs.evolve(one, fields=one.fields - difference.removed - difference.changed)
        for name, one in managers.items()
        if name != who
    }
    had = managers.get(who)
    fields = ((had.fields if had else frozenset()) | difference.changed) - difference.removed
    if had is not None and not difference.changed:
        return {**moved, who: attrs.evolve(had, fields=fields)}
    return capped({**moved, who: Owned(fields, now)})


def capped(managers: dict[Manager, Owned]) -> dict[Manager, Owned]:
    """Return `managers` with the oldest of those who do not apply put together, by version, where they are many."""
    updaters = [who for who, one in managers.items() if who.operation == UPDATE and one.fields]
    over, first = len(updaters) - MOST_UPDATERS, dict[str, Manager]()
    kept = dict(managers)
    for who in sorted(updaters, key=lambda one: (managers[one].time, one)):
        if over <= 0:
            break
        bucket = Manager(ANCIENT, UPDATE, who.api_version)
        if who.api_version not in first:
            first[who.api_version] = who
            continue
        if bucket not in kept:
            kept[bucket] = kept.pop(first[who.api_version])
        kept[bucket] = Owned(kept[bucket].fields | kept.pop(who).fields, managers[who].time)
        over -= 1
    return kept


def conflict(conflicts: Mapping[Manager, FieldSet], managers: Mapping[Manager, Owned]) -> Status:
    """Return the 409 that names each field that another manager has."""
    found = [
        (_named(who, managers[who].time), text(path)) for who in sorted(conflicts) for path in in_order(conflicts[who])
    ]
    if len(found) == 1:
        message = f"Apply failed with 1 conflict: conflict with {found[0][0]}: {found[0][1]}"
    else:
        names = sorted({name for name, _ in found})
        lines = [
            line
            for name in names
            for line in (f"conflicts with {name}:", *(f"- {path}" for of, path in found if of == name))
        ]
        message = f"Apply failed with {len(found)} conflicts: " + "\n".join(lines)
    causes = tuple(
        Cause(reason="FieldManagerConflict", field=path, message=f"conflict with {name}") for name, path in found
    )
    return Status(code=409, reason="Conflict", message=message, causes=causes)


def _named(who: Manager, time: str) -> str:
    said = f'"{who.name}"'
    if who.subresource:
        said += f' with subresource "{who.subresource}"'
    if who.operation != UPDATE:
        return said
    return f"{said} using {who.api_version}" + (f" at {time}" if time else "")


def _before(live: Wire, shape: Shape, who: Manager, now: str) -> dict[Manager, Owned]:
    """Return what belongs to those who wrote before anybody applied: everything there is."""
    if not live:
        return {}
    return {Manager(BEFORE, UPDATE, who.api_version): Owned(managed(leaves(live, shape)), now)}


def _applicable(fields: FieldSet, subresource: str) -> FieldSet:
    """Return what can be applied through a subresource: the status through its own, the rest through the object."""
    return frozenset(path for path in fields if (path[0] == "f:status") is (subresource == "status"))


def _entries(wire: Wire) -> Sequence[Any]:
    return (wire.get("metadata") or {}).get("managedFields") or ()
