"""What holds of Deployments: within surge, never less available than promised, one ReplicaSet a template.

The bounds are computed here anew: a percentage of maxSurge is rounded up, one of maxUnavailable down, and one pod may
be unavailable where both come to nothing.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment/util/deployment_util.go
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.apps.deployment import Deployment
from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.core.pod import PodTemplateSpec
from kcore.api.kinds import key_of
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.cluster.state import ClusterState
from kcore.cluster.timing import Timing
from kcore.invariants.invariant import PROMPT, Invariant, law, question
from kcore.invariants.pods import active, controls, going, name, pods_of
from kcore.invariants.recent import Standing, Steps, changes_of, past, recent, versions
from kcore.invariants.settled import WhenSettled, settled
from kcore.machine import Culprits, Finding, leads_to

FAMILY = "deployment-controller"
HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
HEARD = frozenset({Timing.PROMPT, Timing.INTERLEAVED})
"""The timings in which a controller has heard of what it did."""

_UPSTREAM = "https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment"
_DOCS = "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/"


def bounds(deployment: Deployment) -> tuple[int, int]:
    """Return the most pods that a Deployment may have, and the fewest that have to be available."""
    wanted = _wanted(deployment)
    rolling = deployment.spec.strategy.rolling_update
    if deployment.spec.strategy.type != "RollingUpdate" or rolling is None:
        return wanted, 0 if deployment.spec.strategy.type == "Recreate" else wanted - 1
    surge = _share(rolling.max_surge, wanted, up=True)
    less = _share(rolling.max_unavailable, wanted, up=False)
    return wanted + surge, wanted - min(wanted, less if surge or less else 1)


def replicas_within_surge(state: ClusterState) -> Finding:
    """Tell whether the ReplicaSets of no Deployment want more pods together than it may have, or might have of late."""
    for one in _deployments(state):
        owned = _owned(state, one)
        wanted = sum(map(_wanted, owned))
        if wanted > bounds(one)[0] and wanted > _most(state, one):
            return Culprits(f"{wanted} pods are wanted where {_most(state, one)} may be", name(one), *map(name, owned))
    return True


def pods_within_surge(state: ClusterState) -> Finding:
    """Tell whether no Deployment has more active pods than it may have, or might have of late."""
    for one in _deployments(state):
        pods = [pod for each in _owned(state, one) for pod in pods_of(state.store, each) if active(pod)]
        if len(pods) > bounds(one)[0] and len(pods) > _most(state, one):
            return Culprits(f"{len(pods)} pods where {_most(state, one)} may be", name(one), *map(name, pods))
    return True


def rollouts_keep_available(state: ClusterState) -> Finding:
    """Tell whether no ReplicaSet was made smaller of late so that fewer pods stay available than are promised.

    What its ReplicaSets last said is available counts. Only changes since they last said something else are looked at,
    as those before were made in view of other pods.
    """
    for one in _deployments(state):
        owned = {key_of(each): each for each in _owned(state, one)}
        promised = bounds(one)[1]
        staying = sum(min(each.status.available_replicas, _wanted(each)) for each in owned.values())
        if staying >= promised:
            continue
        for old, new in _shrunk(state):
            rolled = old.metadata.annotations.get(DESIRED) == str(_wanted(one))
            if key_of(new) in owned and rolled and old.status.available_replicas > _wanted(new):
                return Culprits(f"{staying} pods stay available where {promised} are promised", name(one), name(new))
    return True


def one_replica_set_a_template(state: ClusterState) -> Finding:
    """Tell whether no two ReplicaSets of a Deployment have one template."""
    for one in _deployments(state):
        seen: list[ReplicaSet] = []
        for each in _owned(state, one):
            for other in seen:
                if _same_template(each.spec.template, other.spec.template):
                    return Culprits("they have one template", name(one), name(other), name(each))
            seen.append(each)
    return True


def missummed(state: ClusterState, one: Deployment) -> Culprits | None:
    """Return how the status of a Deployment does not sum up its ReplicaSets."""
    owned, status = _owned(state, one), one.status
    new = [each for each in owned if _same_template(each.spec.template, one.spec.template)]
    sums = {
        "replicas": (status.replicas, sum(each.status.replicas for each in owned)),
        "updatedReplicas": (status.updated_replicas, sum(each.status.replicas for each in new)),
        "readyReplicas": (status.ready_replicas, sum(each.status.ready_replicas for each in owned)),
        "availableReplicas": (status.available_replicas, sum(each.status.available_replicas for each in owned)),
        "observedGeneration": (status.observed_generation, one.metadata.generation),
    }
    for field, (said, so) in sums.items():
        if said != so:
            return Culprits(f"its {field} is {said}, and should be {so}", name(one), *map(name, owned))
    return None


def newest_not_current(state: ClusterState, one: Deployment) -> Culprits | None:
    """Return how the ReplicaSet of a Deployment's template has not the highest revision, or the Deployment not its."""
    revisions = {each: int(each.metadata.annotations.get(REVISION, "0")) for each in _owned(state, one)}
    said = one.metadata.annotations.get(REVISION, "0")
    for each, revision in revisions.items():
        others = [number for other, number in revisions.items() if other is not each]
        wrong = said != str(revision) or revision <= max(others, default=0)
        if wrong and _same_template(each.spec.template, one.spec.template):
            return Culprits(
                f"its template is that of revision {revision}, it says {said}", name(one), *map(name, revisions)
            )
    return None


