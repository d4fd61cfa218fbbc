"""Clusters that keep events and accounts, under faults and people: the laws hold there too, and events are sound."""

from __future__ import annotations

import attrs
from fleet import SOME
from hypothesis import settings
from small_clusters import LONG, QUICK, SHORT, WEB, deployment, service, stateful_set

from kcore.api.core.event import Event
from kcore.cluster.timing import Timing
from kcore.invariants.table import laws_under
from kcore.machine import always
from kcore.testing import cluster_machine
from kcore.testing.acts import deletions, rollouts, scalings

MORE_ON = attrs.evolve(QUICK, events=True, service_accounts=True)
FEW = settings(SOME, max_examples=4, stateful_step_count=25)


def events_are_counted_in_order(state):
    """Tell whether each event has come at least once, first before last, or once and perhaps in a series."""
    return all(map(_is_sound, state.store.list("Event")))


def _is_sound(event):
    if not isinstance(event, Event) or not event.reason or not event.involved_object.name:
        return False
    if event.event_time is not None:
        return event.count == 0 and (event.series is None or event.series.count > 1)
    return event.count > 0 and event.first_timestamp <= event.last_timestamp


def pods_are_of_an_account(state):
    """Tell whether every pod says whose it is and has a place for its token."""
    return all(pod.spec.service_account_name and pod.spec.volumes for pod in state.store.list("Pod"))


def laws(timing):
    return [
        *laws_under(timing),
        always("events are counted in order", events_are_counted_in_order),
        always("pods are of an account", pods_are_of_an_account),
    ]


class TestFaultsAndPeople(
    cluster_machine(
        [deployment(2), service(), stateful_set(2)],
        nodes=2,
        faults={"containerCrash": 2, "readinessLost": 1, "nodePartition": 1, "componentRestart": 1},
        acts=[rollouts(WEB, "web:v2"), scalings(WEB, 0, 3), deletions()],
        laws=laws(Timing.PROMPT),
        config=MORE_ON,
        waits=LONG,
        settings=FEW,
    ).TestCase
):
    """Whatever breaks and whoever acts, what is told is sound."""


class TestCallsThatGetLost(
    cluster_machine(
        [deployment(1)],
        nodes=1,
        timing=Timing.LOSSY,
        faults={"callAstray": 2, "processRestart": 1},
        laws=laws(Timing.LOSSY),
        config=MORE_ON,
        waits=SHORT,
        settings=FEW,
    ).TestCase
):
    """Also where requests and answers are lost and processes forget what they have told."""
