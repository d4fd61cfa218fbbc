"""Configuration: the profiles that a KubeSchedulerConfiguration asks for.

Models profiles with plugins enabled, disabled and weighted at one extension point or at all of them (multiPoint), their
arguments, the percentage of nodes to score, and the back-off of pods. Plugins of one's own are known by their names if
they are given. What concerns the process and not its decisions (leader election, clients, profiling) is read over.

All plugins that look at one node filter before those that count; within these two the order is that of the filters.

Not modelled: extenders. PreFilter and PreScore go with the Filter and the Score of a plugin.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/runtime/framework.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import attrs

from kcore.api.frozenmap import FrozenMap
from kcore.errors import InputError, Place
from kcore.scheduler.framework import ALL_NODES, CountingPlugin, LifecyclePlugin, Plugin, Profile, QueueSort
from kcore.scheduler.pluginargs import ARGUMENTS, AnyPlugin
from kcore.scheduler.profile import DEFAULT_PROFILE, DEFAULT_SCHEDULER, Profiles
from kcore.scheduler.strict import Section, section, unknown

API_VERSION = "kubescheduler.config.k8s.io/v1"
KIND = "KubeSchedulerConfiguration"

_READ_OVER = (
    "parallelism",
    "leaderElection",
    "clientConnection",
    "enableProfiling",
    "enableContentionProfiling",
    "delayCacheUntilActive",
)
_FIELDS = (
    "apiVersion",
    "kind",
    "profiles",
    "extenders",
    "percentageOfNodesToScore",
    "podInitialBackoffSeconds",
    "podMaxBackoffSeconds",
    *_READ_OVER,
)
_POINTS: Mapping[str, str] = {
    "preEnqueue": "pre_enqueue",
    "filter": "filter",
    "postFilter": "post_filter",
    "score": "score",
    "reserve": "reserve",
    "permit": "permit",
    "preBind": "pre_bind",
    "bind": "bind",
}
"""The extension points, each with the field that a plugin has if it extends it."""

_ALONG = ("queueSort", "preFilter", "preScore", "postBind")
_BUILT_IN: tuple[AnyPlugin, ...] = (*DEFAULT_PROFILE.plugins, *DEFAULT_PROFILE.counting, *DEFAULT_PROFILE.lifecycle)
_MOST_SECONDS = 1 << 20


class Entry(NamedTuple):
    """A plugin at an extension point; 0: of the weight that it has by default."""

    name: str
    weight: int = 0


def read_configuration(
    wire: Mapping[str, Any],
    place: Place | None = None,
    plugins: Iterable[AnyPlugin] = (),
    queue_sorts: Iterable[QueueSort] = (),
) -> Profiles:
    """Return the profiles of a KubeSchedulerConfiguration; InputError names the field that is wrong.

    `plugins` and `queue_sorts` are one's own, to be enabled by their names.
    """
    given = section(wire, place or Place(), _FIELDS)
    given.text("apiVersion", among=(API_VERSION,))
    given.text("kind", among=(KIND,))
    given.refuse("extenders", "plugins in their place")
    percentage = given.number("percentageOfNodesToScore", ALL_NODES, 0, 100)
    known = {one.name: one for one in (*_BUILT_IN, *plugins)}
    sorts = {one.name: one for one in (DEFAULT_PROFILE.queue_sort, *queue_sorts)}
    fields = ("schedulerName", "plugins", "pluginConfig", "percentageOfNodesToScore")
    asked = list(given.sections("profiles", fields)) or [section({}, given.place("profiles"), fields)]
    initial = given.number("podInitialBackoffSeconds", 1, 1, _MOST_SECONDS)
    return Profiles(
        profiles=tuple(_profile(one, known, sorts, percentage) for one in asked),
        initial_backoff=1000 * initial,
        max_backoff=1000 * given.number("podMaxBackoffSeconds", max(initial, 10), initial, _MOST_SECONDS),
    )


def _profile(
    given: Section, known: Mapping[str, AnyPlugin], sorts: Mapping[str, QueueSort], percentage: int
) -> Profile:
    made = {**known, **_with_arguments(given, known)}
    asked = given.section("plugins", ("multiPoint", *_POINTS, *_ALONG))
    entries = {point: _entries(asked, point, field, made) for point, field in _POINTS.items()}
    order = dict.fromkeys(one.name for point in ("filter", *_POINTS) for one in entries[point])
    at = {point: {one.name for one in found} for point, found in entries.items()}
    kept = [_restricted(made[name], {point for point in _POINTS if name in at[point]}) for name in order]
    return Profile(
        scheduler_name=given.text("schedulerName", DEFAULT_SCHEDULER),
        plugins=tuple(one for one in kept if isinstance(one, Plugin)),
        counting=tuple(one for one in kept if isinstance(one, CountingPlugin)),
        lifecycle=_in_order([one for one in kept if isinstance(one, LifecyclePlugin)]),
        queue_sort=_queue_sort(asked, sorts),
        weights=FrozenMap({one.name: one.weight for one in entries["score"] if one.weight}),
        percentage_of_nodes_to_score=given.number("percentageOfNodesToScore", percentage, 0, 100),
    )


def _with_arguments(given: Section, known: Mapping[str, AnyPlugin]) -> dict[str, AnyPlugin]:
    """Return the plugins that `pluginConfig` gives arguments to."""
    made: dict[str, AnyPlugin] = {}
    for one in given.sections("pluginConfig", ("name", "args")):
        name = one.text("name")
        if name in made:
            raise InputError(f"{name} is configured twice", place=one.place("name"), expected="each plugin once")
        if name not in ARGUMENTS:
            if name in known:
                problem = f"the arguments of {name} are not modelled"
                raise InputError(problem, place=one.place("args"), expected=f"those of {', '.join(sorted(ARGUMENTS))}")
            raise unknown(f"plugin {name!r}", name, ARGUMENTS, one.place("name"))
        fields, make = ARGUMENTS[name]
        made[name] = make(one.section("args", ("apiVersion", "kind", *fields)))
    return made


def _entries(asked: Section, point: str, field: str, made: Mapping[str, AnyPlugin]) -> list[Entry]:
    """Return the plugins at an extension point: those named there that stand at all, the rest of all, the others."""
    enabled, disabled = _set(asked, point, made)
    for one in enabled:
        if not _extends(made[one.name], field):
            raise InputError(f"{one.name} does not extend {point}", place=asked.place(point), expected="one that does")
    everywhere = [one for one in _everywhere(asked, made) if _extends(made[one.name], field)]
    named = {one.name: one for one in enabled}
    rest = [one for one in everywhere if one.name not in named and not disabled & {one.name, "*"}]
    shared = {one.name for one in everywhere}
    first = [Entry(one.name, one.weight) for one in enabled if one.name in shared]
    return [*first, *rest, *(one for one in enabled if one.name not in shared)]


def _everywhere(asked: Section, made: Mapping[str, AnyPlugin]) -> list[Entry]:
    """Return the plugins that stand at every point that they extend: the default ones and what multiPoint says."""
    enabled, disabled = _set(asked, "multiPoint", made)
    named = {one.name: one for one in enabled}
    default = [Entry(one.name, DEFAULT_PROFILE.weights.get(one.name, 0)) for one in _BUILT_IN]
    kept = [named.pop(one.name, one) for one in default if not disabled & {one.name, "*"}]
    return [*kept, *named.values()]


def _set(asked: Section, point: str, made: Mapping[str, AnyPlugin]) -> tuple[list[Entry], set[str]]:
    """Return the plugins that are enabled at a point, and the names of those that are disabled."""
    given = asked.section(point, ("enabled", "disabled"))
    enabled: dict[str, Entry] = {}
    for one in given.sections("enabled", ("name", "weight")):
        name = one.text("name")
        if name not in made:
            raise unknown(f"plugin {name!r}", name, made, one.place("name"))
        if name in enabled:
            raise InputError(f"{name} is enabled twice", place=one.place("name"), expected="each plugin once")
        enabled[name] = Entry(name, one.number("weight", 0, 0, 1 << 31))
    return list(enabled.values()), {one.text("name") for one in given.sections("disabled", ("name", "weight"))}


def _extends(plugin: AnyPlugin, field: str) -> bool:
    return getattr(plugin, field, None) is not None


def _restricted(plugin: AnyPlugin, points: set[str]) -> AnyPlugin:
    """Return the plugin at `points` alone."""
    absent = [field for point, field in _POINTS.items() if point not in points]
    off: dict[str, Any] = {field: None for field in absent if _extends(plugin, field)}
    if "filter" in off and isinstance(plugin, Plugin):
        off["names"] = None
    return attrs.evolve(plugin, **off) if off else plugin


def _in_order(plugins: list[LifecyclePlugin]) -> tuple[LifecyclePlugin, ...]:
    """Return the plugins with the built-in binder last, so that one's own is asked before it."""
    return tuple(sorted(plugins, key=lambda one: one.name == "DefaultBinder"))


def _queue_sort(asked: Section, sorts: Mapping[str, QueueSort]) -> QueueSort:
    given = asked.section("queueSort", ("enabled", "disabled"))
    enabled = [one.text("name") for one in given.sections("enabled", ("name", "weight"))]
    for name in enabled:
        if name not in sorts:
            raise unknown(f"plugin {name!r}", name, sorts, given.place("enabled"))
    if len(enabled) > 1:
        raise InputError("the queue is sorted by two plugins", place=given.place("enabled"), expected="one plugin")
    return sorts[enabled[0]] if enabled else DEFAULT_PROFILE.queue_sort
