"""events.k8s.io/v1: the events of the core API under other names, and held to more.

Models that both APIs serve the same objects: what is written through one is read through the other. The fields
involvedObject, message, source, firstTimestamp, lastTimestamp, count and reportingComponent are called regarding, note,
deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedCount and reportingController here. What
is wrong with a field is said of the core API's name, as upstream does.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/events/v1/conversion.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kcore.api.convert import from_wire, to_wire
from kcore.api.core.event import Event
from kcore.api.evolve import evolve
from kcore.api.json import Wire
from kcore.api.kinds import class_kind, kind_of
from kcore.api.object import ApiObject
from kcore.api.selectors import field
from kcore.api.selectors.requirement import SelectorError
from kcore.apiserver.apply.object import applied
from kcore.apiserver.changes import Change
from kcore.apiserver.decode import decode
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.registry.event import CHANGED_IN_V1, CREATED_IN_V1
from kcore.apiserver.request import PatchType, Response, Verb
from kcore.apiserver.status import Status, bad_request
from kcore.apiserver.verbs.create import create_object, placed
from kcore.apiserver.verbs.get import existing
from kcore.apiserver.verbs.patch import patched
from kcore.apiserver.verbs.update import replace

KEY_KIND = "Event.events.k8s.io"
API_VERSION = "events.k8s.io/v1"

_CALLED = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
_CALLED_IN_CORE = {there: here for here, there in _CALLED.items()}
_REGARDING = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_SELECTABLE = {
    **{f"regarding.{name}": f"involvedObject.{name}" for name in _REGARDING},
    "reportingController": "reportingComponent",
    **{name: name for name in ("reason", "type", "metadata.name", "metadata.namespace")},
}


def through_v1(act: Callable[[Operation], Outcome], operation: Operation) -> Outcome:
    """Do `operation`, which is of events.k8s.io/v1, by what `act` does to the events of the core API."""
    core = _in_core(operation)
    outcome = operation.refuse(core) if isinstance(core, Status) else _done(act, operation, core)
    return evolve(outcome, response=_answer(outcome.response))


def _done(act: Callable[[Operation], Outcome], operation: Operation, core: Operation) -> Outcome:
    """Do what `core` asks for, with the body of `operation` in the words of the core API."""
    if operation.request.verb is Verb.PATCH:
        return _patch(operation, core)
    if operation.request.verb not in (Verb.CREATE, Verb.UPDATE):
        return act(core)
    wire = decode(operation.request.body, operation.kind, strict=operation.request.options.strict)
    if isinstance(wire, Status):
        return operation.refuse(wire)
    return act(evolve(core, request=evolve(core.request, body=_typed(wire))))


def _in_core(operation: Operation) -> Operation | Status:
    """Return the operation on the events of the core API that `operation` stands for, as yet with its own body."""
    request = operation.request
    selector = _selector(request.options.field_selector)
    if isinstance(selector, Status):
        return selector
    key = request.key._replace(kind=Event.__name__)
    fresh = request.verb is Verb.CREATE or operation.store.get(key) is None
    options = evolve(request.options, field_selector=selector)
    return evolve(
        operation,
        request=evolve(request, key=key, options=options),
        kind=class_kind(Event),
        strategy=CREATED_IN_V1 if fresh else CHANGED_IN_V1,
    )


def _selector(text: str) -> str | Status:
    try:
        requirements = field.parse(text).requirements
    except SelectorError as error:
        return bad_request(str(error))
    unknown = next((one.field for one in requirements if one.field not in _SELECTABLE), None)
    if unknown is not None:
        return bad_request(f"field label not supported: {unknown}")
    return ",".join(str(evolve(one, field=_SELECTABLE[one.field])) for one in requirements)


def _patch(operation: Operation, core: Operation) -> Outcome:
    """Change the event as the patch says that it reads here."""
    old = existing(core)
    if not isinstance(old, Status):
        body = patched(operation, as_v1(old), operation.kind)
        return operation.refuse(body) if isinstance(body, Status) else replace(core, old, _typed(to_wire(body)))
    if operation.request.options.patch_type is not PatchType.APPLY:
        return operation.refuse(old)
    wire = applied(operation, {}, operation.kind)
    body = wire if isinstance(wire, Status) else placed(core, _typed(wire))
    return operation.refuse(body) if isinstance(body, Status) else create_object(core, body)


def _typed(wire: Wire) -> ApiObject:
    """Return the event of the core API that `wire` describes in the words of events.k8s.io."""
    return from_wire(_renamed(wire, _CALLED_IN_CORE, class_kind(Event).api_version))


def as_v1(event: ApiObject) -> ApiObject:
    """Return an event of the core API as events.k8s.io/v1 serves it."""
    return from_wire(_renamed(to_wire(event), _CALLED, API_VERSION), kind=kind_of(API_VERSION, Event.__name__))


def _renamed(wire: Wire, names: Mapping[str, str], api_version: str) -> Wire:
    return {names.get(name, name): value for name, value in wire.items()} | {"apiVersion": api_version}


def _answer(response: Response) -> Response:
    return evolve(
        response,
        object=None if response.object is None else as_v1(response.object),
        items=tuple(map(as_v1, response.items)),
        changes=tuple(map(_change, response.changes)),
    )


def _change(change: Change) -> Change:
    old = None if change.old is None else as_v1(change.old)
    new = None if change.new is None else as_v1(change.new)
    return evolve(change, key=change.key._replace(kind=KEY_KIND), old=old, new=new)
