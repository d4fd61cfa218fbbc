"""Deletion: what a delete does to an object, at once or by marking it.

Models grace periods, finalizers and the three propagation policies. A delete either removes the object, or marks it
(deletionTimestamp, deletionGracePeriodSeconds) and leaves it to whoever has a finalizer on it or ends it gracefully; a
later delete can only shorten the grace. An update that takes away the last finalizer of an object whose grace is over
completes the deletion.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from kcore.api.core.namespace import Namespace
from kcore.api.evolve import evolve
from kcore.api.kinds import Kind, key_of
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ApiObject
from kcore.api.times import Time, format_time
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.request import Options
from kcore.apiserver.status import Cause, Status, conflict
from kcore.apiserver.store import Store

ORPHAN = "orphan"
FOREGROUND = "foregroundDeletion"
POLICIES = ("Background", "Foreground", "Orphan")


@attrs.frozen(kw_only=True)
class Deletion:
    """What a delete comes to: the store after it, the object as it was last, and whether it is gone."""

    store: Store
    object: ApiObject
    gone: bool


def delete_object(
    store: Store, obj: ApiObject, options: Options, now: Time, kind: Kind, strategy: Strategy
) -> Deletion | Status:
    """Return what deleting `obj`, which is in `store`, comes to."""
    refusal = unmet(options, obj.metadata, kind)
    if refusal:
        return refusal
    before = obj
    if strategy.prepare_delete and obj.metadata.deletion_timestamp is None:
        obj = strategy.prepare_delete(obj, format_time(now))
    graceful = _ends_gracefully(obj, options, now, strategy)
    if graceful is obj:
        return Deletion(store=store, object=obj, gone=False)
    marked = graceful or obj
    finalizers = _finalizers(obj.metadata, options, strategy)
    held = bool(finalizers) or _held(obj)
    marked = _evolve(marked, finalizers=finalizers)
    if graceful is None and held:
        marked = _mark(marked, now)
    if marked != before and (graceful is not None or held):
        store = store.put(marked)
        marked = store.objects[key_of(obj)]
    if held or (marked.metadata.deletion_grace_period_seconds or 0) > 0:
        return Deletion(store=store, object=marked, gone=False)
    return Deletion(store=store.remove(key_of(obj)), object=marked, gone=True)


def completes(old: ApiObject, new: ApiObject) -> bool:
    """Tell whether an update from `old` to `new` leaves nothing that keeps an object whose deletion has begun."""
    if new.metadata.finalizers or _held(new):
        return False
    return old.metadata.deletion_timestamp is not None and not old.metadata.deletion_grace_period_seconds


def _ends_gracefully(obj: ApiObject, options: Options, now: Time, strategy: Strategy) -> ApiObject | None:
    """Return `obj` marked to end after its grace, `obj` itself if that is under way, None if it knows no grace."""
    if strategy.grace is None:
        return None
    requested = options.grace_period_seconds
    requested = 1 if requested is not None and requested < 0 else requested
    metadata = obj.metadata
    if metadata.deletion_timestamp is None:
        seconds = max(strategy.grace(obj, requested), 0)
        generation = metadata.generation + 1 if metadata.generation else 0
        until = Time(now + seconds)
        return _evolve(obj, deletion_timestamp=until, deletion_grace_period_seconds=seconds, generation=generation)
    granted = metadata.deletion_grace_period_seconds
    if not granted:
        return None
    if requested is None or requested >= granted:
        return obj
    until = Time(metadata.deletion_timestamp - granted + requested)
    return _evolve(obj, deletion_timestamp=until, deletion_grace_period_seconds=requested)


def _mark(obj: ApiObject, now: Time) -> ApiObject:
    """Return `obj` marked as being deleted, without grace: its finalizers alone keep it."""
    metadata = obj.metadata
    begun = metadata.deletion_timestamp
    until = now if begun is None else min(begun, now)
    generation = metadata.generation + 1 if begun is None and metadata.generation else metadata.generation
    marked = _evolve(obj, deletion_timestamp=until, deletion_grace_period_seconds=0, generation=generation)
    return _HOLDS[type(obj)][1](marked) if type(obj) in _HOLDS else marked


def _finalizers(metadata: ObjectMeta, options: Options, strategy: Strategy) -> tuple[str, ...]:
    """Return the finalizers with those of the garbage collector as the propagation policy has them."""
    kept = tuple(finalizer for finalizer in metadata.finalizers if finalizer not in (ORPHAN, FOREGROUND))
    if strategy.default_propagation == "Unsupported":
        return kept
    policy = options.propagation_policy
    if not policy:
        standing = {ORPHAN: "Orphan", FOREGROUND: "Foreground"}
        found = (standing[finalizer] for finalizer in metadata.finalizers if finalizer in standing)
        policy = next(found, strategy.default_propagation)
    added = {"Orphan": (ORPHAN,), "Foreground": (FOREGROUND,)}.get(policy, ())
    wanted = (*kept, *added)
    return metadata.finalizers if set(wanted) == set(metadata.finalizers) else wanted


def _invalid(options: Options) -> Status | None:
    """Refuse a propagation policy that does not exist."""
    policy = options.propagation_policy
    if not policy or policy in POLICIES:
        return None
    supported = ", ".join(f'"{name}"' for name in (*POLICIES, "nil"))
    why = f'Unsupported value: "{policy}": supported values: {supported}'
    cause = Cause(reason="FieldValueNotSupported", field="propagationPolicy", message=why)
    message = f'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: {why}'
    return Status(code=422, reason="Invalid", message=message, causes=(cause,))


def unmet(options: Options, metadata: ObjectMeta, kind: Kind) -> Status | None:
    """Return why `options` can't be met: no such policy, or the object is not the one that is meant."""
    refusal = _invalid(options)
    if refusal:
        return refusal
    if options.uid and options.uid != metadata.uid:
        again = "The object might have been deleted and then recreated"
        why = f"the UID in the precondition ({options.uid}) does not match the UID in record ({metadata.uid}). {again}"
        return conflict(kind, metadata.name, why)
    if options.resource_version and options.resource_version != metadata.resource_version:
        versions = (options.resource_version, metadata.resource_version)
        why = "the ResourceVersion in the precondition ({}) does not match the ResourceVersion in record ({}). {}"
        return conflict(kind, metadata.name, why.format(*versions, "The object might have been modified"))
    return None


def _held(obj: ApiObject) -> bool:
    """Tell whether something other than its finalizers keeps the object."""
    return type(obj) in _HOLDS and _HOLDS[type(obj)][0](obj)


def _evolve(obj: ApiObject, **changes: Any) -> ApiObject:
    """Return `obj` with these changes to its metadata: itself if they change nothing."""
    metadata = evolve(obj.metadata, **changes)
    return obj if metadata == obj.metadata else evolve(obj, metadata=metadata)


def _terminating(namespace: Namespace) -> Namespace:
    return evolve(namespace, status=evolve(namespace.status, phase="Terminating"))


_HOLDS: dict[type, tuple[Callable[[Any], bool], Callable[[Any], Any]]] = {
    Namespace: (lambda namespace: bool(namespace.spec.finalizers), _terminating),
}
"""What keeps an object beside its finalizers, and what marking it for deletion does beside the mark."""
