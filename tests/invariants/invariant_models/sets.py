"""Small clusters of StatefulSets, DaemonSets and autoscalers to search."""

from __future__ import annotations

import attrs

from invariant_models.searches import LEAN, Small, deployment, web
from kcore.api.frozenmap import FrozenMap
from kcore.controllers.daemonset import DAEMONSET
from kcore.controllers.garbagecollector import GARBAGE_COLLECTOR
from kcore.controllers.statefulset import STATEFULSET
from kcore.invariants.table import INVARIANTS
from kcore.kubelet import KUBELET
from kcore.scheduler import SCHEDULER
from kcore.users.delete import Delete
from kcore.users.patch import Scale
from kcore.users.rollout import SetImage
from kcore.world.metrics import Load, Metrics

DB, AGENT = web("StatefulSet", "db"), web("DaemonSet", "agent")
ORDERED = (STATEFULSET, GARBAGE_COLLECTOR, SCHEDULER, KUBELET)
DAEMONS = (DAEMONSET, GARBAGE_COLLECTOR, SCHEDULER, KUBELET)

ROLLOUT = {"rollout": SetImage(target=DB, image="db:v2")}
AGENT_ROLLOUT = {"rollout": SetImage(target=AGENT, image="agent:v2")}
SHRINK = {"scale": Scale(target=DB, replicas=1)}


def kill(pod, grace=None):
    """Somebody deletes a pod, within `grace` seconds."""
    return Delete(target=web("Pod", pod), grace_period_seconds=grace)


def template(image):
    """A template of pods that stop at once."""
    spec = {"containers": [{"name": "c", "image": image}], "terminationGracePeriodSeconds": 0}
    return {"metadata": {"labels": {"app": "db"}}, "spec": spec}


def stateful_set(replicas, *, policy="OrderedReady", partition=0, image="db:v1"):
    """The StatefulSet db."""
    spec = {
        "replicas": replicas,
        "serviceName": "db",
        "podManagementPolicy": policy,
        "selector": {"matchLabels": {"app": "db"}},
        "template": template(image),
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}},
    }
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"}, "spec": spec}


def daemon_set(unavailable=1):
    """The DaemonSet agent."""
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": unavailable}}
    spec = {"selector": {"matchLabels": {"app": "db"}}, "template": template("agent:v1"), "updateStrategy": rolling}
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent"}, "spec": spec}


def small(components, *objects, **more):
    """A cluster of two nodes in which `objects` have settled."""
    return Small(components=components, objects=objects, named=("db", "agent"), **more)


def outcomes(cluster, names, states=20_000):
    """What a search says of the invariants of these names and of their witnesses, and how far it went."""
    asked = [one for name in names for one in (INVARIANTS[name].property, INVARIANTS[name].witness)]
    verdicts = cluster.search(asked, states=states).verdicts
    said = {one.property: one.outcome.value for one in verdicts}
    return said, verdicts[0].coverage


@attrs.frozen(kw_only=True)
class Loaded(Small):
    """A small cluster in which something is asked of the pods of the app web."""

    milli: int = 0

    def start(self, model):
        """The state in which the search begins."""
        state = super().start(model)
        load = Load(name="visitors", labels=FrozenMap({"app": "web"}), milli=self.milli)
        return attrs.evolve(state, world=attrs.evolve(state.world, metrics=Metrics(loads=(load,))))


def autoscaled(component, milli, **more):
    """A Deployment of two, of whose pods so much is asked, under an autoscaler that allows three."""
    pod = {"resources": {"requests": {"cpu": "100m"}}}
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
    }
    spec = {
        "minReplicas": 1,
        "maxReplicas": 3,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "metrics": [metric],
    }
    hpa = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}, "spec": spec}
    workload = deployment(2, pod=pod)
    return Loaded(components=(*LEAN, component), objects=(workload,), early=(hpa,), milli=milli, named=("web",), **more)
