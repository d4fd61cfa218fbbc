"""The scheduler makes room: who is nominated, who is told to go, and who waits."""

from __future__ import annotations

import pytest

from kcore.api.convert import from_wire
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Response, Verb
from kcore.apiserver.status import Status
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.scheduler import SCHEDULER

NOW = 1_000_000_000_000
GOING = {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}
OK = Response(code=200)
GONE = Response(code=404, status=Status(code=404, reason="NotFound", message=""))
CONFLICT = Response(code=409, status=Status(code=409, reason="Conflict", message=""))


def node(name, cpu="2"):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name},
            "status": {"allocatable": {"cpu": cpu, "pods": "10"}},
        }
    )


def pod(name, cpu="1", on="", priority=0, nominated="", conditions=(), gone=False, **spec):
    containers = [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]
    ending = {"deletionTimestamp": "2001-09-09T01:46:40Z"} if gone else {}
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "uid": f"u-{name}", "labels": {"app": name}, **ending},
            "spec": {
                "nodeName": on,
                "schedulerName": "default-scheduler",
                "containers": containers,
                "priority": priority,
                **spec,
            },
            "status": {
                "phase": "Running" if on else "Pending",
                "nominatedNodeName": nominated,
                "conditions": list(conditions),
                "startTime": "2001-01-01T00:00:00Z" if on else None,
            },
        }
    )


def budget(app, allowed):
    return from_wire(
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": app, "namespace": "default"},
            "spec": {"selector": {"matchLabels": {"app": app}}},
            "status": {"disruptionsAllowed": allowed},
        }
    )


def played(store, name="p", answers=lambda _: OK):
    """The calls that the turns on a pod make, and the last turn."""
    given, calls = (), ()
    while True:
        turn = SCHEDULER.reconcile(None, View(store, NOW, given), ObjectKey("Pod", "default", name))
        made = tuple(call.request for call in turn.requests)
        calls += made
        if not turn.more:
            return calls, turn
        given += tuple(answers(request) for request in made)


def said(calls):
    """What a list of calls does, in short."""
    return [" ".join(filter(None, (one.verb.value, one.key.name, one.subresource))) for one in calls]


def message(request):
    return next(one.message for one in request.body.status.conditions if one.type == "PodScheduled")


CROWDED = (node("n1"), pod("a", on="n1"), pod("b", on="n1"))


def test_the_pod_is_nominated_and_its_victims_are_told_and_deleted():
    """The status first, then each victim: the condition DisruptionTarget, and the deletion."""
    calls, turn = played(Store.of([*CROWDED, pod("p", "2", priority=100)]))

    assert said(calls) == ["update p status", "patch a status", "delete a", "patch b status", "delete b"]
    assert calls[0].body.status.nominated_node_name == "n1"
    assert message(calls[0]) == "0/1 nodes are available: 1 Insufficient cpu."
    (target,) = calls[1].body.value["status"]["conditions"]
    assert (target["type"], target["reason"]) == ("DisruptionTarget", "PreemptionByScheduler")
    assert target["message"] == "default-scheduler: preempting to accommodate a higher priority pod"
    assert turn.wake_at is None


def test_a_pod_whose_victims_are_going_waits_for_them():
    """It keeps its node, says so, and sends nobody else away."""
    store = Store.of(
        [node("n1"), node("n2"), pod("a", on="n1", conditions=[GOING], gone=True), pod("b", on="n1"), pod("c", on="n2")]
    )
    calls, _ = played(store.put(pod("p", "2", priority=100, nominated="n1")))

    assert said(calls) == ["update p status"]
    assert calls[0].body.status.nominated_node_name == "n1"
    assert message(calls[0]).endswith("preemption: not eligible due to a terminating pod on the nominated node.")


def test_a_victim_that_is_going_already_is_left_alone():
    """The deletion is under way; the others are still to be told."""
    store = Store.of([node("n1"), pod("a", on="n1", gone=True), pod("b", on="n1"), pod("p", "2", priority=100)])

    assert said(played(store)[0]) == ["update p status", "patch b status", "delete b"]


def test_who_is_outranked_loses_its_nomination():
    """A lower pod that was promised the node is told to look elsewhere, before the victims go."""
    store = Store.of([*CROWDED, pod("mid", "1", priority=50, nominated="n1"), pod("p", "2", priority=100)])
    calls, _ = played(store)

    assert said(calls)[:2] == ["update p status", "patch mid status"]
    assert calls[1].body.value == {"status": {"nominatedNodeName": None}}


