"""What the sync of a Deployment is made of: writes, what it tells, and how it ends.

Models that a sync which returns an error without a failed call comes back after a back-off that doubles with each such
failure in a row; the memory of the key is their number. Not modelled: that a key is dropped after 15 failures.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment/deployment_controller.go
"""

from __future__ import annotations

from typing import TypeVar

import attrs

from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject
from kcore.apiserver.request import Request, Response, Verb
from kcore.client.turn import Call, OnFailure, Turn
from kcore.client.view import View
from kcore.machine import Note
from kcore.reconcile import backoff
from kcore.reconcile.program import Program, Telling, ask, make, play

A = TypeVar("A", bound=ApiObject)


@attrs.frozen(kw_only=True)
class Ending:
    """How a sync ends: `calls` whose answers change nothing any more, an alarm (ms since 1970), or with an error."""

    calls: tuple[Call, ...] = ()
    wake_at: int | None = None
    failed: bool = False


DONE = Ending()
FAILED = Ending(failed=True)


def turn_of(program: Telling[Ending], view: View, failures: int | None) -> Turn:
    """Return the turn that `program` comes to with the answers in `view`; `failures` is the memory of the key."""
    return play(_ended(program, view, failures or 0), view.answers)


def tell(reason: str, message: str, *, on: ApiObject, warning: bool = False) -> Telling[None]:
    """Tell what upstream records as an event on the object `on`."""
    kind = "Warning" if warning else "Normal"
    yield Note(f"deployment.{reason}", type=kind, deployment=str(key_of(on)), message=message)


def update(obj: A, on_failure: OnFailure = OnFailure.STOP) -> Program[A | None]:
    """Update the object and return it as stored; None when it was refused and that does not end the turn."""
    answer = yield from make(Call(request=_writing(Verb.UPDATE, obj), on_failure=on_failure))
    return answer.object if isinstance(answer.object, type(obj)) else None


def create(obj: ApiObject) -> Program[Response]:
    """Create the object and return the answer, whatever it is."""
    return (yield from ask(_writing(Verb.CREATE, obj)))


def update_status(obj: ApiObject) -> Program[None]:
    """Update the status of the object."""
    yield from make(status_call(obj))


def status_call(obj: ApiObject, on_failure: OnFailure = OnFailure.STOP) -> Call:
    """Return the call that updates the status of the object."""
    return Call(request=evolve(_writing(Verb.UPDATE, obj), subresource="status"), on_failure=on_failure)


def _writing(verb: Verb, obj: ApiObject) -> Request:
    return Request(verb=verb, key=key_of(obj), body=obj)


def _ended(program: Telling[Ending], view: View, failures: int) -> Telling[Turn]:
    ending = yield from program
    if not ending.failed:
        return Turn(requests=ending.calls, wake_at=ending.wake_at)
    wake_at = view.now() + backoff.delay(failures + 1)
    return Turn(memory=failures + 1, requests=ending.calls, wake_at=wake_at)