def spec_put_back(state: ClusterState, change: Change) -> Culprits | None:
    """Return how a write gave a Deployment the spec back that it had before its last change."""
    old, new = change.old, change.new
    if not isinstance(old, Deployment) or not isinstance(new, Deployment) or old.spec == new.spec:
        return None
    earlier = (one.old for one in reversed(past(state)) if one.key == change.key and one.revision < change.revision)
    same = (one for one in earlier if isinstance(one, Deployment) and one.metadata.uid == new.metadata.uid)
    last = next((one for one in same if one.spec != old.spec), None)
    return (
        Culprits("its spec is what it was before the last change", name(new))
        if last and last.spec == new.spec
        else None
    )


def rolled_out(state: ClusterState) -> Finding:
    """Tell whether each Deployment that is not paused has all its pods, of its template, and available."""
    for one in _deployments(state):
        wanted, status = _wanted(one), one.status
        seen = status.observed_generation >= one.metadata.generation
        whole = status.updated_replicas == status.replicas == status.available_replicas == wanted
        if not one.spec.paused and not (seen and whole):
            why = f"{status.updated_replicas} of {wanted} pods are new, {status.available_replicas} are available"
            return Culprits(why, name(one))
    return True


def _rolling(state: ClusterState) -> Finding:
    return rolled_out(state) is not True


def _all(store: Store) -> Iterator[Deployment]:
    return (one for one in store.list("Deployment") if isinstance(one, Deployment))


def _deployments(state: ClusterState) -> Iterator[Deployment]:
    """Yield the Deployments that nobody deletes."""
    return (one for one in _all(state.store) if not going(one))


def _owned(state: ClusterState, deployment: Deployment) -> list[ReplicaSet]:
    """Return the ReplicaSets that a Deployment controls, sorted by name."""
    found = state.store.owned_by(deployment.metadata.uid)
    return [one for one in found if isinstance(one, ReplicaSet) and controls(deployment, one)]


def _most(state: ClusterState, deployment: Deployment) -> int:
    """Return the most pods that a Deployment may have, or might have of late."""
    return max(bounds(one)[0] for one in versions(state, key_of(deployment)) if isinstance(one, Deployment))


def _shrunk(state: ClusterState) -> Iterator[tuple[ReplicaSet, ReplicaSet]]:
    """Yield the ReplicaSets that were made smaller since the last news of what is available, before and after."""
    for change in reversed(recent(state)):
        old, new = change.old, change.new
        if isinstance(old, ReplicaSet) and isinstance(new, ReplicaSet):
            if old.status.available_replicas != new.status.available_replicas:
                return
            if _wanted(new) < _wanted(old):
                yield old, new


def _wanted(one: Deployment | ReplicaSet) -> int:
    return 1 if one.spec.replicas is None else one.spec.replicas


