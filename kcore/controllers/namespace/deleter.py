"""The deleter: empties a namespace that is being deleted, and lets it go when it is empty.

Models one pass: pods first and alone, as long as there are any; then everything else, kind by kind, a collection at a
time and with the background policy. What is left is waited for: as long as the pods' grace may last, 15 s where a
finalizer holds something, and otherwise it is an error. The conditions tell; an empty namespace loses its finalizer.

Custom kinds count like any others while they are served. Kinds are taken in the order of their names, upstream in any.

Not modelled: failures of discovery.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/namespace/deletion/namespaced_resources_deleter.go
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import attrs

from kcore.api.core.namespace import Namespace
from kcore.api.core.pod import Pod
from kcore.api.kinds import KINDS, Kind, key_kind, key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.request import Options, Request, Response, Verb
from kcore.client.view import View
from kcore.controllers.namespace.conditions import troubles, updated
from kcore.reconcile.podutil import is_pod_terminal
from kcore.reconcile.program import Program, ask, go_on

FINALIZER = "kubernetes"
"""The finalizer in the spec of a namespace that stands for this controller."""

FINALIZER_ESTIMATE = 15
"""How long (seconds) a finalizer is expected to take."""

ATTEMPTS = 5
"""How often a write is tried while somebody else changes the namespace."""

_BACKGROUND = Options(propagation_policy="Background")


@attrs.frozen(kw_only=True)
class Pass:
    """What a pass comes to: `done`, or the `estimate` (seconds) after which to look again, or `errors`."""

    done: bool = False
    estimate: int = 0
    errors: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Left:
    """What is left of one kind: how many objects, their finalizers, the estimate in seconds, and the error if any."""

    kind: Kind
    count: int = 0
    finalizers: tuple[str, ...] = ()
    estimate: int = 0
    error: str = ""


def delete(view: View, name: str, content: Sequence[Kind]) -> Program[Pass]:
    """Make one pass over the namespace `name`, which may hold objects of the kinds `content`."""
    found = (yield from ask(Request(verb=Verb.GET, key=ObjectKey("Namespace", "", name)))).object
    if not isinstance(found, Namespace) or found.metadata.deletion_timestamp is None or not found.spec.finalizers:
        return Pass(done=True)
    left = yield from _delete_all_content(view, found, content)
    errors = tuple(one.error for one in left if one.error)
    estimate = max((one.estimate for one in left), default=0)
    namespace = yield from _update_conditions(view, found, left, errors)
    if errors or estimate > 0:
        return Pass(estimate=estimate, errors=errors)
    answer = yield from _finalize(namespace)
    done = answer.ok or answer.reason == "NotFound"
    return Pass(done=done, errors=() if done else (_message(answer),))


def _delete_all_content(view: View, namespace: Namespace, content: Sequence[Kind]) -> Program[tuple[Left, ...]]:
    """Delete the pods, and when there are none left the rest; return what is left."""
    pods = next(kind for kind in content if kind.cls is Pod)
    left = yield from _delete_pods(view, namespace, pods)
    if left.count:
        return (left,)
    others = tuple(kind for kind in content if kind is not pods)
    rest = yield from _delete_kinds(namespace, others)
    return (left, *rest)


def _delete_kinds(namespace: Namespace, kinds: Sequence[Kind]) -> Program[tuple[Left, ...]]:
    name = namespace.metadata.name
    calls = tuple(call for kind in kinds for call in (_delete_collection(kind, name), _list(kind, name)))
    answers = yield tuple(map(go_on, calls))
    pairs = zip(answers[::2], answers[1::2], strict=True)
    return tuple(_left(name, kind, *pair, 0) for kind, pair in zip(kinds, pairs, strict=True))


def _delete_pods(view: View, namespace: Namespace, kind: Kind) -> Program[Left]:
    """Delete the pods, having asked for how long that may take."""
    name = namespace.metadata.name
    before = yield from ask(_list(kind, name))
    estimate = _grace(before.items)
    if view.elapsed((namespace.metadata.deletion_timestamp or 0) * 1000, estimate * 1000):
        estimate = 0
    deleted = yield from ask(_delete_collection(kind, name))
    after = yield from ask(_list(kind, name))
    return _left(name, kind, deleted, after, estimate)


def _left(namespace: str, kind: Kind, deleted: Response, after: Response, estimate: int) -> Left:
    """Return what is left of `kind` by the answers to its deletion and to the list after it."""
    refused = next((one for one in (deleted, after) if not one.ok), None)
    if refused is not None:
        return Left(kind=kind, estimate=estimate, error=_message(refused))
    if not after.items:
        return Left(kind=kind)
    finalizers = tuple(finalizer for one in after.items for finalizer in one.metadata.finalizers)
    estimate = estimate or (FINALIZER_ESTIMATE if finalizers else 0)
    version = f"{kind.group}/{kind.version}, Resource={kind.plural}"
    error = "" if estimate else f"unexpected items still remain in namespace: {namespace} for gvr: {version}"
    return Left(kind=kind, count=len(after.items), finalizers=finalizers, estimate=estimate, error=error)


def _grace(pods: Iterable[ApiObject]) -> int:
    """Return the longest grace (seconds) of the pods that have not ended."""
    alive = (one for one in pods if isinstance(one, Pod) and not is_pod_terminal(one))
    return max((one.spec.termination_grace_period_seconds or 0 for one in alive), default=0)


def _update_conditions(
    view: View, namespace: Namespace, left: Sequence[Left], errors: Sequence[str]
) -> Program[Namespace]:
    """Write the conditions if they are news; return the namespace as it is then. A failure changes nothing else."""
    remaining = {f"{one.kind.plural}.{one.kind.group}": one.count for one in left if one.count}
    finalizers = Counter(finalizer for one in left for finalizer in one.finalizers)
    status = updated(namespace.status, troubles(errors, remaining, finalizers), view.timestamp())
    if status is namespace.status:
        return namespace
    body = attrs.evolve(namespace, status=status)
    answer = yield from ask(Request(verb=Verb.UPDATE, key=key_of(namespace), subresource="status", body=body))
    return answer.object if isinstance(answer.object, Namespace) else namespace


def _finalize(namespace: Namespace) -> Program[Response]:
    """Take the controller's finalizer from the namespace."""
    for _ in range(ATTEMPTS):
        kept = tuple(sorted(set(namespace.spec.finalizers) - {FINALIZER}))
        body = attrs.evolve(namespace, spec=attrs.evolve(namespace.spec, finalizers=kept))
        key = key_of(namespace)
        answer = yield from ask(Request(verb=Verb.UPDATE, key=key, subresource="finalize", body=body))
        if answer.reason != "Conflict":
            return answer
        fresh = yield from ask(Request(verb=Verb.GET, key=key))
        if not isinstance(fresh.object, Namespace) or fresh.object.metadata.uid != namespace.metadata.uid:
            return fresh if not fresh.ok else answer
        namespace = fresh.object
    return answer


def _list(kind: Kind, namespace: str) -> Request:
    return Request(verb=Verb.LIST, key=ObjectKey(key_kind(kind), namespace, ""))


def _delete_collection(kind: Kind, namespace: str) -> Request:
    key = ObjectKey(key_kind(kind), namespace, "")
    return Request(verb=Verb.DELETE_COLLECTION, key=key, options=_BACKGROUND)


def _message(answer: Response) -> str:
    return answer.status.message if answer.status else ""


_NAMESPACED = {key_kind(kind): kind for kind in reversed(KINDS) if kind.namespaced}

CONTENT: tuple[Kind, ...] = tuple(kind for _, kind in sorted(_NAMESPACED.items()))
"""The built-in kinds whose objects are in namespaces, each once, sorted by name."""


def discovered(custom: Iterable[Kind]) -> tuple[Kind, ...]:
    """Return all kinds whose objects are in namespaces, the `custom` ones among them, sorted by name."""
    found = {key_kind(kind): kind for kind in custom if kind.namespaced}
    return tuple(kind for _, kind in sorted({**_NAMESPACED, **found}.items())) if found else CONTENT
