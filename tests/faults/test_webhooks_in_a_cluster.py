"""Admission webhooks in a running cluster: functions of one's own, served by its pods, which may be lost or hang."""

from __future__ import annotations

import pytest

from kcore.api.discovery.endpointslice import Endpoint
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.apiserver.webhook import Answer
from kcore.cluster.answering import answering
from kcore.cluster.fingerprint import Fingerprinter
from kcore.cluster.target import Target
from kcore.faults.machine_lost import MachineLost
from kcore.faults.node_cut_off import NodeCutOff
from kcore.faults.webhook_down import BUDGET, WebhookDown, WebhookUp
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.users.act import ANSWERED
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.users.patch import Scale

NAME = "cm.guard.example.com"
GUARD = [
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "guard"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "guard"}},
            "template": {
                "metadata": {"labels": {"app": "guard"}},
                "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "guard:v1"}]},
            },
        },
    },
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "guard"},
        "spec": {"selector": {"app": "guard"}, "ports": [{"port": 443}]},
    },
]


def configuration(**fields):
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    hook = {
        "name": NAME,
        "clientConfig": {"service": {"namespace": "default", "name": "guard"}},
        "rules": [rule],
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        **fields,
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "guard"},
        "webhooks": [hook],
    }


def stamp(review):
    """Refuse what is called evil, and put a label on everything else."""
    if review.name.startswith("evil"):
        return Answer(allowed=False, message="it is evil")
    return Answer(patch=({"op": "add", "path": "/metadata/labels", "value": {"seen": "yes"}},))


MODEL = build_model(webhooks={NAME: stamp})


def done(state, event):
    step = MODEL.step(state, event)
    assert not isinstance(step, Refusal), step
    return step


def then(state, event):
    return settle(MODEL, done(state, event).state).state


def create(state, name):
    """The state and the answer after somebody created a ConfigMap."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    step = done(state, Apply(objects=(Json.of(body),)))
    (note,) = (one for one in step.notes if one.name == ANSWERED)
    return step.state, dict(note.fields)


def said(state, name="cm"):
    return create(state, name)[1]["message"]


@pytest.fixture
def guarded():
    """A function that makes a cluster of two nodes with a webhook that runs on the first, and is up."""

    def make(budget=None, **fields):
        room = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
        nodes = [NodeSpec(name=name, capacity=room) for name in ("n1", "n2")]
        state = boot(MODEL, Plan(nodes=nodes, budget=FrozenMap(budget or {})))
        for objects in (GUARD, [configuration(**fields)]):
            state = then(state, Apply(objects=tuple(map(Json.of, objects))))
        return state

    return make


def test_a_function_answers_for_the_webhook_of_its_name(guarded):
    """The model holds the function, the state the webhook's name only."""
    state, _ = create(guarded(), "cm")
    made = state.store.get(ObjectKey("ConfigMap", "default", "cm"))

    assert dict(made.metadata.labels) == {"seen": "yes"}
    assert said(state, "evil").endswith("denied the request: it is evil")


def test_a_webhook_without_pods_refuses_connections(guarded):
    """Nobody is behind its Service, and all that it has a say in fails, until a pod is back."""
    guard = Target(kind="Deployment", namespace="default", name="guard")
    state = then(guarded(), Scale(target=guard, replicas=0))

    assert said(state).endswith("connect: connection refused")
    assert said(then(state, Scale(target=guard, replicas=1))) == ""


@pytest.mark.parametrize("loss", [MachineLost, NodeCutOff], ids=["lost", "cut off"])
def test_a_webhook_on_a_machine_that_is_gone_times_out(guarded, loss):
    """Though its endpoint is still called ready, as nobody has noticed yet."""
    state = done(guarded(), loss("n1")).state

    assert said(state).endswith("context deadline exceeded")


def test_a_webhook_hangs_until_it_is_mended(guarded):
    """Its pods are ready, and whoever needs its word waits in vain."""
    state = then(guarded(), WebhookDown(NAME))

    assert said(state).endswith("context deadline exceeded")
    assert said(then(state, WebhookUp(NAME))) == ""


def test_a_webhook_that_hangs_and_may_be_ignored_is_in_nobodys_way(guarded):
    """What it would have said is not heard."""
    state, answer = create(then(guarded(failurePolicy="Ignore"), WebhookDown(NAME)), "evil")

    assert answer["code"] == 201
    assert not state.store.get(ObjectKey("ConfigMap", "default", "evil")).metadata.labels


def test_a_webhook_keeps_its_own_pods_from_coming_back(guarded):
    """With a say in its own pods, a webhook that is scaled to nothing stays there."""
    pods = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    guard = Target(kind="Deployment", namespace="default", name="guard")
    state = guarded(rules=[pods])
    for replicas in (0, 1):
        state = then(state, Scale(target=guard, replicas=replicas))

    assert state.store.list("Pod") == ()

    kind = "MutatingWebhookConfiguration"
    state = then(state, Delete(target=Target(kind=kind, namespace="", name="guard")))

    assert [one.status.phase for one in state.store.list("Pod")] == ["Running"]


def test_the_fault_is_offered_within_its_budget(guarded):
    """Each webhook that is configured may hang as often as the budget says, and is mended where there is one."""
    state = guarded(budget={BUDGET: 1})
    offered = [one for one in MODEL.enabled(state) if isinstance(one, WebhookDown | WebhookUp)]
    after = done(state, WebhookDown(NAME)).state
    left = [one for one in MODEL.enabled(after) if isinstance(one, WebhookDown | WebhookUp)]

    assert (offered, left) == ([WebhookDown(NAME)], [WebhookUp(NAME)])
    assert not any(isinstance(one, WebhookDown) for one in MODEL.enabled(guarded()))


@pytest.mark.parametrize(
    "event", [WebhookDown("nobody.example.com"), WebhookUp(NAME)], ids=["no such webhook", "it does not hang"]
)
def test_what_can_not_happen_is_refused(guarded, event):
    """A refusal says why."""
    assert isinstance(MODEL.step(guarded(), event), Refusal)


def test_a_hanging_webhook_is_another_state(guarded):
    """The fingerprint tells it from one that answers."""
    state = guarded()
    digest = Fingerprinter()

    assert digest(state) != digest(done(state, WebhookDown(NAME)).state)
    assert digest(state) == digest(done(done(state, WebhookDown(NAME)).state, WebhookUp(NAME)).state)


@pytest.mark.parametrize(
    ("node", "address", "answers"),
    [
        pytest.param(None, "192.168.0.1", True, id="outside of the cluster"),
        pytest.param("n1", "192.168.0.1", True, id="in the network of its machine"),
        pytest.param("n1", "10.244.0.200", False, id="a pod that runs no more"),
        pytest.param("n9", "10.244.0.2", False, id="a machine that nobody knows"),
    ],
)
def test_an_endpoint_answers_if_something_runs_there(guarded, node, address, answers):
    """Whatever the API says of it."""
    assert answering(guarded(), NAME, Endpoint(addresses=(address,), node_name=node)) is answers
