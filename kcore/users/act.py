"""Act: something a person does, as one or more requests in order; each answer becomes a note.

Models `kubectl` without its conveniences: no retries, no waiting, no local validation. Where an act names an object by
selector and index, the object is found when the act happens: by creation time, then name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from kcore.api.convert import to_wire
from kcore.api.evolve import evolve
from kcore.api.object import ApiObject
from kcore.apiserver.request import Request, Response
from kcore.client.component import Components
from kcore.cluster.asking import ask
from kcore.cluster.state import ClusterState
from kcore.cluster.target import Target
from kcore.machine import Note, Refusal, Rule, Step

E = TypeVar("E")

CLIENT = "kubectl"
ANSWERED = "users.answered"
"""The note that each answered request of a person leaves; its fields are verb, on, code, reason, message, field."""


def answered(request: Request, response: Response) -> Note:
    """Return the note of an answered request."""
    return Note(
        ANSWERED,
        verb=request.verb.value,
        on=f"{request.key.kind}/{_name(request)}" + (f"/{request.subresource}" if request.subresource else ""),
        code=response.code,
        reason=response.reason,
        message=response.status.message if response.status else "",
        field=next((cause.field for cause in response.status.causes), "") if response.status else "",
    )


def _name(request: Request) -> str:
    """Return the name that the request is about, also where only its body tells."""
    if request.key.name or request.body is None:
        return request.key.name
    wire = to_wire(request.body) if isinstance(request.body, ApiObject) else request.body.value
    metadata = wire.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return str(metadata.get("name") or metadata.get("generateName") or "")


def perform(state: ClusterState, components: Components, requests: Sequence[Request]) -> Step[ClusterState]:
    """Send `requests` one after the other, whatever each is answered."""
    notes: list[Note] = []
    for request in requests:
        asked = ask(state, components, evolve(request, client=CLIENT))
        state = asked.state
        notes += [answered(request, asked.response), *asked.notes]
    return Step(state, tuple(notes))


def act_rule(
    name: str,
    event: type[E],
    requests: Callable[[ClusterState, E], Sequence[Request] | Refusal],
    components: Components,
) -> Rule[ClusterState, E]:
    """Return the rule of an act; `requests` says what it sends, or refuses where the act has no object.

    An act offers no choices of its own: what people may do is part of the question that is asked of a model.
    """
    return Rule(
        name=name,
        event=event,
        guard=partial(_refused, requests),
        effect=partial(_done, components, requests),
        choices=_no_choices,
    )


def _refused(
    requests: Callable[[ClusterState, E], Sequence[Request] | Refusal], state: ClusterState, event: E
) -> Refusal | None:
    sent = requests(state, event)
    return sent if isinstance(sent, Refusal) else None


def _done(
    components: Components,
    requests: Callable[[ClusterState, E], Sequence[Request] | Refusal],
    state: ClusterState,
    event: E,
) -> Step[ClusterState]:
    sent = requests(state, event)
    return Step(state) if isinstance(sent, Refusal) else perform(state, components, sent)


def _no_choices(_: ClusterState) -> tuple[()]:
    return ()


def missing(rule: str, target: Target) -> Refusal:
    """Return the refusal of an act whose selector and index find no object."""
    return Refusal(rule, "no object matches the selector at that index", target=str(target))
