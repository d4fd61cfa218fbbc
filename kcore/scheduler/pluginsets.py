"""Plugin sets: what a profile enables and disables, at one extension point or at all of them, as the plugins at each.

Models how the default plugins, those of multiPoint and those of a point become one list: what is enabled at a point and
stands there anyway comes first, in the order that it is given; then the rest of what stands everywhere; then the
others. "*" disables all that stands there anyway. A weight at the point counts before one at multiPoint, and that
before the default one.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/apis/config/v1/default_plugins.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kcore.errors import InputError
from kcore.scheduler.extensionpoints import POINTS, AnyPlugin, extends, problems
from kcore.scheduler.framework import QueueSort
from kcore.scheduler.strict import Section, unknown

MULTI_POINT = "multiPoint"
QUEUE_SORT = "queueSort"
ALL = "*"

REMOVED = ("AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits", "SelectorSpread")
"""Plugins of older versions, whose names are refused."""

NOT_HERE = ("GangScheduling", "NodeDeclaredFeatures")
"""Plugins of upstream that kcore has not; to disable one changes nothing."""


class Entry(NamedTuple):
    """A plugin at an extension point; weight 0: 1."""

    name: str
    weight: int = 0


class Known(NamedTuple):
    """The plugins that may be enabled, by name, and those that stand everywhere by default."""

    plugins: Mapping[str, AnyPlugin | QueueSort]
    default: Sequence[Entry]


def standing(asked: Section, known: Known) -> dict[str, list[Entry]]:
    """Return the plugins at each extension point, QueueSort too, as the section `plugins` of a profile has it."""
    found = {point: _entries(asked, point, known) for point in (*POINTS, QUEUE_SORT)}
    for name, plugin in known.plugins.items():
        if not isinstance(plugin, QueueSort):
            at = {point for point in POINTS if any(one.name == name for one in found[point])}
            for point, problem in problems(plugin, at):
                where = asked.place(point) if asked.values.get(point) else asked.place()
                raise InputError(problem, place=where, expected=f"{name} enabled at {point} too, or at neither")
    if len(found[QUEUE_SORT]) != 1:
        names = ", ".join(one.name for one in found[QUEUE_SORT]) or "none"
        problem = f"the queue is sorted by {len(found[QUEUE_SORT])} plugins: {names}"
        raise InputError(problem, place=asked.place(QUEUE_SORT), expected="one; disable those that are not to")
    if not found["bind"]:
        raise InputError("no plugin binds pods", place=asked.place("bind"), expected="at least one, as DefaultBinder")
    return found


def _entries(asked: Section, point: str, known: Known) -> list[Entry]:
    """Return the plugins at an extension point."""
    enabled, disabled = _set(asked, point, known)
    for number, one in enumerate(enabled):
        if not extends(known.plugins[one.name], point):
            place = asked.place(point, "enabled", number, "name")
            able = [name for name in known.plugins if extends(known.plugins[name], point)]
            expected = f"one of {', '.join(able)}" if able else "nothing there"
            raise InputError(f"{one.name} does not extend {point}", place=place, expected=expected)
    everywhere = [one for one in _everywhere(asked, known) if extends(known.plugins[one.name], point)]
    kept = [one for one in everywhere if not disabled & {one.name, ALL}]
    names, given = {one.name for one in kept}, {one.name for one in enabled}
    first = [one for one in enabled if one.name in names]
    return [
        *first,
        *(one for one in kept if one.name not in given),
        *(one for one in enabled if one.name not in names),
    ]


def _everywhere(asked: Section, known: Known) -> list[Entry]:
    """Return the plugins that stand at every point that they extend: the default ones and what multiPoint says."""
    enabled, disabled = _set(asked, MULTI_POINT, known)
    named = {one.name: one for one in enabled}
    kept = [named.pop(one.name, one) for one in known.default if not disabled & {one.name, ALL}]
    return [*kept, *named.values()]


def _set(asked: Section, point: str, known: Known) -> tuple[list[Entry], set[str]]:
    """Return the plugins that are enabled at a point, and the names of those that are disabled."""
    given = asked.section(point, ("enabled", "disabled"))
    enabled: dict[str, Entry] = {}
    for one in given.sections("enabled", ("name", "weight")):
        name = _name(one, known)
        if name in enabled:
            raise InputError(f"{name} is enabled twice", place=one.place("name"), expected="each plugin once")
        enabled[name] = Entry(name, one.number("weight", 0, 0, 1 << 31))
    disabled = {_name(one, known, ALL, *NOT_HERE) for one in given.sections("disabled", ("name", "weight"))}
    return list(enabled.values()), disabled


def _name(given: Section, known: Known, *besides: str) -> str:
    """Return the name of a plugin that there is, or one of `besides`."""
    name = given.name()
    if name in known.plugins or name in besides:
        return name
    if name in REMOVED:
        raise InputError(f"{name} is gone since v1", place=given.place("name"), expected="another plugin, or nothing")
    if name in NOT_HERE:
        raise InputError(f"{name} is not modelled", place=given.place("name"), expected="another plugin, or nothing")
    raise unknown(f"plugin {name!r}", name, known.plugins, given.place("name"))
