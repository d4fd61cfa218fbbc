"""Origin: what a run begins with, as a value that a trace can carry: how the cluster boots and what is applied to it.

Models a start that can be written down with all that makes it, so that a trace replays from itself alone, given the
same components.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from kcore.api.core.pod import Pod
from kcore.api.json import Json
from kcore.cluster.state import ClusterState
from kcore.errors import InputError, MisuseError, Place
from kcore.kubelet.health import first_success
from kcore.machine import Note, Refusal, Start
from kcore.model import Model, Plan, boot, settle
from kcore.users.act import ANSWERED
from kcore.users.apply import Apply

START = "cluster"
"""The name of every start that is an `Origin`."""

LIMIT = 600_000
"""How long (ms) a cluster may take to come up."""

QUIET = 2_000
"""How long (ms) nothing has changed when it has, beside what the probes of its pods need to succeed."""


@attrs.frozen(kw_only=True)
class Origin:
    """A cluster that boots by `plan`, to which `objects` are applied, and which then settles, unless told not to."""

    plan: Plan
    objects: tuple[Json, ...] = ()
    settled: bool = True

    @property
    def start(self) -> Start:
        """The start of a trace, with all that makes it."""
        return Start(START, plan=self.plan, objects=self.objects, settled=self.settled)

    def with_scheduler(self, scheduler: Json) -> Origin:
        """Return the origin with this scheduler's configuration; an empty one changes nothing."""
        if not scheduler:
            return self
        config = attrs.evolve(self.plan.config, scheduler=scheduler)
        return attrs.evolve(self, plan=attrs.evolve(self.plan, config=config))

    def boot(self, model: Model) -> ClusterState:
        """Return the state that a run begins in; InputError when the API server refuses one of the objects."""
        state = boot(model, self.plan)
        if self.objects:
            step = model.step(state, Apply(objects=self.objects))
            if isinstance(step, Refusal):
                raise MisuseError(str(step))
            for note in step.notes:
                _check_granted(note)
            state = step.state
        return _settled(model, state) if self.settled else state


def _settled(model: Model, state: ClusterState) -> ClusterState:
    """Return the state once it has settled; pods whose probes take their time are waited for."""
    settled = settle(model, state, limit=LIMIT).state
    pods = (one for one in settled.store.list("Pod") if isinstance(one, Pod))
    wait = max((first_success(one) for pod in pods for one in pod.spec.containers), default=0)
    return settle(model, settled, quiet=QUIET + wait, limit=LIMIT).state if wait else settled


def origin_of(start: Start) -> Origin:
    """Return the origin that a start of a trace names; MisuseError for any other start."""
    if start.name != START:
        message = f"start {start.name!r}: only a start named {START!r} can be written down"
        raise MisuseError(message)
    params: dict[str, Any] = dict(start.params)
    return Origin(**params)


def starts(model: Model) -> Mapping[str, Callable[..., ClusterState]]:
    """Return how the starts of traces become states again, as `kcore.machine.replay` takes them."""

    def make(**params: Any) -> ClusterState:
        return Origin(**params).boot(model)

    return {START: make}


def _check_granted(note: Note) -> None:
    fields = dict(note.fields)
    if note.name == ANSWERED and int(str(fields["code"])) >= 400:
        place = Place(object=str(fields["on"]), field=str(fields["field"]))
        raise InputError(f"{fields['code']} {fields['reason']}: {fields['message']}", place=place)