@pytest.mark.parametrize(
    ("answer", "wakes"),
    [pytest.param(GONE, False, id="is gone already"), pytest.param(CONFLICT, True, id="can not be told")],
)
def test_a_victim_that(answer, wakes):
    """One that is gone needs no deletion; after any other no, the pod is tried again."""
    _, turn = played(
        Store.of([*CROWDED, pod("p", "2", priority=100)]),
        answers=lambda request: answer if request.verb is Verb.PATCH else OK,
    )

    assert (turn.wake_at is not None) == wakes


@pytest.mark.parametrize(
    ("asking", "why"),
    [
        pytest.param(
            pod("p", "2", priority=100, preemptionPolicy="Never"),
            "not eligible due to preemptionPolicy=Never.",
            id="a polite one",
        ),
        pytest.param(
            pod("p", "2"),
            "0/1 nodes are available: 1 No preemption victims found for incoming pod.",
            id="one that outranks nobody",
        ),
        pytest.param(
            pod("p", "3", priority=100),
            "0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
            id="one that is too large",
        ),
    ],
)
def test_nobody_goes_for(asking, why):
    """The pod is told why, in the words of both plugins that are asked after the filters."""
    calls, _ = played(Store.of([*CROWDED, asking]))

    assert said(calls) == ["update p status"]
    assert message(calls[0]).endswith(f" no new claims to deallocate, preemption: {why}")


def test_a_promise_that_does_not_help_is_taken_back():
    """Where preemption finds nothing, the pod is nominated for no node any more."""
    calls, _ = played(Store.of([*CROWDED, pod("p", "3", priority=100, nominated="n1")]))

    assert calls[0].body.status.nominated_node_name == ""


def test_the_nominated_node_comes_first():
    """It is taken as soon as it does, even if another is emptier."""
    calls, _ = played(Store.of([node("n1"), node("n2"), pod("a", on="n2"), pod("p", nominated="n2")]))

    assert calls[0].body.target.name == "n2"


@pytest.mark.parametrize(
    ("priority", "expected"),
    [
        pytest.param(10, "update p status", id="lower pod waits"),
        pytest.param(50, "update p status", id="pod of the same priority waits"),
        pytest.param(100, "create p binding", id="higher pod does not"),
    ],
)
def test_room_that_is_promised_is_kept_from_those_that_do_not_outrank(priority, expected):
    """A nominated pod counts as if it were there, for those of its priority and below."""
    store = Store.of([node("n1"), pod("q", "2", priority=50, nominated="n1"), pod("p", "2", priority=priority)])

    assert said(played(store)[0]) == [expected]


def test_the_node_whose_budgets_hold_is_taken():
    """A budget is broken only where nothing else serves."""
    crowd = [node("n1"), pod("a", "2", on="n1"), pod("p", "2", priority=100), budget("a", 0)]
    alone, _ = played(Store.of(crowd))
    both, _ = played(Store.of([*crowd, node("n2"), pod("b", "2", on="n2", priority=50)]))

    assert said(alone)[1:] == ["patch a status", "delete a"]
    assert said(both)[1:] == ["patch b status", "delete b"]


def woken(store, old, new):
    key = key_of(old)
    store = store.put(new) if new else store.remove(key)
    return [work.key[2] for work in SCHEDULER.watches[key.kind](Change(revision=99, key=key, old=old, new=new), store)]


TRIED = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
PROMISED = pod("q", "2", priority=50, nominated="n1", conditions=[TRIED])


@pytest.mark.parametrize(
    ("new", "names"),
    [
        pytest.param(None, ["low", "same"], id="one that is deleted"),
        pytest.param(
            pod("q", "2", priority=50, nominated="n2", conditions=[TRIED]), ["low", "q", "same"], id="one to elsewhere"
        ),
        pytest.param(pod("q", "2", on="n2", priority=50), ["low", "same"], id="one that is bound elsewhere"),
        pytest.param(pod("q", "2", on="n1", priority=50), [], id="one that is kept"),
        pytest.param(pod("q", "2", priority=50, nominated="n1", conditions=[]), [], id="one that stays"),
    ],
)
def test_a_promise_wakes_those_that_it_kept_away_when_it_ends(new, names):
    """A pod that outranked the promise was not kept away by it."""
    waiting = [pod(name, "2", priority=one, conditions=[TRIED]) for name, one in (("low", 0), ("same", 50), ("up", 70))]
    store = Store.of([node("n1"), node("n2", "1"), PROMISED, *waiting])

    assert woken(store, PROMISED, new) == names


def test_a_pod_that_lost_its_nomination_is_tried_again():
    """It is to find another place before the one that took its node has it."""
    lost = pod("q", "2", priority=50, conditions=[TRIED])

    assert "q" in woken(Store.of([node("n1"), PROMISED]), PROMISED, lost)
