"""What counts as agreement between a recorded decision and what the model says.

Models the rules under which a prediction is right:

- one of several outcomes (`anyOf`) is enough, since the real code is not deterministic for some inputs; what stands
  beside them is part of each;
- the text of an error, message or cause counts by its presence only, every other text to the letter;
- what the recording does not have may be absent, null, false, 0 or empty, and these five are one;
- where the real code chose at random, the model's choice must be among the recorded ones (`_OF_FILE`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_PRESENCE_ONLY = frozenset({"error", "message", "cause"})


def agrees(name: str, expect: Mapping[str, Any], actual: object) -> bool:
    """Tell whether `actual`, the model's word on a case of the file `name`, agrees with the recorded `expect`."""
    if not isinstance(actual, dict):
        return False
    if "anyOf" in expect:
        beside = _without(expect, "anyOf")
        return any(agrees(name, {**beside, **outcome}, actual) for outcome in expect["anyOf"])
    return _OF_FILE.get(name, same)(expect, actual)


def same(expect: Any, actual: Any) -> bool:
    """Tell whether two JSON values are the same; all empty ones are, and an error is an error."""
    if isinstance(expect, dict):
        return _same_object(expect, actual) if isinstance(actual, dict) else not expect and not actual
    if isinstance(expect, list) and expect:
        return isinstance(actual, list) and len(expect) == len(actual) and all(map(same, expect, actual))
    if isinstance(expect, bool) or isinstance(actual, bool):
        return bool(expect) == bool(actual)
    return bool(expect == actual) or not (expect or actual)


def _same_object(expect: dict[str, Any], actual: dict[str, Any]) -> bool:
    if "nominatedNodeAnyOf" in expect:
        return _nominates(expect, actual)
    return all(_same_entry(key, expect, actual) for key in expect.keys() | actual.keys())


def _same_entry(key: str, expect: dict[str, Any], actual: dict[str, Any]) -> bool:
    if key in _PRESENCE_ONLY:
        return bool(expect.get(key)) == bool(actual.get(key))
    return same(expect[key], actual.get(key)) if key in expect else not actual[key]


def _without(value: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in keys}


def _nominates(expect: dict[str, Any], actual: dict[str, Any]) -> bool:
    """Preemption: the node that the model nominates, or all that it might, are among the recorded ones."""
    keys = ("nominatedNodeAnyOf", "nominatedNode")
    recorded = set(expect["nominatedNodeAnyOf"])
    chosen = {node for node in actual.get("nominatedNodeAnyOf") or [actual.get("nominatedNode")] if node}
    return (
        chosen <= recorded and bool(chosen) == bool(recorded) and same(_without(expect, *keys), _without(actual, *keys))
    )


def _daemonset_sync(expect: Mapping[str, Any], actual: Mapping[str, Any]) -> bool:
    """DaemonSet sync: the pods deleted always and some of those deleted sometimes, as many as in a recorded run."""
    deleted = actual.get("deleted") or []
    always = set(expect["deletedAlways"])
    possible = always.union(expect["deletedSometimes"])
    return (
        always <= set(deleted) <= possible
        and len(deleted) in expect["deletedCounts"]
        and same(_without(expect, "deletedAlways", "deletedSometimes", "deletedCounts"), _without(actual, "deleted"))
    )


def _replicaset(expect: Mapping[str, Any], actual: Mapping[str, Any]) -> bool:
    """ReplicaSet: where the recorded ranking has ties, no ranking is compared."""
    keys = ("ranking", "rankingTies") if expect.get("rankingTies") else ()
    return same(_without(expect, *keys), _without(actual, *keys))


def _nodelifecycle(expect: Mapping[str, Any], actual: Mapping[str, Any]) -> bool:
    """Node lifecycle: a node's last change of a second, or where nodes compete the taint times of each zone."""
    if expect.get("changesNondeterministic"):
        return same(expect.get("noExecuteTaintTimesByZone"), actual.get("noExecuteTaintTimesByZone"))
    return same({**expect, "changes": _last_changes(expect)}, {**actual, "changes": _last_changes(actual)})


def _last_changes(value: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{change['t']} {change['node']}": _without(change, "t", "node") for change in value.get("changes") or []}


_OF_FILE: Mapping[str, Callable[[Any, Any], bool]] = {
    "daemonset_sync": _daemonset_sync,
    "nodelifecycle": _nodelifecycle,
    "replicaset": _replicaset,
}
"""The files whose decisions are compared by a rule of their own."""
