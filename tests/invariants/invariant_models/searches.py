"""Small clusters to search: what there is, what may fail, and what people may do, each so many times."""

from __future__ import annotations

import attrs
from pyrsistent import pmap

from kcore.api.evolve import evolve
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster.budget import left, spend
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.controllers.deployment import DEPLOYMENT
from kcore.controllers.endpointslice import ENDPOINTSLICE
from kcore.controllers.garbagecollector import GARBAGE_COLLECTOR
from kcore.controllers.replicaset import REPLICASET
from kcore.kubelet import KUBELET
from kcore.machine import Limits, Refusal, Rule, Start, Table, explore
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.scheduler import SCHEDULER
from kcore.users.apply import Apply
from kcore.users.rollout import SetImage
from kcore.verify.system import cluster_system

LEAN = (DEPLOYMENT, REPLICASET, ENDPOINTSLICE, GARBAGE_COLLECTOR, SCHEDULER, KUBELET)
"""Who it takes to run a Deployment behind a Service, without heartbeats."""

ROOM = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
OFFERED = "users.do_offered_act"


@attrs.frozen
class Offered:
    """Somebody does what the search offers under this name."""

    act: str


@attrs.frozen(kw_only=True)
class Small:
    """A small cluster: `objects` settle, then faults and `acts` by name may happen as often as `budget` says.

    They happen in settled states, or `anywhere`. `early` objects are made after settling, where the search begins.
    """

    components: tuple = LEAN
    objects: tuple = ()
    early: tuple = ()
    nodes: tuple = ("n1", "n2")
    room: FrozenMap = ROOM
    behaviors: tuple = ()
    budget: dict = attrs.field(factory=dict)
    acts: dict = attrs.field(factory=dict)
    timing: Timing = Timing.PROMPT
    anywhere: bool = False
    named: tuple = ()

    def model(self):
        """The model in which acts are offered."""
        model = build_model(self.components)
        return evolve(model, table=Table((*model.table.rules, self._offer(model))))

    def start(self, model):
        """The state in which the search begins."""
        nodes = [one if isinstance(one, NodeSpec) else NodeSpec(name=one, capacity=self.room) for one in self.nodes]
        state = boot(model, Plan(nodes=nodes, behaviors=self.behaviors))
        state = settle(model, _applied(model, state, self.objects), limit=600_000).state
        state = evolve(state, store=state.store.compact(state.store.revision), budget=pmap(self.budget))
        if self.timing.freedom.lag:
            for name, process in state.processes.items():
                state = state.with_process(name, evolve(process, cache=state.store))
        return _applied(model, evolve(state, timing=self.timing), self.early)

    def search(self, asked=(), *, states=None, passing=True):
        """The findings of an exhaustive search, or of so many states; without `passing` each event is a move."""
        model = self.model()
        starts = {Start("a small cluster"): self.start(model)}
        system = cluster_system(model, starts, settled=not self.anywhere, passing=passing, named=self.named)
        return explore(system, tuple(asked), limits=Limits(states=states))

    def _offer(self, model):
        def refused(state, event):
            if not left(state, event.act):
                return Refusal(OFFERED, "nothing of that is left", act=event.act)
            act = self.acts[event.act]
            why = model.table.rule_of(act).refusal(state, act)
            return Refusal(OFFERED, why.reason, act=event.act) if why else None

        def done(state, event):
            act = self.acts[event.act]
            return model.table.rule_of(act).apply(spend(state, event.act), act)

        def offered(state):
            return [Offered(name) for name in sorted(self.acts) if left(state, name)]

        return Rule(name=OFFERED, event=Offered, guard=refused, effect=done, choices=offered)


def _applied(model, state, objects):
    if not objects:
        return state
    step = model.step(state, Apply(objects=tuple(map(Json.of, objects))))
    assert not isinstance(step, Refusal), step
    return step.state


def deployment(replicas, image="app:v1", *, surge=1, unavailable=0, labels=None, pod=None, **spec):
    """A Deployment named web."""
    labels = labels or {"app": "web"}
    container = {"name": "c", "image": image, **(pod or {})}
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    given = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template, "strategy": rolling}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {**given, **spec}}


def service():
    """A Service named web."""
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}


def web(kind="Deployment", name="web"):
    """The target of acts."""
    return Target(kind=kind, namespace="default", name=name)


ROLLOUT = {"rollout": SetImage(target=web(), image="app:v2")}
