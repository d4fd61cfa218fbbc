"""The eviction subresource: a delete that asks the disruption budgets first.

Models upstream's handler: pods that are pending, finished or on their way out go without asking; more than one budget
is an error; an unready pod may go by the budget's unhealthyPodEvictionPolicy; any other takes one disruption from the
budget, which must have heard of its last change. An evicted pod gets the DisruptionTarget condition, then is deleted.

The retries of upstream's handler on conflicts are not needed: nothing comes between its reads and writes here.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/pod/storage/eviction.go
"""

from __future__ import annotations

from kcore.api.convert import structure
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.kinds import class_kind
from kcore.api.meta.condition import Condition
from kcore.api.policy.eviction import Eviction
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget
from kcore.api.selectors.label import from_label_selector
from kcore.api.selectors.requirement import SelectorError
from kcore.api.times import Time
from kcore.apiserver.conditions import found, is_true, with_condition
from kcore.apiserver.decode import decode
from kcore.apiserver.deletion import Deletion, delete_object, unmet
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.request import Options
from kcore.apiserver.status import Cause, Status, bad_request, failure, too_many_requests
from kcore.apiserver.store import Store
from kcore.apiserver.verbs.delete import with_options
from kcore.apiserver.verbs.get import existing
from kcore.machine import Note

KIND = class_kind(Eviction)
MAX_DISRUPTED_PODS = 2000
RETRY_AFTER_SECONDS = 10

VIOLATED = "Cannot evict pod as it would violate the pod's disruption budget."
TOO_MANY_BUDGETS = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
TARGET = Condition(
    type="DisruptionTarget", status="True", reason="EvictionByEvictionAPI", message="Eviction API: evicting"
)


def evict(operation: Operation) -> Outcome:
    """Delete the pod if its disruption budgets allow it."""
    options = _options(operation)
    if isinstance(options, Status):
        return operation.refuse(options)
    pod = existing(operation)
    if not isinstance(pod, Pod):
        return operation.refuse(pod if isinstance(pod, Status) else failure("not a pod"))
    allowed = allow(operation.store, pod, operation.context.time)
    if isinstance(allowed, Status):
        refused = Note("pod.eviction_refused", pod=str(operation.key), client=operation.request.client)
        return operation.refuse(allowed, refused)
    done = _delete(operation, allowed, pod, options)
    if isinstance(done, Status):
        return operation.refuse(done)
    dry = evolve(operation, request=evolve(operation.request, options=options))
    return dry.grant(
        done.store, None, Note("pod.evicted", pod=str(operation.key), client=operation.request.client), code=201
    )


def allow(store: Store, pod: Pod, now: Time) -> Store | Status:
    """Return the store in which the eviction of `pod` is taken from its budget, or why the pod must stay."""
    if pod.status.phase in ("Succeeded", "Failed", "Pending") or pod.metadata.deletion_timestamp is not None:
        return store
    budgets = budgets_of(store, pod)
    if len(budgets) > 1:
        return failure(TOO_MANY_BUDGETS)
    if not budgets or _unhealthy_may_go(pod, budgets[0]):
        return store
    taken = take_disruption(budgets[0], pod.metadata.name, now)
    return taken if isinstance(taken, Status) else store.put(taken)


def budgets_of(store: Store, pod: Pod) -> tuple[PodDisruptionBudget, ...]:
    """Return the budgets that cover `pod`: an empty selector covers all pods, an absent or malformed one none."""
    budgets = store.list("PodDisruptionBudget", pod.metadata.namespace)
    return tuple(one for one in budgets if isinstance(one, PodDisruptionBudget) and _covers(one, pod))


def _covers(budget: PodDisruptionBudget, pod: Pod) -> bool:
    try:
        return from_label_selector(budget.spec.selector).matches(pod.metadata.labels)
    except SelectorError:
        return False