def _share(value: int | str | None, total: int, *, up: bool) -> int:
    """Return a number, or a percentage of a total rounded up or down."""
    if not isinstance(value, str):
        return value or 0
    share = int(value.removesuffix("%")) * total
    return -(-share // 100) if up else share // 100


def _same_template(one: PodTemplateSpec, other: PodTemplateSpec) -> bool:
    """Tell whether templates are the same, the label with their hash aside."""
    if one.spec != other.spec or one.metadata.annotations != other.metadata.annotations:
        return False
    return _labels(one) == _labels(other)


def _labels(template: PodTemplateSpec) -> dict[str, str]:
    return {key: value for key, value in template.metadata.labels.items() if key != HASH}


def _two_replica_sets(state: ClusterState) -> Finding:
    return any(len(_owned(state, one)) > 1 for one in _deployments(state))


def _two_with_pods(state: ClusterState) -> Finding:
    return any(sum(_wanted(each) > 0 for each in _owned(state, one)) > 1 for one in _deployments(state))


def _taken_away(state: ClusterState) -> Finding:
    return any(old.status.available_replicas > _wanted(new) for old, new in _shrunk(state))


def _asked_of(state: ClusterState) -> Finding:
    """Tell whether the spec of a Deployment changed of late."""
    pairs = ((one.old, one.new) for one in changes_of(state, "Deployment"))
    return any(isinstance(a, Deployment) and isinstance(b, Deployment) and a.spec != b.spec for a, b in pairs)


def _two_settled(state: ClusterState) -> Finding:
    return settled(state, FAMILY) and _two_replica_sets(state)


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "replicas-within-surge",
        "The ReplicaSets of a Deployment never want more pods together than it desires and may surge by.",
        Standing(replicas_within_surge, "Deployment", "ReplicaSet"),
        _two_with_pods,
        assumes=(
            "nobody scales its ReplicaSets by hand",
            "the log reaches back to when it was last scaled",
            "the controller has heard of each ReplicaSet that it made: it expects none, and would count it as nothing",
        ),
        timings=HEARD,
        upstream=f"{_DOCS}#max-surge",
    ),
    law(
        "rollouts-keep-available",
        "A rollout takes no available pod away when fewer would stay than desired less maxUnavailable.",
        Standing(rollouts_keep_available, "Deployment", "ReplicaSet"),
        _taken_away,
        assumes=(
            "the ReplicaSets say what is so: a pod that has just failed counts until its ReplicaSet has heard of it",
            "nobody scales its ReplicaSets by hand",
        ),
        timings=PROMPT,
        upstream=f"{_UPSTREAM}/rolling.go",
    ),
    law(
        "one-replicaset-a-template",
        "A Deployment has no two ReplicaSets of one template.",
        Standing(one_replica_set_a_template, "Deployment", "ReplicaSet"),
        _two_replica_sets,
        assumes=("nobody makes ReplicaSets by hand that it adopts",),
        upstream=f"{_UPSTREAM}/sync.go",
    ),
    law(
        "deployment-status-sums-when-settled",
        "The status of a Deployment whose controller is through with it sums up its ReplicaSets.",
        WhenSettled(FAMILY, _all, missummed, "Deployment", "ReplicaSet"),
        _two_settled,
        upstream=f"{_UPSTREAM}/sync.go",
    ),
    law(
        "newest-revision-is-current-when-settled",
        "The ReplicaSet of a settled Deployment's template has the highest revision.",
        WhenSettled(FAMILY, _all, newest_not_current, "Deployment", "ReplicaSet"),
        _two_settled,
        upstream=f"{_UPSTREAM}/util/deployment_util.go",
    ),
    question(
        "pods-within-surge",
        "A Deployment never has more pods than it desires and may surge by, also while some are yet to be deleted.",
        Standing(pods_within_surge, "Deployment", "ReplicaSet", "Pod"),
        _two_with_pods,
        assumes=(
            "nobody scales its ReplicaSets by hand or makes pods that they adopt",
            "a ReplicaSet has deleted its pods before another makes more, as it may not if a rollout is cut short",
        ),
        upstream=f"{_DOCS}#rollover-aka-multiple-updates-in-flight",
    ),
    question(
        "what-is-asked-of-deployments-stays",
        "No write gives a Deployment the spec back that it had before the last change.",
        Steps(spec_put_back),
        _asked_of,
        assumes=("nobody asks again for what was asked for before",),
        upstream="https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions",
    ),
    question(
        "every-rollout-ends",
        "A Deployment whose rollout is under way has all pods of its template available in the end.",
        leads_to("every-rollout-ends", _rolling, rolled_out),
        _rolling,
        assumes=("faults and acts of people stop",),
        upstream=f"{_DOCS}#complete-deployment",
    ),
)
