"""The StatefulSet controller: what it looks at, and what a sync of one set does.

Models the handlers and the sync: orphaned revisions are adopted, pods are adopted if they are selected and have a name
of the set, and released if they have not; then comes `stateful_set_control`. A sync whose cache has not come as far as
the controller's own last write of a pod or of the set does nothing. One that fails comes back after a back-off. Claims
are not watched: a set that waits for the end of an earlier pod's claim goes on when something else makes it look.

Not modelled: that a key is dropped after 15 failures.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/statefulset/stateful_set.go
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from kcore.api.apps.statefulset import StatefulSet
from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import Selector, from_label_selector, nothing
from kcore.api.selectors.requirement import SelectorError
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.controllers.statefulset.history import adopt_orphans, listed
from kcore.controllers.statefulset.session import Session
from kcore.controllers.statefulset.stateful_set_control import Outcome, update_stateful_set
from kcore.controllers.statefulset.stateful_set_utils import desired, is_member_of
from kcore.reconcile import backoff
from kcore.reconcile.expectations import NONE, Expectations, caught_up
from kcore.reconcile.ownership import Claimed, claim, is_controlled_by, resolve_controller
from kcore.reconcile.podutil import next_available_at, ready_since
from kcore.reconcile.program import Program, play


@attrs.frozen(kw_only=True)
class Memory:
    """What is remembered of the set `uid`: what its controller has written, and how many syncs failed in a row."""

    uid: str
    expectations: Expectations = NONE
    failures: int = 0


def reconcile(memory: Memory | None, view: View, key: Key) -> Turn:
    """Bring the pods and the status of the StatefulSet at `key` nearer to what is asked for."""
    found = view.get(ObjectKey(*key))
    if not isinstance(found, StatefulSet):
        return Turn()
    if memory is None or memory.uid != found.metadata.uid:
        memory = Memory(uid=found.metadata.uid)
    if not caught_up(view, memory.expectations):
        return Turn(memory=memory)
    return play(sync(memory, view, found), view.answers)


def sync(memory: Memory, view: View, stateful_set: StatefulSet) -> Program[Turn]:
    """Make one sync of the set."""
    try:
        selector = from_label_selector(stateful_set.spec.selector)
    except SelectorError:
        return Turn()
    session = Session(view, stateful_set)
    known = listed(view, stateful_set, selector)
    problem = yield from adopt_orphans(stateful_set, known)
    if problem:
        return _failed(memory, session)
    claimed = yield from _claim_pods(view, stateful_set, selector)
    if claimed.errors:
        return _failed(memory, session)
    outcome = yield from update_stateful_set(session, claimed.objects, known)
    if outcome.problem:
        return _failed(memory, session)
    wrote = session.expectations
    remembered = None if wrote == NONE else Memory(uid=memory.uid, expectations=wrote)
    wake_at = _wake_at(session, claimed.objects, outcome)
    return Turn(memory=remembered, notes=tuple(session.notes), wake_at=wake_at)


def _claim_pods(view: View, stateful_set: StatefulSet, selector: Selector) -> Program[Claimed[Pod]]:
    """Adopt and release pods; return those that the set owns then."""
    owned = (one for one in view.owned_by(stateful_set.metadata.uid) if is_controlled_by(one, stateful_set))
    selected = view.select("Pod", stateful_set.metadata.namespace, selector)
    ownerless = (one for one in selected if one.metadata.controller is None)
    pods = sorted((one for one in (*owned, *ownerless) if isinstance(one, Pod)), key=key_of)
    members = [pod for pod in pods if is_member_of(stateful_set, pod)]
    others = [pod for pod in pods if not is_member_of(stateful_set, pod)]
    released = yield from claim(stateful_set, nothing(), others)
    claimed = yield from claim(stateful_set, selector, members)
    return Claimed(claimed.objects, (*released.errors, *claimed.errors))


def _failed(memory: Memory, session: Session) -> Turn:
    """Return the end of a sync that failed: it comes back after its back-off."""
    failures = memory.failures + 1
    remembered = Memory(uid=memory.uid, expectations=session.expectations, failures=failures)
    wake_at = session.view.now() + backoff.delay(failures)
    return Turn(memory=remembered, notes=tuple(session.notes), wake_at=wake_at)


def _wake_at(session: Session, pods: tuple[Pod, ...], outcome: Outcome) -> int | None:
    """Return when the next ready pod becomes available; None when there is none to wait for."""
    wait = session.owner.spec.min_ready_seconds
    if wait <= 0 or outcome.status is None or outcome.status.available_replicas == desired(session.owner):
        return None
    return next_available_at((ready_since(pod) for pod in pods), wait, session.view.elapsed)


def watch_stateful_sets(change: Change, _: Store) -> Iterator[Work]:
    """Yield a look at the StatefulSet that changed."""
    yield Work(LEADER, change.key)


def watch_pods(change: Change, store: Store) -> Iterator[Work]:
    """Yield a look at each StatefulSet that may have to act on the change of a pod."""
    return (Work(LEADER, key) for key in dict.fromkeys(_concerned(change, store)))


def _concerned(change: Change, store: Store) -> Iterator[ObjectKey]:
    old, new = change.old, change.new
    if isinstance(old, Pod) and (not isinstance(new, Pod) or old.metadata.controller != new.metadata.controller):
        yield from _controller(old, store)
    if not isinstance(new, Pod):
        return
    if new.metadata.controller is not None:
        yield from _controller(new, store)
    elif not isinstance(old, Pod) or _may_be_adopted_now(old, new):
        yield from _selecting(new, store)


def _may_be_adopted_now(old: Pod, new: Pod) -> bool:
    return old.metadata.labels != new.metadata.labels or old.metadata.controller != new.metadata.controller


def _controller(pod: Pod, store: Store) -> Iterator[ObjectKey]:
    found = resolve_controller(store, pod, StatefulSet)
    if found is not None:
        yield key_of(found)


def _selecting(pod: Pod, store: Store) -> Iterator[ObjectKey]:
    """Yield the StatefulSets that select a pod; an empty selector counts as none here."""
    for found in store.list("StatefulSet", pod.metadata.namespace):
        try:
            selector = from_label_selector(found.spec.selector) if isinstance(found, StatefulSet) else nothing()
        except SelectorError:
            continue
        if not selector.empty and selector.matches(pod.metadata.labels):
            yield key_of(found)


STATEFULSET = Component(
    family="statefulset-controller",
    watches={"StatefulSet": watch_stateful_sets, "Pod": watch_pods},
    reconcile=reconcile,
    writes=frozenset(
        {
            Write(Verb.CREATE, "Pod"),
            Write(Verb.UPDATE, "Pod"),
            Write(Verb.PATCH, "Pod"),
            Write(Verb.DELETE, "Pod"),
            Write(Verb.CREATE, "PersistentVolumeClaim"),
            Write(Verb.UPDATE, "PersistentVolumeClaim"),
            Write(Verb.CREATE, "ControllerRevision"),
            Write(Verb.UPDATE, "ControllerRevision"),
            Write(Verb.PATCH, "ControllerRevision"),
            Write(Verb.DELETE, "ControllerRevision"),
            Write(Verb.UPDATE, "StatefulSet", "status"),
        }
    ),
)
