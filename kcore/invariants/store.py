"""What holds of every object in the store, whatever its kind: revisions, uids, deletion, finalizers, generations.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go
"""

from __future__ import annotations

from kcore.api.object import ApiObject
from kcore.apiserver.changes import Change
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import Invariant, law
from kcore.invariants.pods import going
from kcore.invariants.recent import Standing, Steps, recent
from kcore.machine import Culprits, Finding

_REST = "https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/registry"


def revisions_grow(state: ClusterState) -> Finding:
    """Tell whether each change has a higher revision than the last, which its object carries."""
    last = 0
    for change in recent(state):
        if change.revision <= last:
            return Culprits(f"revision {change.revision} follows {last}", str(change.key))
        last = change.revision
        if change.new is not None and change.new.metadata.resource_version != str(last):
            return Culprits(f"revision {last} wrote version {change.new.metadata.resource_version}", str(change.key))
    return last <= state.store.revision or Culprits(f"a change of revision {last} is ahead of the store")


def uid_changed(_: ClusterState, change: Change) -> Culprits | None:
    """Return how an object became one of another uid without being deleted."""
    old, new = change.old, change.new
    if old is None or new is None or old.metadata.uid == new.metadata.uid:
        return None
    return Culprits(f"uid {old.metadata.uid} became {new.metadata.uid}", str(change.key))


def deletion_called_off(_: ClusterState, change: Change) -> Culprits | None:
    """Return how a deletion was called off or put off."""
    old, new = change.old, change.new
    if old is None or new is None or old.metadata.uid != new.metadata.uid:
        return None
    then, now = old.metadata.deletion_timestamp, new.metadata.deletion_timestamp
    if then is None or (now is not None and now <= then):
        return None
    return Culprits(f"its deletion was {'called' if now is None else 'put'} off", str(change.key))


def finalizers_ignored(_: ClusterState, change: Change) -> Culprits | None:
    """Return how something with finalizers went that had not been marked for deletion before."""
    old = change.old
    if change.new is not None or old is None or not old.metadata.finalizers or going(old):
        return None
    return Culprits(f"it went with the finalizers {', '.join(old.metadata.finalizers)}", str(change.key))


def generation_wrong(_: ClusterState, change: Change) -> Culprits | None:
    """Return how a generation shrank, or did not grow with what is desired of kinds that count it."""
    old, new = change.old, change.new
    if old is None or new is None or old.metadata.uid != new.metadata.uid or not old.metadata.generation:
        return None
    then, now = old.metadata.generation, new.metadata.generation
    if now < then or (now == then and change.key.kind not in _OWN_COUNT and _spec(old) != _spec(new)):
        return Culprits(f"generation {now} follows {then}", str(change.key))
    return None


def status_ahead(_: ClusterState, change: Change) -> Culprits | None:
    """Return how a written status speaks of a generation that is yet to come."""
    observed = None if change.new is None else _observed(change.new)
    if change.new is None or observed is None or observed <= change.new.metadata.generation:
        return None
    why = f"its status observed generation {observed}, its generation is {change.new.metadata.generation}"
    return Culprits(why, str(change.key))


def _written(state: ClusterState) -> Finding:
    return any(change.old is not None and change.new is not None for change in recent(state))


def _spec(obj: ApiObject) -> object:
    return getattr(obj, "spec", None)


def _observed(obj: ApiObject) -> int | None:
    """Return the generation that the status speaks of; None where it speaks of none."""
    return getattr(getattr(obj, "status", None), "observed_generation", None)


def _deletion_changed(state: ClusterState) -> Finding:
    return any(change.old is not None and change.new is not None and going(change.old) for change in recent(state))


def _held(state: ClusterState) -> Finding:
    return any(
        change.new is not None and going(change.new) and bool(change.new.metadata.finalizers)
        for change in recent(state)
    )


def _generation_moved(state: ClusterState) -> Finding:
    return any(
        change.old is not None
        and change.new is not None
        and change.old.metadata.generation < change.new.metadata.generation
        for change in recent(state)
    )


def _status_spoke(state: ClusterState) -> Finding:
    return any(change.new is not None and bool(_observed(change.new)) for change in recent(state))


_OWN_COUNT = frozenset({"Pod", "Node", "Service", "Namespace"})
"""Kinds of which some fields of the spec are set without a new generation, as a binding does."""

INVARIANTS: tuple[Invariant, ...] = (
    law(
        "revisions-grow",
        "Each write has a higher revision than the one before it, and its object carries that as its resourceVersion.",
        Standing(revisions_grow),
        _written,
        upstream="https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions",
    ),
    law(
        "uids-stay",
        "An object keeps its uid until it is deleted.",
        Steps(uid_changed),
        _written,
        upstream="https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#uids",
    ),
    law(
        "deletion-is-final",
        "A deletion that has begun is never called off or put off.",
        Steps(deletion_called_off),
        _deletion_changed,
        upstream=f"{_REST}/rest/delete.go",
    ),
    law(
        "finalizers-hold",
        "An object with finalizers is marked for deletion and stays until they are taken away.",
        Steps(finalizers_ignored),
        _held,
        upstream="https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/",
    ),
    law(
        "generations-grow",
        "A generation never shrinks, and grows whenever what is desired changes.",
        Steps(generation_wrong),
        _generation_moved,
        upstream=f"{_REST}/rest/update.go",
    ),
    law(
        "status-not-ahead",
        "No status has observed a generation that is yet to come.",
        Steps(status_ahead),
        _status_spoke,
        upstream="https://github.com/kubernetes/community/blob/main/contributors/devel/sig-architecture/api-conventions.md",
    ),
)
