"""What holds of StatefulSets: identities that are kept, an order of coming and going, partitions, and claims.

What a pod is to be is said anew here, from its name. Laws about how pods come look at the latest change; who takes a
pod away the log does not tell, so that the order of going is a question: it is the set's own work as long as nobody
else deletes its pods.

Upstream: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.apps.statefulset import StatefulSet
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.cluster.state import ClusterState
from kcore.invariants import lastpod
from kcore.invariants.invariant import PROMPT, Invariant, law, question
from kcore.invariants.pods import ended, going, name, pods_of, ready, ready_for
from kcore.invariants.recent import Standing
from kcore.machine import Culprits, Finding

NAME_LABEL = "statefulset.kubernetes.io/pod-name"
REVISION_LABEL = "controller-revision-hash"
_UPSTREAM = "https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/statefulset"
_DOCS = "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/"


def pods_keep_their_identity(state: ClusterState) -> Finding:
    """Tell whether each pod of a set has the name, hostname, label and claims of an ordinal."""
    for one in _sets(state):
        for pod in pods_of(state.store, one):
            own = pod.metadata.name
            if _ordinal(one, own) < 0:
                return Culprits("its name has no ordinal of the set", name(one), name(pod))
            if (pod.spec.hostname, pod.metadata.labels.get(NAME_LABEL)) != (own, own):
                return Culprits("its hostname and its label are not its name", name(one), name(pod))
            if not _claims(one, _ordinal(one, own)) <= _claimed(pod):
                return Culprits("it does not have the claims of its ordinal", name(one), name(pod))
    return True


def one_pod_an_identity(state: ClusterState) -> Finding:
    """Tell whether no two pods of a set have one ordinal."""
    for one in _sets(state):
        known: dict[int, Pod] = {}
        for pod in pods_of(state.store, one):
            before = known.setdefault(_ordinal(one, pod.metadata.name), pod)
            if before is not pod:
                return Culprits("they have one ordinal", name(one), name(before), name(pod))
    return True


def claims_stay_with_their_identity(state: ClusterState) -> Finding:
    """Tell whether no pod uses a claim that a set made for another of its ordinals."""
    for one in _sets(state):
        owned = {claim: at for pod in pods_of(state.store, one) for claim, at in _claims_of(one, pod)}
        for pod in pods_of(state.store, one):
            own = _ordinal(one, pod.metadata.name)
            if any(owned.get(claim, own) != own for claim in _claimed(pod)):
                return Culprits("it uses the claim of another pod", name(one), name(pod))
    return True


def retained_claims_have_no_owner(state: ClusterState) -> Finding:
    """Tell whether no claim of a set that retains its claims would go with the set or a pod."""
    for one in _sets(state):
        policy = one.spec.persistent_volume_claim_retention_policy
        if policy is not None and "Delete" in (policy.when_deleted, policy.when_scaled):
            continue
        for pod in pods_of(state.store, one):
            for claim in sorted(_claims(one, _ordinal(one, pod.metadata.name))):
                found = state.store.get(ObjectKey("PersistentVolumeClaim", one.metadata.namespace, claim))
                if found is not None and any(ref.uid in _uids(one, pod) for ref in found.metadata.owner_references):
                    return Culprits("it has an owner, and is to be retained", name(one), name(found))
    return True


def pods_come_in_order(state: ClusterState) -> Finding:
    """Tell whether the pod that an ordered set made last came when all before it were ready and available."""
    for one, pod in _made(state):
        if one.spec.pod_management_policy == "Parallel":
            continue
        there = {_ordinal(one, each.metadata.name): each for each in pods_of(state.store, one)}
        for ordinal in range(_start(one), _ordinal(one, pod.metadata.name)):
            before = there.get(ordinal)
            if before is None or going(before) or not _available(state, one, before):
                return Culprits(f"it came before the pod {ordinal} was ready", name(one), name(pod))
    return True


def pods_go_in_order(state: ClusterState) -> Finding:
    """Tell whether a pod that is too many went only when it was the last of an ordered set."""
    for one, old in _taken(state):
        if _in_range(one, old):
            continue
        own = _ordinal(one, old.metadata.name)
        later = [pod for pod in pods_of(state.store, one) if _ordinal(one, pod.metadata.name) > own]
        if later:
            return Culprits("it went before those after it", name(one), name(old), *map(name, later))
    return True


def updates_take_one_at_a_time(state: ClusterState) -> Finding:
    """Tell whether an update took a pod of an ordered set away only when all others were ready and available."""
    for one, old in _taken(state):
        if ended(old) or not _in_range(one, old):
            continue
        others = {
            _ordinal(one, pod.metadata.name): pod
            for pod in pods_of(state.store, one)
            if pod.metadata.uid != old.metadata.uid
        }
        for ordinal in range(_start(one), _start(one) + _wanted(one)):
            other = others.get(ordinal)
            own = ordinal == _ordinal(one, old.metadata.name)
            if not own and (other is None or going(other) or not _available(state, one, other)):
                return Culprits(f"it was taken while the pod {ordinal} was not available", name(one), name(old))
    return True


def nothing_beyond_a_partition_is_updated(state: ClusterState) -> Finding:
    """Tell whether the pod made last, if its ordinal is below the partition, is of the current revision."""
    for one, pod in _made(state):
        rolling = one.spec.update_strategy.rolling_update
        current = one.status.current_revision
        if rolling is None or not current or one.status.observed_generation < 1:
            continue
        below = _ordinal(one, pod.metadata.name) < _start(one) + (rolling.partition or 0)
        if below and pod.metadata.labels.get(REVISION_LABEL) != current:
            return Culprits("it is below the partition and of the new revision", name(one), name(pod))
    return True


def _sets(state: ClusterState) -> Iterator[StatefulSet]:
    return (one for one in state.store.list("StatefulSet") if isinstance(one, StatefulSet))


def _made(state: ClusterState) -> Iterator[tuple[StatefulSet, Pod]]:
    """Yield the pod that was made last, with its set as it was then, if no pod has changed since."""
    yield from _of_set(state, lastpod.made(state))


def _taken(state: ClusterState) -> Iterator[tuple[StatefulSet, Pod]]:
    """Yield the pod that was taken away last from an ordered set, with the set as it was then, likewise."""
    for one, pod in _of_set(state, lastpod.taken(state)):
        if one.spec.pod_management_policy != "Parallel":
            yield one, pod


def _of_set(state: ClusterState, found: tuple[Change, Pod] | None) -> Iterator[tuple[StatefulSet, Pod]]:
    if found is not None:
        one = lastpod.controller_then(state, "StatefulSet", *found)
        if isinstance(one, StatefulSet):
            yield one, found[1]


def _ordinal(one: StatefulSet, pod: str) -> int:
    """Return the ordinal in the name of a pod; -1 when it is no name of the set."""
    prefix, _, number = pod.rpartition("-")
    return int(number) if prefix == one.metadata.name and number.isdecimal() and number.isascii() else -1


def _start(one: StatefulSet) -> int:
    return one.spec.ordinals.start if one.spec.ordinals else 0


def _wanted(one: StatefulSet) -> int:
    return 1 if one.spec.replicas is None else one.spec.replicas


def _in_range(one: StatefulSet, pod: Pod) -> bool:
    return _start(one) <= _ordinal(one, pod.metadata.name) < _start(one) + _wanted(one)


def _available(state: ClusterState, one: StatefulSet, pod: Pod) -> bool:
    return not ended(pod) and ready(pod) and ready_for(pod, one.spec.min_ready_seconds, state.now)


def _claims(one: StatefulSet, ordinal: int) -> set[str]:
    """Return the names of the claims of an ordinal."""
    return {f"{each.metadata.name}-{one.metadata.name}-{ordinal}" for each in one.spec.volume_claim_templates}


def _claims_of(one: StatefulSet, pod: Pod) -> Iterator[tuple[str, int]]:
    ordinal = _ordinal(one, pod.metadata.name)
    return ((claim, ordinal) for claim in sorted(_claims(one, ordinal)))


def _claimed(pod: Pod) -> set[str]:
    """Return the names of the claims that a pod uses."""
    found = (each.persistent_volume_claim for each in pod.spec.volumes)
    return {each.claim_name for each in found if each is not None}


def _uids(one: StatefulSet, pod: Pod) -> set[str]:
    return {one.metadata.uid, pod.metadata.uid}


def _some_pod(state: ClusterState) -> Finding:
    return any(True for one in _sets(state) for _ in pods_of(state.store, one))


def _two_pods(state: ClusterState) -> Finding:
    return any(len(list(pods_of(state.store, one))) > 1 for one in _sets(state))


def _some_claim(state: ClusterState) -> Finding:
    return any(
        isinstance(one, PersistentVolumeClaim) for one in state.store.list("PersistentVolumeClaim")
    ) and _some_pod(state)


def _second_made(state: ClusterState) -> Finding:
    return any(_ordinal(one, pod.metadata.name) > _start(one) for one, pod in _made(state))


def _condemned(state: ClusterState) -> Finding:
    return any(not _in_range(one, pod) for one, pod in _taken(state))


def _rolling(state: ClusterState) -> Finding:
    return any(_in_range(one, pod) and not ended(pod) for one, pod in _taken(state))


def _partitioned(state: ClusterState) -> Finding:
    return any(
        one.spec.update_strategy.rolling_update is not None
        and _ordinal(one, pod.metadata.name) < _start(one) + (one.spec.update_strategy.rolling_update.partition or 0)
        for one, pod in _made(state)
    )


_ALONE = "nobody else makes pods or claims of these names"
_UNTOUCHED = "nobody else deletes its pods: no person, no eviction, no loss of a node"

INVARIANTS: tuple[Invariant, ...] = (
    law(
        "pods-keep-their-identity",
        "Each pod of a StatefulSet has the name, the hostname and the claims of its ordinal.",
        Standing(pods_keep_their_identity, "StatefulSet", "Pod"),
        _some_pod,
        assumes=(_ALONE,),
        upstream=f"{_UPSTREAM}/stateful_set_utils.go",
    ),
    law(
        "one-pod-an-identity",
        "The API never holds two pods of one identity of a StatefulSet.",
        Standing(one_pod_an_identity, "StatefulSet", "Pod"),
        _two_pods,
        assumes=(_ALONE,),
        upstream=f"{_DOCS}#pod-identity",
    ),
    law(
        "claims-stay-with-their-identity",
        "A claim that a StatefulSet made for one of its pods is never given to another.",
        Standing(claims_stay_with_their_identity, "StatefulSet", "Pod"),
        _some_claim,
        assumes=(_ALONE,),
        upstream=f"{_DOCS}#stable-storage",
    ),
    law(
        "retained-claims-have-no-owner",
        "A claim that is to be retained does not go with its StatefulSet or its pod.",
        Standing(retained_claims_have_no_owner, "StatefulSet", "Pod", "PersistentVolumeClaim"),
        _some_claim,
        assumes=(_ALONE, "the policy was never another one"),
        upstream=f"{_DOCS}#persistentvolumeclaim-retention",
    ),
    law(
        "pods-come-in-order",
        "A pod of an ordered StatefulSet is made when all before it are ready and available.",
        Standing(pods_come_in_order, "StatefulSet", "Pod"),
        _second_made,
        assumes=("what happens between a look and a write of the controller does not count",),
        timings=PROMPT,
        upstream=f"{_DOCS}#deployment-and-scaling-guarantees",
    ),
    law(
        "nothing-beyond-a-partition-is-updated",
        "A pod of a StatefulSet below the partition is made of the current revision.",
        Standing(nothing_beyond_a_partition_is_updated, "StatefulSet", "Pod"),
        _partitioned,
        assumes=("what happens between a look and a write of the controller does not count",),
        timings=PROMPT,
        upstream=f"{_DOCS}#partitions",
    ),
    question(
        "pods-go-in-order",
        "A pod that is too many goes when it is the last of an ordered StatefulSet.",
        pods_go_in_order,
        _condemned,
        assumes=(_UNTOUCHED,),
        upstream=f"{_DOCS}#deployment-and-scaling-guarantees",
    ),
    question(
        "updates-take-one-at-a-time",
        "An update takes a pod of an ordered StatefulSet away when all others are ready and available.",
        updates_take_one_at_a_time,
        _rolling,
        assumes=(_UNTOUCHED,),
        upstream=f"{_DOCS}#rolling-updates",
    ),
)
