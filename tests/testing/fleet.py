"""A controller of a few lines, and its careless twin: for each ConfigMap that asks for copies, so many Secrets.

The careless one counts the copies in its cache, and calls each new one something new: with a stale cache it makes too
many. The careful one gives them names that follow from their number.
"""

from __future__ import annotations

from functools import partial

from hypothesis import HealthCheck, settings

from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import parse
from kcore.apiserver.request import Options, Request, Verb
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.turn import Call, Turn
from kcore.cluster.timing import Timing
from kcore.machine import Culprits, always, eventually
from kcore.testing import cluster_machine

SOME = settings(
    max_examples=60,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)

FLEET = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "fleet", "labels": {"wants": "copies"}},
    "data": {"copies": "2"},
}


def copies(state):
    """The copies that there are."""
    return state.store.select("Secret", "default", parse("copy-of=fleet"))


def _watch(change, _store):
    yield Work(LEADER, ObjectKey("ConfigMap", "default", "fleet"))


def reconcile(careful, memory, view, key):
    """Make the copies that are missing, as far as the cache knows."""
    fleet = view.get(key)
    if fleet is None or "copies" not in fleet.data:
        return Turn()
    wanted = [f"copy-{number}" for number in range(int(fleet.data["copies"]))]
    there = {one.metadata.name for one in view.select("Secret", "default", parse("copy-of=fleet"))}
    if careful:
        missing = [{"name": name} for name in wanted if name not in there]
    else:
        missing = [{"generateName": "copy-"}] * (len(wanted) - len(there))
    return Turn(requests=tuple(_create(names) for names in missing))


def _create(names):
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {**names, "labels": {"copy-of": "fleet"}}}
    request = Request(
        verb=Verb.CREATE,
        key=ObjectKey("Secret", "default", ""),
        body=Json.of(body),
        options=Options(strict=True),
    )
    return Call(request=request, accepts=frozenset({"AlreadyExists"}))


def fleet_controller(*, careful):
    """The component, careful or not."""
    return Component(
        family="fleet",
        watches={"ConfigMap": _watch, "Secret": _watch},
        reconcile=partial(reconcile, careful),
        writes=frozenset({Write(Verb.CREATE, "Secret")}),
    )


def no_copy_too_many():
    """The law."""

    def holds(state):
        found = copies(state)
        return len(found) <= 2 or Culprits("too many copies", *[one.metadata.name for one in found])

    return always("no copy too many", holds)


def both_copies_in_the_end():
    """The question."""
    return eventually("both copies in the end", lambda state: len(copies(state)) == 2)


def fleet_machine(*, careful=False, timing=Timing.LAGGING, **given):
    """The machine of a controller of one's own, under the timing that finds its bug."""
    return cluster_machine(
        [FLEET],
        nodes=0,
        timing=timing,
        laws=[no_copy_too_many()],
        components=[fleet_controller(careful=careful)],
        settled=False,
        **given,
    )
