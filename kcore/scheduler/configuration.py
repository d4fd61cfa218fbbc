"""Configuration: the profiles that a KubeSchedulerConfiguration asks for.

Models profiles with plugins enabled, disabled and weighted at each extension point or at all of them (multiPoint),
their arguments, the percentage of nodes to score, and the back-off of pods. Plugins of one's own are known by their
names if they are given. What concerns the process and not its decisions (leader election, clients, profiling) is read
over.

All plugins that look at one node filter before those that count; within these two the order is that of the filters.

Not modelled: extenders.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/runtime/framework.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.errors import InputError
from kcore.scheduler.extensionpoints import IDLE, POINTS, AnyPlugin, restricted
from kcore.scheduler.framework import ALL_NODES, CountingPlugin, LifecyclePlugin, Plugin, Profile, QueueSort
from kcore.scheduler.pluginargs import ARGUMENTS, bind_timeout
from kcore.scheduler.pluginsets import MULTI_POINT, NOT_HERE, QUEUE_SORT, Entry, Known, standing
from kcore.scheduler.profile import DEFAULT_PROFILE, DEFAULT_PROFILES, DEFAULT_SCHEDULER, Profiles
from kcore.scheduler.strict import Locate, Section, headed, nowhere, section, unknown

API_VERSION = "kubescheduler.config.k8s.io/v1"
KIND = "KubeSchedulerConfiguration"

_READ_OVER = (
    "leaderElection",
    "clientConnection",
    "enableProfiling",
    "enableContentionProfiling",
    "delayCacheUntilActive",
)
_FIELDS = (
    "profiles",
    "extenders",
    "parallelism",
    "percentageOfNodesToScore",
    "podInitialBackoffSeconds",
    "podMaxBackoffSeconds",
    *_READ_OVER,
)
_PROFILE = ("schedulerName", "plugins", "pluginConfig", "percentageOfNodesToScore")
_BUILT_IN: tuple[AnyPlugin, ...] = (*DEFAULT_PROFILE.plugins, *DEFAULT_PROFILE.counting, *DEFAULT_PROFILE.lifecycle)
_DEFAULT = (
    Entry(DEFAULT_PROFILE.queue_sort.name),
    *(Entry(one.name, DEFAULT_PROFILE.weights.get(one.name, 0)) for one in _BUILT_IN),
)
_MOST_SECONDS = 1 << 20


def read_configuration(
    wire: Mapping[str, Any],
    locate: Locate = nowhere,
    plugins: Iterable[AnyPlugin] = (),
    queue_sorts: Iterable[QueueSort] = (),
) -> Profiles:
    """Return the profiles of a KubeSchedulerConfiguration; InputError names the field that is wrong, by `locate`.

    `plugins` and `queue_sorts` are one's own, to be enabled by their names.
    """
    given = headed(wire, API_VERSION, KIND, _FIELDS, locate)
    given.refuse("extenders", "plugins in their place")
    given.number("parallelism", 16, 1, 1 << 31)
    percentage = given.number("percentageOfNodesToScore", ALL_NODES, 0, 100)
    known = {one.name: one for one in (*_BUILT_IN, DEFAULT_PROFILE.queue_sort, *plugins, *queue_sorts)}
    asked = list(given.sections("profiles", _PROFILE)) or [section({}, _PROFILE, ("profiles",), locate)]
    names = _names(asked)
    initial = given.number("podInitialBackoffSeconds", 1, 1, _MOST_SECONDS)
    longest = given.number("podMaxBackoffSeconds", max(initial, 10), initial, _MOST_SECONDS)
    made = [_profile(one, name, known, percentage) for one, name in zip(asked, names, strict=True)]
    for one, profile in zip(asked, made, strict=True):
        if profile.queue_sort != made[0].queue_sort:
            problem = f"the queue is sorted by {profile.queue_sort.name} here and by {made[0].queue_sort.name} before"
            raise InputError(problem, place=one.place("plugins", QUEUE_SORT), expected="the same in all profiles")
    return Profiles(profiles=tuple(made), initial_backoff=1000 * initial, max_backoff=1000 * longest)


@lru_cache(maxsize=64)
def profiles_of(configuration: Json) -> Profiles:
    """Return the profiles of a KubeSchedulerConfiguration that was read before; the default ones of an empty one."""
    return read_configuration(configuration.value) if configuration else DEFAULT_PROFILES


def _names(asked: list[Section]) -> list[str]:
    """Return the names of the profiles; only a single one may do without."""
    if len(asked) == 1:
        return [asked[0].text("schedulerName", DEFAULT_SCHEDULER) or asked[0].name("schedulerName")]
    names: list[str] = []
    for one in asked:
        name = one.name("schedulerName")
        if name in names:
            problem = f"two profiles are named {name!r}"
            raise InputError(problem, place=one.place("schedulerName"), expected="a name of its own for each profile")
        names.append(name)
    return names


def _profile(given: Section, name: str, known: Mapping[str, AnyPlugin | QueueSort], percentage: int) -> Profile:
    made = {**known, **_with_arguments(given, known)}
    entries = standing(given.section("plugins", (MULTI_POINT, *POINTS, QUEUE_SORT)), Known(made, _DEFAULT))
    points = ("filter", *POINTS)
    order = dict.fromkeys(one.name for point in points if point not in IDLE for one in entries[point])
    kept: list[AnyPlugin] = []
    for each in order:
        plugin = made[each]
        if not isinstance(plugin, QueueSort):
            kept.append(restricted(plugin, {point for point in POINTS if each in {one.name for one in entries[point]}}))
    sort = made[entries[QUEUE_SORT][0].name]
    return Profile(
        scheduler_name=name,
        plugins=tuple(one for one in kept if isinstance(one, Plugin)),
        counting=tuple(one for one in kept if isinstance(one, CountingPlugin)),
        lifecycle=_in_order([one for one in kept if isinstance(one, LifecyclePlugin)], entries),
        queue_sort=sort if isinstance(sort, QueueSort) else DEFAULT_PROFILE.queue_sort,
        weights=FrozenMap({one.name: one.weight for one in entries["score"] if one.weight}),
        percentage_of_nodes_to_score=given.number("percentageOfNodesToScore", percentage, 0, 100),
        bind_timeout=bind_timeout(given),
    )


def _with_arguments(given: Section, known: Mapping[str, AnyPlugin | QueueSort]) -> dict[str, AnyPlugin]:
    """Return the plugins that `pluginConfig` gives arguments to."""
    made: dict[str, AnyPlugin] = {}
    seen: set[str] = set()
    for one in given.sections("pluginConfig", ("name", "args")):
        name = one.name()
        if name in seen:
            raise InputError(f"{name} is configured twice", place=one.place("name"), expected="each plugin once")
        seen.add(name)
        if name not in ARGUMENTS:
            if name in known or name in NOT_HERE:
                place, expected = one.place("args"), f"those of {', '.join(sorted(ARGUMENTS))}"
                raise InputError(f"{name} takes no arguments", place=place, expected=expected)
            raise unknown(f"plugin {name!r}", name, ARGUMENTS, one.place("name"))
        fields, make = ARGUMENTS[name]
        args = one.section("args", ("apiVersion", "kind", *fields))
        args.text("apiVersion", API_VERSION, among=(API_VERSION,))
        args.text("kind", f"{name}Args", among=(f"{name}Args",))
        plugin = make(args)
        if plugin is not None:
            made[name] = plugin
    return made


def _in_order(plugins: list[LifecyclePlugin], entries: Mapping[str, list[Entry]]) -> tuple[LifecyclePlugin, ...]:
    """Return the plugins with those at PostFilter and Bind last, in the order in which these are asked."""
    order = dict.fromkeys(one.name for point in ("postFilter", "bind") for one in entries[point])
    at = {name: number for number, name in enumerate(order)}
    return tuple(sorted(plugins, key=lambda one: at.get(one.name, -1)))
