"""The status of an autoscaler: its conditions, and how it is written.

Models the conditions AbleToScale, ScalingActive and ScalingLimited, each in its place or last, whose time moves with
their status alone; and a write that is left out when it says nothing new.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/podautoscaler/horizontal.go
"""

from __future__ import annotations

import attrs

from kcore.api.autoscaling.horizontalpodautoscaler import HorizontalPodAutoscaler
from kcore.api.autoscaling.metrics import MetricStatus
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.meta.condition import Condition
from kcore.apiserver.request import Request, Verb
from kcore.client.view import View
from kcore.machine import Note
from kcore.reconcile.program import Program, ask

ABLE, ACTIVE, LIMITED = "AbleToScale", "ScalingActive", "ScalingLimited"


@attrs.define
class Session:
    """A look at the autoscaler `found`: its `status` and the `notes` grow as it goes on."""

    view: View
    found: HorizontalPodAutoscaler
    notes: list[Note] = attrs.Factory(list)
    conditions: tuple[Condition, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Begin with the conditions that there are."""
        self.conditions = self.found.status.conditions

    def condition(self, kind: str, reason: str, message: str, *, holds: bool) -> None:
        """Set the condition of the type `kind`."""
        status = str(holds)
        old = next((one for one in self.conditions if one.type == kind), None)
        time = old.last_transition_time if old is not None and old.status == status else self.view.timestamp()
        new = Condition(type=kind, status=status, last_transition_time=time, reason=reason, message=message)
        if old is None:
            self.conditions = (*self.conditions, new)
        else:
            self.conditions = tuple(new if one is old else one for one in self.conditions)

    def tell(self, reason: str, message: str, *, warning: bool = True) -> None:
        """Tell what upstream records as an event of the autoscaler."""
        kind, where = "Warning" if warning else "Normal", str(key_of(self.found))
        self.notes.append(Note(f"horizontalpodautoscaler.{reason}", type=kind, object=where, message=message))

    def write_conditions(self) -> Program[None]:
        """Write the conditions, and leave the rest of the status as it is."""
        yield from self._write(evolve(self.found, status=evolve(self.found.status, conditions=self.conditions)))

    def write(
        self, current: int, desired: int | None, metrics: tuple[MetricStatus, ...], *, scaled: bool
    ) -> Program[None]:
        """Write the whole status; a `desired` of None is the one before, `scaled` tells that the size changed now."""
        status = self.found.status
        now = self.view.timestamp() if scaled else status.last_scale_time
        new = evolve(
            status,
            observed_generation=None,
            last_scale_time=now,
            current_replicas=current,
            desired_replicas=status.desired_replicas if desired is None else desired,
            current_metrics=metrics,
            conditions=self.conditions,
        )
        yield from self._write(evolve(self.found, status=new))

    def _write(self, new: HorizontalPodAutoscaler) -> Program[None]:
        if new.status == self.found.status:
            return
        request = Request(verb=Verb.UPDATE, key=key_of(new), subresource="status", body=new)
        answer = yield from ask(request)
        if not answer.ok:
            self.tell("FailedUpdateStatus", answer.status.message if answer.status else "")
