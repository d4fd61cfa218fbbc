"""Extension points: which plugin stands at which, and what is left of one that does not stand at all of its own.

Models the switches of a profile. A record of the framework says by its fields which points it extends; PreFilter and
PreScore are parts of Filter and Score here, and of the built-in plugins it is written down which have them upstream.
Without its PreFilter a plugin no longer names the only nodes that will do and no longer refuses a pod as a whole; one
whose Filter or Score reads what was found there can't do without, and is refused.

Not modelled: PostBind, at which no built-in plugin stands; and a VolumeBinding that filters and does not bind.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias

import attrs

from kcore.scheduler.framework import CountingPlugin, LifecyclePlugin, Plugin, QueueSort, always

AnyPlugin: TypeAlias = Plugin | CountingPlugin | LifecyclePlugin

POINTS: Mapping[str, tuple[str, ...]] = {
    "preEnqueue": ("pre_enqueue",),
    "preFilter": ("names", "refuses"),
    "filter": ("filter",),
    "postFilter": ("post_filter",),
    "preScore": (),
    "score": ("score", "normalize"),
    "reserve": ("reserve",),
    "permit": ("permit",),
    "preBind": ("pre_bind",),
    "bind": ("bind",),
    "postBind": (),
}
"""The extension points but QueueSort, each with the fields that a plugin has for it and loses if it is disabled."""

IDLE = ("preScore", "postBind")
"""Points at which a plugin that stands at no other does nothing."""

_BESIDES: Mapping[str, tuple[str, ...]] = {
    "NodeAffinity": ("preFilter", "preScore"),
    "NodePorts": ("preFilter",),
    "NodeResourcesFit": ("preFilter", "preScore"),
    "NodeResourcesBalancedAllocation": ("preScore",),
    "NodeName": (),
    "NodeUnschedulable": (),
    "TaintToleration": ("preScore",),
    "ImageLocality": (),
    "VolumeRestrictions": ("preFilter",),
    "NodeVolumeLimits": ("preFilter",),
    "VolumeBinding": ("preFilter", "preScore", "score", "reserve", "preBind"),
    "VolumeZone": ("preFilter",),
    "PodTopologySpread": ("preFilter", "preScore"),
    "InterPodAffinity": ("preFilter", "preScore"),
    "DynamicResources": ("preEnqueue", "preFilter", "filter", "reserve", "preBind"),
}
"""By the name of a built-in plugin the points that it extends upstream without a field for it here."""

_CAN_DO_WITHOUT: Mapping[str, tuple[str, ...]] = {
    "preFilter": ("NodeAffinity", "NodeVolumeLimits", "VolumeZone", "DynamicResources"),
    "preScore": ("NodeAffinity", "NodeResourcesFit", "NodeResourcesBalancedAllocation", "VolumeBinding"),
}
"""The built-in plugins that find for themselves what was not found before."""

_WHOLE = {"VolumeBinding": ("filter", "reserve", "preBind")}
"""Points at which a plugin stands altogether or not at all."""


def extends(plugin: AnyPlugin | QueueSort, point: str) -> bool:
    """Tell whether `plugin` can stand at `point`."""
    if isinstance(plugin, QueueSort) or point == "queueSort":
        return isinstance(plugin, QueueSort) and point == "queueSort"
    besides = _BESIDES.get(plugin.name)
    if besides is not None and (point in besides or point in ("preFilter", "preScore")):
        return point in besides
    if point == "preScore":
        return plugin.pre_score is not None if isinstance(plugin, CountingPlugin) else _skips(plugin, "scores")
    if point == "preFilter" and (isinstance(plugin, CountingPlugin) or _skips(plugin, "filters")):
        return True
    return any(getattr(plugin, field, None) is not None for field in POINTS[point])


def problems(plugin: AnyPlugin, points: AbstractSet[str]) -> Iterator[tuple[str, str]]:
    """Yield each point without which `plugin` can't stand at the others of `points`, with why."""
    for before, after in (("preFilter", "filter"), ("preScore", "score")):
        if after in points and before not in points and extends(plugin, before) and _needs(plugin, before):
            yield before, f"{plugin.name} needs at {after} what it finds at {before}"
    whole = _WHOLE.get(plugin.name, ())
    missing = [one for one in whole if one not in points]
    if missing and len(missing) < len(whole):
        yield missing[0], f"{plugin.name} at {' and '.join(one for one in whole if one in points)} alone"


def restricted(plugin: AnyPlugin, points: AbstractSet[str]) -> AnyPlugin:
    """Return `plugin` at `points` alone."""
    off = {field for point, fields in POINTS.items() if point not in points for field in fields}
    if not {"score", "preScore"} & points:
        off.add("pre_score")
    changes: dict[str, Any] = {field: None for field in sorted(off) if getattr(plugin, field, None) is not None}
    if isinstance(plugin, Plugin):
        if "filter" in points and "preFilter" not in points and extends(plugin, "preFilter"):
            changes["filters"] = always
        if "score" in points and "preScore" not in points and extends(plugin, "preScore"):
            changes["scores"] = always
    return attrs.evolve(plugin, **changes) if changes else plugin


def _skips(plugin: Plugin | LifecyclePlugin, field: str) -> bool:
    """Tell whether `plugin` has something to say of some pods only."""
    return isinstance(plugin, Plugin) and getattr(plugin, field) is not always


def _needs(plugin: AnyPlugin, point: str) -> bool:
    """Tell whether `plugin` relies on what it found at `point`; one that looks at a pod and one node does not."""
    if plugin.name in _BESIDES:
        return plugin.name not in _CAN_DO_WITHOUT[point]
    return isinstance(plugin, CountingPlugin)
