"""What an update of a pod may change: images, a deadline, tolerations, scheduling gates, little else.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from kcore.api.json import Wire
from kcore.apiserver.field import Errors, forbidden, invalid, invalid_each
from kcore.apiserver.validation.meta import object_meta_update
from kcore.apiserver.validation.numbers import in_range
from kcore.apiserver.validation.podspec import MAX_INT32
from kcore.apiserver.validation.scheduling import only_added_tolerations, only_deleted_gates

Spec: TypeAlias = Mapping[str, Any]

_UPDATABLE = (
    "`spec.containers[*].image`",
    "`spec.initContainers[*].image`",
    "`spec.activeDeadlineSeconds`",
    "`spec.tolerations` (only additions to existing tolerations)",
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
)
_FREE = ("activeDeadlineSeconds", "schedulingGates", "tolerations")
_MIRROR = "kubernetes.io/config.mirror"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def pod_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change from the pod `old` to `new`, beside those of `new` itself."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    yield from _mirror(new.get("metadata") or {}, old.get("metadata") or {})
    after, before = new.get("spec") or {}, old.get("spec") or {}
    for field in ("containers", "initContainers"):
        if len(after.get(field) or ()) != len(before.get(field) or ()):
            yield forbidden(f"spec.{field}", "pod updates may not add or remove containers")
            return
    yield from _deadline(after.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds"))
    yield from only_added_tolerations(
        after.get("tolerations") or (), before.get("tolerations") or (), "spec.tolerations"
    )
    gates = (after.get("schedulingGates") or (), before.get("schedulingGates") or ())
    yield from only_deleted_gates(*gates, "spec.schedulingGates")
    munged = copy.deepcopy(dict(after))
    if before.get("schedulingGates"):
        yield from _gated(munged, before)
    if _without_free(munged, before) != _pruned(before):
        fields = ",".join(_UPDATABLE)
        yield forbidden("spec", f"pod updates may not change fields other than {fields}")


def _mirror(new: Spec, old: Spec) -> Errors:
    after, before = ((meta.get("annotations") or {}).get(_MIRROR) for meta in (new, old))
    path = f"metadata.annotations[{_MIRROR}]"
    if before is None and after is not None:
        yield forbidden(path, "may not add mirror pod annotation")
    elif before != after:
        yield forbidden(path, "may not remove or update mirror pod annotation")


def _deadline(new: int | None, old: int | None) -> Errors:
    path = "spec.activeDeadlineSeconds"
    if new is None:
        if old is not None:
            yield invalid(path, None, "must not update from a positive integer to nil value")
    elif details := in_range(new, 0, MAX_INT32):
        yield from invalid_each(path, new, details)
    elif old is not None and old < new:
        yield invalid(path, new, "must be less than or equal to previous value")


def _gated(munged: Wire, before: Spec) -> Errors:
    """Yield the errors of the node selectors of a gated pod, which may grow; take the old ones back into `munged`."""
    old, new = before.get("nodeSelector") or {}, munged.get("nodeSelector") or {}
    if any(new.get(key) != value for key, value in old.items()):
        detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
        yield invalid("spec.nodeSelector", new, detail)
    munged["nodeSelector"] = old
    affinity, was = munged.setdefault("affinity", {}), before.get("affinity") or {}
    yield from _grown_terms(_terms(affinity), _terms(was))
    affinity["nodeAffinity"] = was.get("nodeAffinity")


def _terms(affinity: Spec) -> Sequence[Spec]:
    selector: Spec = (affinity.get("nodeAffinity") or {}).get(_REQUIRED) or {}
    return selector.get("nodeSelectorTerms") or ()


def _grown_terms(new: Sequence[Spec], old: Sequence[Spec]) -> Errors:
    path = f"spec.affinity.nodeAffinity.{_REQUIRED}.nodeSelectorTerms"
    if not old:
        return
    if len(new) != len(old):
        yield invalid(path, new, "no additions/deletions to non-empty NodeSelectorTerms list are allowed")
        return
    for i, (after, before) in enumerate(zip(new, old, strict=True)):
        if not _only_additions(after, before):
            yield invalid(f"{path}[{i}]", after, "only additions are allowed (no mutations or deletions)")


def _only_additions(new: Spec, old: Spec) -> bool:
    parts = [(new.get(field) or [], old.get(field) or []) for field in ("matchExpressions", "matchFields")]
    if not any(before for _, before in parts) and any(after for after, _ in parts):
        return False
    return all(after[: len(before)] == before for after, before in parts)


def _without_free(munged: Wire, before: Spec) -> object:
    """Return the new spec with what may change as it was before, to hold against the old spec."""
    for field in ("containers", "initContainers"):
        for container, was in zip(munged.get(field) or (), before.get(field) or (), strict=True):
            container["image"] = was.get("image")
    for field in _FREE:
        munged[field] = before.get(field)
    if munged.get("terminationGracePeriodSeconds") == 1 and (before.get("terminationGracePeriodSeconds") or 0) < 0:
        munged["terminationGracePeriodSeconds"] = before["terminationGracePeriodSeconds"]
    return _pruned(munged)


def _pruned(value: object) -> object:
    """Return JSON without what is empty, at any depth: absent and empty are one to upstream's comparison."""
    if isinstance(value, Mapping):
        inner = {key: _pruned(one) for key, one in value.items()}
        return {key: one for key, one in inner.items() if one not in (None, "", {}, [])}
    return [_pruned(one) for one in value] if isinstance(value, list | tuple) else value
