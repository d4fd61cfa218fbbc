"""Budgets and endpoints in a whole cluster: an eviction is refused, granted, and seen by those it concerns."""

from __future__ import annotations

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Request, Verb
from kcore.controllers.disruption import DISRUPTION
from kcore.controllers.endpointslice import ENDPOINTSLICE
from kcore.kubelet import KUBELET
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.users.act import perform
from kcore.users.apply import Apply

NODE = NodeSpec(name="n1", capacity=FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"}))
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
}
PDB = {
    "apiVersion": "policy/v1",
    "kind": "PodDisruptionBudget",
    "metadata": {"name": "web"},
    "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
}


def _pod(name):
    """A pod that needs no scheduler."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {
            "nodeName": "n1",
            "terminationGracePeriodSeconds": 1,
            "containers": [{"name": "c", "image": "web:v1"}],
        },
    }


class Run:
    """A cluster of one node, without those controllers that have no part in it."""

    def __init__(self, *objects):
        self.model = build_model((ENDPOINTSLICE, DISRUPTION, KUBELET))
        self.state = boot(self.model, Plan(nodes=[NODE]))
        self.state = self.model.step(self.state, Apply(objects=tuple(map(Json.of, objects)))).state
        self.settle()

    def settle(self):
        self.state = settle(self.model, self.state).state

    def evict(self, name):
        """Ask for the eviction of a pod, and let what follows come to rest; return the code."""
        request = Request(verb=Verb.CREATE, key=ObjectKey("Pod", "default", name), subresource="eviction")
        step = perform(self.state, self.model.components, (request,))
        self.state = step.state
        self.settle()
        return dict(step.notes[0].fields)["code"]

    @property
    def endpoints(self):
        """The pods behind the Service that get traffic."""
        found = [one for each in self.state.store.list("EndpointSlice", "default") for one in each.endpoints]
        return sorted(one.target_ref.name for one in found if one.conditions.ready)

    @property
    def allowed(self):
        """How many pods may be evicted."""
        return self.state.store.get(ObjectKey("PodDisruptionBudget", "default", "web")).status.disruptions_allowed


def test_evictions_are_granted_up_to_the_budget_and_leave_the_service():
    """Of two pods one may go, and the Service keeps the other."""
    run = Run(SERVICE, PDB, _pod("a"), _pod("b"))
    assert (run.endpoints, run.allowed) == (["a", "b"], 1)

    assert run.evict("a") == 201
    assert (run.endpoints, run.allowed) == (["b"], 0)
    assert run.evict("b") == 429
    assert (run.endpoints, run.allowed) == (["b"], 0)
