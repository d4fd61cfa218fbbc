"""The EndpointSlice controller as a component: it looks at one Service, and writes one slice after the other.

Models which changes make work, the order of the writes and where a failure ends them, the cache that has not heard of
the last write yet, and the back-off of 1 s, 2 s, 4 s and so on, up to fifteen times. The slices of a Service that is
gone are left to the garbage collector.

Not modelled: the delay of a second after a slice that somebody else changed, and Endpoints, the older kind. A write
that the cache has shown once is forgotten; upstream would notice a cache that goes back behind it. A write of its own
makes the controller look once more, which finds nothing to do, or counts as one more failure.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/endpointslice/endpointslice_controller.go
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import attrs

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.core.service import Service
from kcore.api.discovery.endpointslice import EndpointSlice
from kcore.api.evolve import evolve
from kcore.api.hashmap import HashMap
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.selectors.label import from_set
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Request, Response, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.heeding import Heeding, News
from kcore.client.instant import Revision
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.controllers.endpointslice.packing import Writes
from kcore.controllers.endpointslice.reconciler import Plan, plan
from kcore.controllers.endpointslice.slices import managed_service, selector_of
from kcore.machine import Note
from kcore.reconcile.derived import Derived
from kcore.reconcile.expectations import NONE, Expectations, caught_up
from kcore.reconcile.podutil import is_pod_ready
from kcore.reconcile.program import Program, ask, play

BACK_OFF = 1000
"""The first back-off after an error, ms; it doubles."""

MAX_BACK_OFF = 1_000_000
MAX_RETRIES = 15

NAMESPACE_TERMINATING = "NamespaceTerminating"
"""The cause of a refusal after which creating anything is pointless."""


@attrs.frozen(kw_only=True)
class Memory:
    """What is remembered of a Service: the writes that its cache has not shown, and how many syncs failed in a row."""

    expectations: Expectations = NONE
    failures: int = 0


ByLabel: TypeAlias = HashMap[tuple[str, str, str], tuple[Service, ...]]
"""The Services of a namespace whose selectors begin with a label: (namespace, key, value)."""

_NOTHING = Memory()


def reconcile(memory: Memory | None, view: View, key: Key) -> Turn:
    """Bring the slices of the Service at `key` in line with its pods."""
    service = view.get(ObjectKey(*key))
    if not isinstance(service, Service) or not _has_slices(service):
        return Turn()
    if memory is not None and not caught_up(view, memory.expectations):
        return Turn(memory=memory)
    return play(sync(memory.failures if memory else 0, view, service), view.answers)


def sync(failures: int, view: View, service: Service) -> Program[Turn]:
    """Make one sync of `service`, which failed so many times in a row before."""
    question = f"endpointslice.plan {service.metadata.namespace}/{service.metadata.name}"
    decided = view.derive(question, lambda store: plan_of(store, service))
    written = yield from _write(decided)
    memory = Memory(expectations=Expectations(written=Revision(written.revision)), failures=failures)
    errors = (*decided.errors, *written.errors)
    if errors:
        return _failed(view, service, memory, errors)
    return _ended(memory)


def _has_slices(service: Service) -> bool:
    """Tell whether the slices of `service` are this controller's to write."""
    return service.spec.type != "ExternalName" and bool(service.spec.selector)


def plan_of(store: Store, service: Service) -> Plan:
    """Return the writes that bring the slices of `service` in `store` in line with the pods there."""
    for seen, whose, known in _RECENT:
        if seen is store and whose is service:
            return known
    decided = _planned(store, service)
    _RECENT[:] = [(store, service, decided)]
    return decided


def _planned(store: Store, service: Service) -> Plan:
    namespace = service.metadata.namespace
    pods = [pod for pod in store.select("Pod", namespace, from_set(service.spec.selector)) if isinstance(pod, Pod)]
    found = store.select("EndpointSlice", namespace, selector_of(service))
    existing = [one for one in found if isinstance(one, EndpointSlice) and one.metadata.deletion_timestamp is None]
    return plan(service, pods, existing, lambda name: _node(store, name))


def _node(store: Store, name: str) -> Node | None:
    found = store.get(ObjectKey("Node", "", name))
    return found if isinstance(found, Node) else None


class _Written(NamedTuple):
    """The revision of the last write, 0 for none, and what was refused."""

    revision: int
    errors: tuple[str, ...]


def _write(decided: Plan) -> Program[_Written]:
    """Make the writes one by one; a refusal ends its group."""
    revision, errors = 0, []
    for group in _groups(decided):
        for request in group:
            answer = yield from ask(request)
            if answer.ok:
                revision = answer.revision
            elif request.verb is not Verb.DELETE or answer.reason != "NotFound":
                if request.verb is not Verb.CREATE or not _is_terminating(answer):
                    errors.append(_error(request, answer))
                break
    return _Written(revision, tuple(errors))


def _groups(decided: Plan) -> Iterator[Sequence[Request]]:
    """Yield the requests in groups; within one, a failure ends the rest."""
    yield from (tuple(_requests(writes)) for writes in decided.by_type)
    yield from ((_delete(one),) for one in decided.unsupported)


def _requests(writes: Writes) -> Iterator[Request]:
    for one in writes.create:
        yield Request(verb=Verb.CREATE, key=key_of(one), body=one)
    for one in writes.update:
        yield Request(verb=Verb.UPDATE, key=key_of(one), body=one)
    yield from map(_delete, writes.delete)


