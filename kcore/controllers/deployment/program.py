"""Program: a sync written down as upstream writes it, which asks the API server on its way and goes on by the answer.

Models a Go sync function as a program of `kcore.reconcile` that may also tell: it yields calls and is sent their
answers, it yields notes and is sent nothing, and it returns its `Ending`. `turn_of` makes turns of it: the program is
run from its start with the answers so far, up to the first call that has none, and each turn carries the notes made
since the one before. A call that must succeed (`STOP`) ends the turn when it fails, and the program with it.

A sync that returns an error without a failed call comes back after a back-off that doubles with each such failure in a
row; the memory of the key is their number. Not modelled: that a key is dropped after 15 failures.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment/deployment_controller.go
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

import attrs

from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject
from kcore.apiserver.request import Request, Response, Verb
from kcore.client.turn import Call, OnFailure, Turn
from kcore.client.view import View
from kcore.client.workqueue import BASE_DELAY, MAX_DELAY
from kcore.machine import Note

T = TypeVar("T")
A = TypeVar("A", bound=ApiObject)

Program: TypeAlias = Generator[tuple[Call, ...] | Note, Any, T]
"""Yields calls, answered with as many responses, and notes; returns a T."""


@attrs.frozen(kw_only=True)
class Ending:
    """How a sync ends: `calls` whose answers change nothing any more, an alarm (ms since 1970), or with an error."""

    calls: tuple[Call, ...] = ()
    wake_at: int | None = None
    failed: bool = False


DONE = Ending()
FAILED = Ending(failed=True)


def turn_of(program: Program[Ending], view: View, failures: int | None) -> Turn:
    """Return the turn that `program` comes to with the answers in `view`; `failures` is the memory of the key."""
    at = 0
    notes: tuple[Note, ...] = ()
    sent: tuple[Response, ...] | None = None
    while True:
        try:
            made = program.send(sent)
        except StopIteration as end:
            return _ended(end.value, notes, view, failures or 0)
        if isinstance(made, Note):
            sent, notes = None, (*notes, made)
            continue
        if at + len(made) > len(view.answers):
            return Turn(memory=failures, requests=made, notes=notes, more=True)
        sent, at, notes = view.answers[at : at + len(made)], at + len(made), ()


def ask(call: Call) -> Program[Response]:
    """Make `call` and return the answer."""
    answers: tuple[Response, ...] = yield (call,)
    return answers[0]


def tell(reason: str, message: str, *, on: ApiObject, warning: bool = False) -> Program[None]:
    """Tell what upstream records as an event on the object `on`."""
    kind = "Warning" if warning else "Normal"
    yield Note(f"deployment.{reason}", type=kind, deployment=str(key_of(on)), message=message)


def update(obj: A, on_failure: OnFailure = OnFailure.STOP) -> Program[A | None]:
    """Update the object and return it as stored; None when it was refused and that does not end the turn."""
    answer = yield from ask(Call(request=_writing(Verb.UPDATE, obj), on_failure=on_failure))
    return answer.object if isinstance(answer.object, type(obj)) else None


def create(obj: ApiObject) -> Program[Response]:
    """Create the object and return the answer, whatever it is."""
    return (yield from ask(Call(request=_writing(Verb.CREATE, obj), on_failure=OnFailure.GO_ON)))


def update_status(obj: ApiObject) -> Program[None]:
    """Update the status of the object."""
    yield from ask(status_call(obj))


def status_call(obj: ApiObject, on_failure: OnFailure = OnFailure.STOP) -> Call:
    """Return the call that updates the status of the object."""
    return Call(request=evolve(_writing(Verb.UPDATE, obj), subresource="status"), on_failure=on_failure)


def _writing(verb: Verb, obj: ApiObject) -> Request:
    return Request(verb=verb, key=key_of(obj), body=obj)


def _ended(ending: Ending, notes: tuple[Note, ...], view: View, failures: int) -> Turn:
    if not ending.failed:
        return Turn(requests=ending.calls, notes=notes, wake_at=ending.wake_at)
    delay = min(BASE_DELAY << min(failures, 32), MAX_DELAY)
    return Turn(memory=failures + 1, requests=ending.calls, notes=notes, wake_at=view.now() + delay)
