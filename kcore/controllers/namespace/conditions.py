"""The conditions of a namespace on its way out: what could not be deleted, and what remains.

Models the five conditions in their order, the two about discovery of resources always well; texts that are sorted, so
that the same findings read the same; and times that move with the status only.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/namespace/deletion/status_condition_utils.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from kcore.api.core.namespace import NamespaceStatus
from kcore.api.meta.condition import Condition
from kcore.api.times import Time

DISCOVERY_FAILURE = "NamespaceDeletionDiscoveryFailure"
GV_PARSING_FAILURE = "NamespaceDeletionGroupVersionParsingFailure"
CONTENT_FAILURE = "NamespaceDeletionContentFailure"
CONTENT_REMAINING = "NamespaceContentRemaining"
FINALIZERS_REMAINING = "NamespaceFinalizersRemaining"

WELL = {
    DISCOVERY_FAILURE: ("ResourcesDiscovered", "All resources successfully discovered"),
    GV_PARSING_FAILURE: ("ParsedGroupVersions", "All legacy kube types successfully parsed"),
    CONTENT_FAILURE: ("ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
    CONTENT_REMAINING: ("ContentRemoved", "All content successfully removed"),
    FINALIZERS_REMAINING: ("ContentRemoved", "All content successfully removed"),
}
"""Reason and message of each condition when there is nothing to say, in the order in which they are first set."""


def troubles(
    errors: Iterable[str], remaining: Mapping[str, int], finalizers: Mapping[str, int]
) -> dict[str, Condition]:
    """Return the conditions that are true, by type; `remaining` counts objects by resource, `finalizers` by itself."""
    failed = sorted(errors)
    found: dict[str, Condition] = {}
    if remaining:
        counts = sorted(f"{resource} has {count} resource instances" for resource, count in remaining.items())
        message = f"Some resources are remaining: {', '.join(counts)}"
        found[CONTENT_REMAINING] = _true(CONTENT_REMAINING, "SomeResourcesRemain", message)
    if finalizers:
        counts = sorted(f"{finalizer} in {count} resource instances" for finalizer, count in finalizers.items())
        message = f"Some content in the namespace has finalizers remaining: {', '.join(counts)}"
        found[FINALIZERS_REMAINING] = _true(FINALIZERS_REMAINING, "SomeFinalizersRemain", message)
    if failed:
        message = f"Failed to delete all resource types, {len(failed)} remaining: {', '.join(failed)}"
        found[CONTENT_FAILURE] = _true(CONTENT_FAILURE, "ContentDeletionFailed", message)
    return found


def updated(status: NamespaceStatus, found: Mapping[str, Condition], now: Time) -> NamespaceStatus:
    """Return `status` with the conditions `found` as of `now`, and well for the rest; itself when nothing is new."""
    conditions = list(status.conditions)
    for kind, (reason, message) in WELL.items():
        new = found.get(kind) or Condition(type=kind, status="False", reason=reason, message=message)
        at = next((at for at, one in enumerate(conditions) if one.type == kind), None)
        if at is None:
            conditions.append(attrs.evolve(new, last_transition_time=now))
            continue
        old = conditions[at]
        since = old.last_transition_time if old.status == new.status else now
        conditions[at] = attrs.evolve(
            old, status=new.status, reason=new.reason, message=new.message, last_transition_time=since
        )
    return status if tuple(conditions) == status.conditions else attrs.evolve(status, conditions=tuple(conditions))


def _true(kind: str, reason: str, message: str) -> Condition:
    return Condition(type=kind, status="True", reason=reason, message=message)
