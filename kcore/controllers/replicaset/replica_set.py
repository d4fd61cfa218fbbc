"""The ReplicaSet controller: what a sync of one ReplicaSet does.

Models syncReplicaSet and manageReplicas: adoption and release, creation in slow-start batches, deletion of the pods
that rank first, at most `BURST_REPLICAS` of either in a sync, the status, and the wake-up when the next pod becomes
available. A sync whose cache has not come as far as the controller's own last write does nothing; one that waits for
deletions still adopts, releases and writes the status.

Not modelled: ReplicationControllers, which share this code upstream, and Event objects: what they would say is in the
notes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/replicaset/replica_set.go
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.memo import Noted
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import Selector, from_label_selector
from kcore.api.selectors.requirement import SelectorError
from kcore.apiserver.request import Request, Response, Verb
from kcore.client.component import Component, Write
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.controllers.replicaset.eventhandlers import selector_of, watch_pod, watch_replica_set
from kcore.controllers.replicaset.replica_set_utils import calculate_status, desired, update_replica_set_status
from kcore.machine import Note
from kcore.reconcile.census import Counts, controlled, count, orphans, total
from kcore.reconcile.expectations import AT_NO_TIME, NONE, Doomed, Expectations, awaiting, satisfied
from kcore.reconcile.opening import Memory, failed, opening
from kcore.reconcile.ownership import candidates, claim, claims, controller_ref
from kcore.reconcile.podutil import is_pod_active, next_available_at, pod_from_template
from kcore.reconcile.program import Program, go_on
from kcore.reconcile.ranking import ranked
from kcore.reconcile.slowstart import failed_to_create, slow_start

BURST_REPLICAS = 500
"""How many pods one sync creates or deletes at most."""


@attrs.frozen(kw_only=True)
class Replicas:
    """The pods that count as replicas, by sort, and how many terminate; the pods themselves when they were looked at.

    `errors` are the messages of the adoptions and releases that failed.
    """

    active: Counts
    terminating: int
    pods: tuple[Pod, ...] | None = None
    errors: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Managed:
    """What became of the replicas: what is awaited now, the first problem ("" for none), and what to tell."""

    expectations: Expectations = NONE
    problem: str = ""
    notes: tuple[Note, ...] = ()


def sync(memory: Memory, view: View, replica_set: ReplicaSet, burst: int = BURST_REPLICAS) -> Program[Turn]:
    """Make one sync of `replica_set`, which creates or deletes at most `burst` pods."""
    try:
        selector = from_label_selector(replica_set.spec.selector)
    except SelectorError:
        return Turn(memory=memory)
    counting = satisfied(view, memory.expectations)
    claimed = yield from claim_pods(view, replica_set, selector)
    if claimed.errors:
        return failed(memory, view)
    managed = Managed(expectations=NONE if counting else memory.expectations)
    if counting and replica_set.metadata.deletion_timestamp is None:
        managed = yield from manage_replicas(view, replica_set, claimed, burst)
    status = calculate_status(
        replica_set, claimed.active, claimed.terminating, managed.problem, view.elapsed, view.timestamp
    )
    answer = yield from update_replica_set_status(replica_set, status)
    memory = evolve(memory, expectations=managed.expectations.wrote((answer,)))
    if managed.problem or not answer.ok:
        return failed(memory, view, managed.notes)
    updated = answer.object if isinstance(answer.object, ReplicaSet) else replica_set
    remembered = None if memory.expectations == NONE else evolve(memory, failures=0)
    return Turn(memory=remembered, notes=managed.notes, wake_at=_wake_at(view, updated, claimed.active))


_OPENED = opening(ReplicaSet, Memory, sync)

_IDLE = Noted()
"""ReplicaSets, with the counts of their pods and of those of nobody, of which a sync makes nothing at any time."""


def reconcile(memory: Memory | None, view: View, key: Key) -> Turn:
    """Make the next step of a sync of the ReplicaSet at `key`, unless all is known to be as when one made nothing."""
    found = view.get(ObjectKey(*key))
    timeless = isinstance(found, ReplicaSet) and not found.spec.min_ready_seconds
    if found is None or not timeless or memory is not None or view.answers:
        return _OPENED(memory, view, key)
    read = (found, controlled(view, found.metadata.uid), orphans(view, found.metadata.namespace))
    if read in _IDLE:
        return _NOTHING
    turn = _OPENED(memory, view, key)
    if turn == _NOTHING:
        _IDLE.note(*read)
    return turn


_NOTHING = Turn()


def claim_pods(view: View, replica_set: ReplicaSet, selector: Selector) -> Program[Replicas]:
    """Adopt and release pods if there are any to; return the replicas that are owned then."""
    metadata = replica_set.metadata
    owned = controlled(view, metadata.uid)
    active = tuple(counted for counted in owned if counted[0].active and selector.matches(counted[0].labels))
    terminating = total(counted for counted in owned if counted[0].terminating and selector.matches(counted[0].labels))
    settled = total(active) == total(counted for counted in owned if counted[0].active) and not any(
        one.active and selector.matches(one.labels) for one, _ in orphans(view, metadata.namespace)
    )
    if settled or metadata.deletion_timestamp is not None:
        return Replicas(active=active, terminating=terminating)
    claimed = yield from claim(
        replica_set, selector, filter(is_pod_active, candidates(view, replica_set, selector, Pod))
    )
    return Replicas(active=count(claimed.objects), terminating=terminating, pods=claimed.objects, errors=claimed.errors)


def manage_replicas(view: View, replica_set: ReplicaSet, replicas: Replicas, burst: int) -> Program[Managed]:
    """Create the pods that `replicas` lack of what is asked for, or delete those that are too many."""
    missing = desired(replica_set) - total(replicas.active)
    if missing > 0:
        return (yield from _create(view, replica_set, min(missing, burst)))
    if missing < 0:
        return (yield from _delete(view, replica_set, _pods(view, replica_set, replicas), min(-missing, burst)))
    return Managed()


def _pods(view: View, replica_set: ReplicaSet, replicas: Replicas) -> tuple[Pod, ...]:
    """Return the active pods that `replicas` counts."""
    if replicas.pods is not None:
        return replicas.pods
    selector = selector_of(replica_set)
    return claims(replica_set, selector, filter(is_pod_active, candidates(view, replica_set, selector, Pod))).kept


def _create(view: View, replica_set: ReplicaSet, count: int) -> Program[Managed]:
    template = replica_set.spec.template
    if not template.metadata.labels:
        return Managed(problem="unable to create pods, no labels")
    pod = pod_from_template(template, replica_set, controller_ref(replica_set))
    request = Request(verb=Verb.CREATE, key=key_of(pod), body=pod)
    answers = yield from slow_start((request,) * count)
    failures = [_message(one) for one in answers if failed_to_create(one)]
    made = [one.object.metadata.name for one in answers if one.ok and one.object]
    vain = len(answers) - len(failures) - len(made)
    expectations = Expectations(vain=vain, since=awaiting(view.now()) if vain else AT_NO_TIME).wrote(answers)
    notes = [_note(replica_set, "SuccessfulCreate", f"Created pod: {name}") for name in made]
    notes += [_note(replica_set, "FailedCreate", f"Error creating: {why}") for why in failures]
    return Managed(expectations=expectations, problem=failures[0] if failures else "", notes=tuple(notes))


def _delete(view: View, replica_set: ReplicaSet, active: Sequence[Pod], count: int) -> Program[Managed]:
    doomed = pods_to_delete(view, replica_set, active, count)
    answers = yield tuple(go_on(Request(verb=Verb.DELETE, key=key_of(pod))) for pod in doomed)
    gone = tuple(
        Doomed(key_of(pod), pod.metadata.uid) for pod, answer in zip(doomed, answers, strict=True) if answer.ok
    )
    failures = [_message(one) for one in answers if not one.ok and one.reason != "NotFound"]
    notes = [_note(replica_set, "SuccessfulDelete", f"Deleted pod: {one.key.name}") for one in gone]
    notes += [_note(replica_set, "FailedDelete", f"Error deleting: {why}") for why in failures]
    return Managed(
        expectations=Expectations(doomed=gone, since=awaiting(view.now())) if gone else NONE,
        problem=f"unable to delete pods: {failures[0]}" if failures else "",
        notes=tuple(notes),
    )


def pods_to_delete(view: View, replica_set: ReplicaSet, active: Sequence[Pod], count: int) -> tuple[Pod, ...]:
    """Return the `count` of the `active` pods that go first."""
    if count >= len(active):
        return tuple(active)
    return ranked(active, related_pods(view, replica_set), view.now())[:count]


def related_pods(view: View, replica_set: ReplicaSet) -> tuple[Pod, ...]:
    """Return the pods selected by `replica_set` and by those that have the same controller; none if it has none."""
    owner = replica_set.metadata.controller
    if owner is None:
        return ()
    siblings = (one for one in view.owned_by(owner.uid) if isinstance(one, ReplicaSet))
    found: dict[str, Pod] = {}
    for sibling in siblings:
        controller = sibling.metadata.controller
        if controller is not None and controller.uid == owner.uid:
            selected = view.select("Pod", sibling.metadata.namespace, selector_of(sibling))
            found |= {pod.metadata.uid: pod for pod in selected if isinstance(pod, Pod)}
    return tuple(found.values())


def _wake_at(view: View, updated: ReplicaSet, active: Counts) -> int | None:
    """Return when the next ready pod becomes available; None when there is none to wait for."""
    wait = updated.spec.min_ready_seconds
    if wait <= 0 or updated.status.ready_replicas == updated.status.available_replicas:
        return None
    next_check = next_available_at((one.since for one, _ in active), wait, view.elapsed)
    return view.now() + wait * 1000 if next_check is None else next_check


def _message(answer: Response) -> str:
    return answer.status.message if answer.status else ""


def _note(replica_set: ReplicaSet, reason: str, message: str) -> Note:
    """Return what upstream records as an Event of the ReplicaSet."""
    return Note(f"replicaset.{reason}", object=str(key_of(replica_set)), message=message)


REPLICASET = Component(
    family="replicaset-controller",
    watches={"ReplicaSet": watch_replica_set, "Pod": watch_pod},
    reconcile=reconcile,
    writes=frozenset(
        {
            Write(Verb.CREATE, "Pod"),
            Write(Verb.PATCH, "Pod"),
            Write(Verb.DELETE, "Pod"),
            Write(Verb.UPDATE, "ReplicaSet", "status"),
        }
    ),
)
