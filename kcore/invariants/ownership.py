"""What holds of owners: one controller at most, which lives when it adopts, and nothing is left behind by the gone.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/garbagecollector/garbagecollector.go
"""

from __future__ import annotations

from kcore.api.kinds import key_kind, key_of, kind_of
from kcore.api.meta.objectmeta import OwnerReference
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.changes import Change
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import PROMPT, Invariant, law
from kcore.invariants.pods import going, name
from kcore.invariants.recent import Steps, after, past, recent
from kcore.invariants.settled import settled
from kcore.machine import Culprits, Finding

COLLECTOR = "garbage-collector-controller"
_DOCS = "https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/"


def two_controllers(_: ClusterState, change: Change) -> Culprits | None:
    """Return how an object was written with two controllers."""
    if change.new is None or len(change.new.metadata.owner_references) < 2:
        return None
    owners = [one for one in change.new.metadata.owner_references if one.controller]
    return Culprits("it has two controllers", str(change.key), *map(_text, owners)) if len(owners) > 1 else None


def adopted_by_the_dead(state: ClusterState, change: Change) -> Culprits | None:
    """Return how an object got a controller that was not there; one that went later was."""
    old, new = change.old, change.new
    if old is None or new is None or new.metadata.controller is None or old.metadata.controller is not None:
        return None
    reference = new.metadata.controller
    if _exists(state, change.key, reference):
        return None
    if any(one.old is not None and one.old.metadata.uid == reference.uid for one in after(state, change)):
        return None
    return Culprits(f"it was adopted by uid {reference.uid}, which is not there", str(change.key), _text(reference))


def nothing_left_behind(state: ClusterState) -> Finding:
    """Tell whether the garbage collector, where it is through, left nothing whose owners are all gone."""
    if not settled(state, COLLECTOR):
        return True
    for change in past(state):
        if change.new is None and change.old is not None:
            for one in state.store.owned_by(change.old.metadata.uid):
                if not going(one) and not _some_owner(state, one):
                    return Culprits("all its owners are gone", name(one), str(change.key))
    return True


def _some_owner(state: ClusterState, one: ApiObject) -> bool:
    return any(_exists(state, key_of(one), each) for each in one.metadata.owner_references)


def _exists(state: ClusterState, of: ObjectKey, reference: OwnerReference) -> bool:
    """Tell whether the owner that an object at `of` names is there, with that uid; one of an unknown kind may be."""
    kind = kind_of(reference.api_version, reference.kind)
    if kind is None:
        return True
    found = state.store.get(ObjectKey(key_kind(kind), of.namespace if kind.namespaced else "", reference.name))
    return found is not None and found.metadata.uid == reference.uid


def _text(reference: OwnerReference) -> str:
    return f"{reference.kind}/{reference.name}"


def _controlled(state: ClusterState) -> Finding:
    return any(change.new is not None and change.new.metadata.controller is not None for change in recent(state))


def _adopted(state: ClusterState) -> Finding:
    return any(
        change.old is not None
        and change.new is not None
        and change.new.metadata.controller is not None
        and change.old.metadata.controller is None
        for change in recent(state)
    )


def _owner_went(state: ClusterState) -> Finding:
    """Tell whether something went, and then something that it owned."""
    gone: set[str] = set()
    for change in past(state) if settled(state, COLLECTOR) else ():
        if change.new is None and change.old is not None:
            if any(one.uid in gone for one in change.old.metadata.owner_references):
                return True
            gone.add(change.old.metadata.uid)
    return False


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "one-controller",
        "An object has one controller at most.",
        Steps(two_controllers),
        _controlled,
        upstream=_DOCS,
    ),
    law(
        "adopted-by-the-living",
        "Who adopts an object is there, with the uid that the object then names.",
        Steps(adopted_by_the_dead),
        _adopted,
        assumes=("nobody deletes the adopter between its last look at itself and the adoption",),
        timings=PROMPT,
        upstream="https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/controller_ref_manager.go",
    ),
    law(
        "nothing-left-behind-when-settled",
        "Where the garbage collector is through, nothing is left whose owners are all gone.",
        nothing_left_behind,
        _owner_went,
        upstream="https://kubernetes.io/docs/concepts/architecture/garbage-collection/",
    ),
)
