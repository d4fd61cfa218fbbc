"""Session: one sync under way, with what it has written and told so far.

Models the clients and the event recorder of the real controller. A sync is run from its beginning for every batch of
answers, with a session of its own each time, so that what it collects depends on the answers alone.

Not modelled: another try of a write that is in conflict, as the cache has nothing newer before the next sync; and Event
objects, whose text is in the notes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/statefulset/stateful_pod_control.go
"""

from __future__ import annotations

from typing import NamedTuple

import attrs

from kcore.api.apps.statefulset import StatefulSet
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.request import Request, Response, Verb
from kcore.client.view import View
from kcore.machine import Note
from kcore.reconcile.expectations import NONE, Expectations
from kcore.reconcile.program import Program, ask

_AWAITED = frozenset({"Pod", "StatefulSet"})
"""The kinds whose creations and updates the cache has to show before the next sync."""


class Step(NamedTuple):
    """What a step of a sync comes to: whether the sync goes no further, and why it failed ("": it did not)."""

    leave: bool = False
    problem: str = ""


GO_ON = Step()
LEAVE = Step(leave=True)


@attrs.define
class Session:
    """A sync of `owner` with the cache `view`: `notes` and `expectations` grow as it goes on."""

    view: View
    owner: StatefulSet
    notes: list[Note] = attrs.Factory(list)
    expectations: Expectations = NONE

    def write(self, verb: Verb, obj: ApiObject, subresource: str = "") -> Program[Response]:
        """Create, update or delete the object and return the answer."""
        body = None if verb is Verb.DELETE else obj
        answer = yield from ask(Request(verb=verb, key=key_of(obj), subresource=subresource, body=body))
        if verb is not Verb.DELETE and key_of(obj).kind in _AWAITED:
            self.expectations = self.expectations.wrote((answer,))
        return answer

    def claim(self, name: str) -> PersistentVolumeClaim | None:
        """Return the claim of that name as the cache has it."""
        found = self.view.get(ObjectKey("PersistentVolumeClaim", self.owner.metadata.namespace, name))
        return found if isinstance(found, PersistentVolumeClaim) else None

    def tell(self, reason: str, message: str, *, warning: bool = False) -> None:
        """Tell what upstream records as an event of the set."""
        kind = "Warning" if warning else "Normal"
        where = str(key_of(self.owner))
        self.notes.append(Note(f"statefulset.{reason}", type=kind, statefulset=where, message=message))

    def tell_pod(self, verb: str, name: str, problem: str) -> None:
        """Tell how `verb` on the pod `name` went; "" is no problem."""
        what = f"{verb} Pod {name} in StatefulSet {self.owner.metadata.name}"
        if problem:
            self.tell(f"Failed{verb.title()}", f"{what} failed error: {problem}", warning=True)
        else:
            self.tell(f"Successful{verb.title()}", f"{what} successful")


def problem_of(answer: Response) -> str:
    """Return why a request was refused; "" when it was granted."""
    if answer.ok:
        return ""
    return (answer.status.message if answer.status else "") or answer.reason or "refused"