def _unhealthy_may_go(pod: Pod, budget: PodDisruptionBudget) -> bool:
    """Tell whether `pod` does not count as healthy and its budget lets such pods go."""
    if is_true(pod.status.conditions, "Ready"):
        return False
    if budget.spec.unhealthy_pod_eviction_policy == "AlwaysAllow":
        return True
    return budget.status.current_healthy >= budget.status.desired_healthy > 0


def take_disruption(budget: PodDisruptionBudget, pod: str, now: Time) -> PodDisruptionBudget | Status:
    """Return `budget` with one disruption less, for the pod of that name, or why there is none to take."""
    name, status = budget.metadata.name, budget.status
    if status.observed_generation < budget.metadata.generation:
        return _violated(f"The disruption budget {name} is still being processed by the server.", RETRY_AFTER_SECONDS)
    if status.disruptions_allowed < 0:
        return _forbidden(name, "pdb disruptions allowed is negative")
    if len(status.disrupted_pods) > MAX_DISRUPTED_PODS:
        return _forbidden(name, "DisruptedPods map too big - too many evictions not confirmed by PDB controller")
    if status.disruptions_allowed == 0:
        return _violated(_exhausted(budget), 0)
    left = status.disruptions_allowed - 1
    conditions = status.conditions
    if left == 0:
        insufficient = Condition(
            type="DisruptionAllowed",
            status="False",
            reason="InsufficientPods",
            observed_generation=status.observed_generation,
        )
        conditions = with_condition(conditions, insufficient, now)
    disrupted = status.disrupted_pods.set(pod, now)
    changed = evolve(status, disruptions_allowed=left, conditions=conditions, disrupted_pods=disrupted)
    return evolve(budget, status=changed)


def _exhausted(budget: PodDisruptionBudget) -> str:
    """Say why no disruption is left."""
    name, status = budget.metadata.name, budget.status
    condition = found(status.conditions, "DisruptionAllowed")
    if condition and condition.status == "False" and condition.reason == "SyncFailed" and condition.message:
        why = f"because it failed sync: {condition.message}"
        return f"The disruption budget {name} does not allow evicting pods currently {why}"
    needs = f"needs {status.desired_healthy} healthy pods and has {status.current_healthy} currently"
    return f"The disruption budget {name} {needs}"


def _violated(why: str, retry_after_seconds: int) -> Status:
    return too_many_requests(VIOLATED, retry_after_seconds, (Cause(reason="DisruptionBudget", message=why),))


def _forbidden(name: str, why: str) -> Status:
    """Return the 403 of a budget; upstream names its resource in the singular."""
    return Status(code=403, reason="Forbidden", message=f'poddisruptionbudget.policy "{name}" is forbidden: {why}')


def _options(operation: Operation) -> Options | Status:
    """Return the options of the delete: those of the request and those in the body."""
    body = operation.request.body
    if body is None:
        return operation.request.options
    if not isinstance(body, Eviction):
        wire = decode(body, KIND, strict=operation.request.options.strict)
        if isinstance(wire, Status):
            return wire
        body = structure(Eviction, wire)
    if body.metadata.name not in ("", operation.key.name):
        return bad_request("name in URL does not match name in Eviction object")
    return with_options(operation.request.options, body.delete_options)


def _delete(operation: Operation, store: Store, pod: Pod, options: Options) -> Deletion | Status:
    """Mark the pod as the target of a disruption, then delete it, if it is the one that is meant."""
    refusal = unmet(options, pod.metadata, operation.kind)
    if refusal:
        return refusal
    now = operation.context.time
    target = evolve(TARGET, observed_generation=pod.metadata.generation)
    conditions = with_condition(pod.status.conditions, target, now)
    marked = evolve(pod, status=evolve(pod.status, conditions=conditions))
    after = store if marked == pod else store.put(marked)
    meant = evolve(options, resource_version="", uid="")
    return delete_object(after, after.objects[operation.key], meant, now, operation.kind, operation.strategy)