def _delete(one: EndpointSlice) -> Request:
    return Request(verb=Verb.DELETE, key=key_of(one))


def _is_terminating(answer: Response) -> bool:
    return answer.status is not None and any(cause.reason == NAMESPACE_TERMINATING for cause in answer.status.causes)


def _error(request: Request, answer: Response) -> str:
    named = f"{request.key.name} EndpointSlice" if request.key.name else "EndpointSlice"
    return f"failed to {request.verb.value} {named}: {answer.status.message if answer.status else ''}"


def _failed(view: View, service: Service, memory: Memory, errors: Sequence[str]) -> Turn:
    """Return the turn that says what went wrong, and comes back after the back-off, if there is a try left."""
    metadata = service.metadata
    error = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
    message = f"Error updating Endpoint Slices for Service {metadata.namespace}/{metadata.name}: {error}"
    note = Note("endpointslice.FailedToUpdateEndpointSlices", on=str(key_of(service)), type="Warning", message=message)
    if memory.failures >= MAX_RETRIES:
        return evolve(_ended(memory), notes=(note,))
    delay = min(BACK_OFF << memory.failures, MAX_BACK_OFF)
    again = evolve(memory, failures=memory.failures + 1)
    return Turn(memory=again, notes=(note,), wake_at=view.now() + delay)


def _ended(memory: Memory) -> Turn:
    """Return the turn of a sync that is not tried again: its failures are forgotten."""
    kept = evolve(memory, failures=0)
    return Turn(memory=None if kept == _NOTHING else kept)


def service_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield the Service itself."""
    yield Work(LEADER, change.key)


def pod_changed(change: Change, store: Store) -> Iterable[Work]:
    """Return the Services that select the pod, or did, if anything changed that is about endpoints."""
    old = change.old if isinstance(change.old, Pod) else None
    new = change.new if isinstance(change.new, Pod) else None
    names = _services_to_update(old, new, store)
    return [Work(LEADER, ObjectKey("Service", change.key.namespace, name)) for name in sorted(names)]


HEEDED = News.CAME | News.WENT | News.LABELS | News.DELETION | News.READY | News.ADDRESS | News.LEAVING
"""What may make a pod another endpoint, or one of other Services."""


def _services_to_update(old: Pod | None, new: Pod | None, store: Store) -> frozenset[str]:
    """Return the names of the Services that a change from `old` to `new` is about."""
    if old is None or new is None:
        return _selecting(old or new, store)
    moved, changed = _may_have_moved(old, new), _is_other_endpoint(old, new)
    if not moved:
        return _selecting(new, store) if changed else frozenset()
    before, after = _selecting(old, store), _selecting(new, store)
    return before | after if changed else before ^ after


def _selecting(pod: Pod | None, store: Store) -> frozenset[str]:
    """Return the names of the Services that select `pod`."""
    if pod is None:
        return frozenset()
    namespace, labels, services = pod.metadata.namespace, pod.metadata.labels, _SERVICES(store)
    return frozenset(
        one.metadata.name
        for label in labels.items()
        for one in services.get((namespace, *label), ())
        if all(labels.get(key) == value for key, value in one.spec.selector.items())
    )


def _by_label(known: ByLabel, old: ApiObject | None, new: ApiObject | None) -> ByLabel:
    """Return the Services by label after one was `old` and became `new`."""
    for one, there in ((old, ()), (new, (new,))):
        if isinstance(one, Service) and one.spec.selector:
            term = (one.metadata.namespace, *next(iter(one.spec.selector.items())))
            others = (each for each in known.get(term, ()) if each.metadata.name != one.metadata.name)
            known = known.set(term, (*others, *there))
    return known


def _may_have_moved(old: Pod, new: Pod) -> bool:
    """Tell whether the pod may belong to other Services than before."""
    if old.metadata.labels is not new.metadata.labels and old.metadata.labels != new.metadata.labels:
        return True
    return (old.spec.hostname, old.spec.subdomain) != (new.spec.hostname, new.spec.subdomain)


def _is_other_endpoint(old: Pod, new: Pod) -> bool:
    """Tell whether the pod makes another endpoint: any write of a terminating pod counts, its phase alone does not."""
    return (
        old.metadata.deletion_timestamp is not None
        or new.metadata.deletion_timestamp is not None
        or old.status.pod_ips != new.status.pod_ips
        or is_pod_ready(old) != is_pod_ready(new)
    )


def slice_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield the Services whose managed slice this is or was."""
    slices = (one for one in (change.old, change.new) if isinstance(one, EndpointSlice))
    names = {managed_service(one) for one in slices} - {None}
    for name in sorted(filter(None, names)):
        yield Work(LEADER, ObjectKey("Service", change.key.namespace, name))


ENDPOINTSLICE = Component(
    family="endpointslice-controller",
    watches={"Service": service_changed, "Pod": Heeding(pod_changed, HEEDED), "EndpointSlice": slice_changed},
    reconcile=reconcile,
    writes=frozenset(Write(verb, "EndpointSlice") for verb in (Verb.CREATE, Verb.UPDATE, Verb.DELETE)),
)

_NO_SERVICES: ByLabel = HashMap()
_SERVICES = Derived(_NO_SERVICES, _by_label, ("Service",))
_RECENT: list[tuple[Store, Service, Plan]] = []
"""The last plan and what it was made of, for the reconciles of one turn. It only saves work."""
