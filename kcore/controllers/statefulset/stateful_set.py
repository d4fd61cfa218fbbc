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

from kcore.api.apps.statefulset import StatefulSet
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.selectors.label import Selector, from_label_selector, nothing
from kcore.api.selectors.requirement import SelectorError
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.heeding import Heeding
from kcore.client.turn import Turn
from kcore.client.view import View
from kcore.controllers.statefulset.history import adopt_orphans, listed
from kcore.controllers.statefulset.session import Session
from kcore.controllers.statefulset.stateful_set_control import Outcome, update_stateful_set
from kcore.controllers.statefulset.stateful_set_utils import desired, is_member_of
from kcore.reconcile.expectations import NONE
from kcore.reconcile.opening import Memory, failed, opening
from kcore.reconcile.ownership import Claimed, candidates, claim
from kcore.reconcile.podhandlers import PodHandler
from kcore.reconcile.podutil import next_available_at, ready_since
from kcore.reconcile.program import Program


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
    pods = candidates(view, stateful_set, selector, Pod)
    members = [pod for pod in pods if is_member_of(stateful_set, pod)]
    others = [pod for pod in pods if not is_member_of(stateful_set, pod)]
    released = yield from claim(stateful_set, nothing(), others)
    claimed = yield from claim(stateful_set, selector, members)
    return Claimed(claimed.objects, (*released.errors, *claimed.errors))


def _failed(memory: Memory, session: Session) -> Turn:
    """Return the end of a sync that failed, with what it has written in mind."""
    return failed(evolve(memory, expectations=session.expectations), session.view, tuple(session.notes))


def _wake_at(session: Session, pods: tuple[Pod, ...], outcome: Outcome) -> int | None:
    """Return when the next ready pod becomes available; None when there is none to wait for."""
    wait = session.owner.spec.min_ready_seconds
    if wait <= 0 or outcome.status is None or outcome.status.available_replicas == desired(session.owner):
        return None
    return next_available_at((ready_since(pod) for pod in pods), wait, session.view.elapsed)


def watch_stateful_sets(change: Change, _: Store) -> Iterator[Work]:
    """Yield a look at the StatefulSet that changed."""
    yield Work(LEADER, change.key)


def selector_of(stateful_set: StatefulSet) -> Selector:
    """Return the selector of a set; one that is no selector selects nothing."""
    try:
        return from_label_selector(stateful_set.spec.selector)
    except SelectorError:
        return nothing()


STATEFULSET = Component(
    family="statefulset-controller",
    watches={
        "StatefulSet": watch_stateful_sets,
        "Pod": Heeding(PodHandler(StatefulSet, selector_of), owner="StatefulSet"),
    },
    reconcile=opening(StatefulSet, Memory, sync),
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
