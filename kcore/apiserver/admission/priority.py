"""Priority: a pod's priority class becomes a number and a preemption policy.

Models the class by name, the default class, and the refusal of an unknown class or of another number than the class's.

Not modelled: that a PriorityClass may be the default only once; the newest default of several is not looked for, the
one with the lowest value counts, as upstream has it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/plugin/pkg/admission/priority/admission.go
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kcore.api.convert import to_wire
from kcore.api.core.pod import Pod
from kcore.api.json import Wire
from kcore.api.kinds import class_kind
from kcore.api.object import ApiObject
from kcore.apiserver.outcome import Operation
from kcore.apiserver.plugin import Plugin
from kcore.apiserver.status import Status, forbidden

PREEMPT = "PreemptLowerPriority"


def _facts(operation: Operation, _: ApiObject) -> tuple[ApiObject, ...]:
    return operation.store.list("PriorityClass")


def _mutate(wire: Wire, classes: tuple[ApiObject, ...]) -> Status | None:
    spec = wire["spec"]
    name = spec.get("priorityClassName", "")
    chosen = _named(name, classes) if name else _default(classes)
    if name and chosen is None:
        return _refused(wire, f"no PriorityClass with name {name} was found")
    if chosen and not name:
        spec["priorityClassName"] = chosen["metadata"]["name"]
    value = chosen.get("value", 0) if chosen else 0
    policy = (chosen or {}).get("preemptionPolicy") or PREEMPT
    if spec.get("priority", value) != value:
        return _refused(
            wire,
            f"the integer value of priority ({spec['priority']}) must not be provided in pod spec; "
            f"priority admission controller computed {value} from the given PriorityClass name",
        )
    if spec.get("preemptionPolicy", policy) != policy:
        return _refused(
            wire,
            f"the string value of PreemptionPolicy ({spec['preemptionPolicy']}) must not be provided in pod spec; "
            f"priority admission controller computed {policy} from the given PriorityClass name",
        )
    spec["priority"] = value
    spec["preemptionPolicy"] = policy
    return None


def _named(name: str, classes: Sequence[ApiObject]) -> dict[str, Any] | None:
    return next((to_wire(one) for one in classes if one.metadata.name == name), None)


def _default(classes: Sequence[ApiObject]) -> dict[str, Any] | None:
    """Return the default class, the one with the lowest value if there are several."""
    defaults = (wire for wire in map(to_wire, classes) if wire.get("globalDefault"))
    return min(defaults, key=lambda wire: wire.get("value", 0), default=None)


def _refused(wire: Wire, why: str) -> Status:
    return forbidden(class_kind(Pod), wire["metadata"].get("name", ""), why)


PLUGIN = Plugin(name="Priority", kinds=frozenset({"Pod"}), facts=_facts, mutate=_mutate)
