"""The mutants of the scheduler that break what holds of neighbours, volumes and making room, and their clusters."""

from __future__ import annotations

from invariant_models.searches import ROOM, Small

from kcore.api.evolve import evolve
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster.target import Target
from kcore.controllers.disruption import DISRUPTION
from kcore.controllers.persistentvolume import PERSISTENTVOLUME
from kcore.model import NodeSpec
from kcore.optional.descheduler import descheduler as descheduling
from kcore.optional.descheduler import placed, policies
from kcore.scheduler import eventhandlers, nominations, preemption
from kcore.scheduler.plugins import inter_pod_affinity, node_affinity, pod_topology_spread, volume_binding
from kcore.scheduler.plugins.inter_pod_affinity import Part
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from mutant_models.clusters import PLACED, RUN, SMALL_NODE, budget, pod, replica_set
from mutant_models.mutant import after, always, instead, mutant

HOST = "kubernetes.io/hostname"
WEB = {"matchLabels": {"app": "web"}}
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
FULL = {"cpu": "600m"}


def near(kind, app):
    """A pod's demand to be on a node with pods of an app, or not."""
    return {kind: {REQUIRED: [{"topologyKey": HOST, "labelSelector": {"matchLabels": {"app": app}}}]}}


def on(*nodes):
    """A demand for one of some nodes."""
    terms = [{"matchExpressions": [{"key": HOST, "operator": "In", "values": list(nodes)}]}]
    return {"nodeSelectorTerms": terms}


def level(name, value):
    """A PriorityClass."""
    kind = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass"}
    return {**kind, "metadata": {"name": name}, "value": value, "preemptionPolicy": "PreemptLowerPriority"}


def come(*objects):
    """Somebody applies these."""
    return {"come": Apply(objects=tuple(map(Json.of, objects)))}


def volume():
    """A claim, and its volume, which is on the second node."""
    room = {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}
    made = {"capacity": {"storage": "1Gi"}, "local": {"path": "/d"}, "nodeAffinity": {"required": on("n2")}}
    asked = {"resources": {"requests": {"storage": "1Gi"}}, "volumeName": "v"}
    return (
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "v"}, "spec": {**room, **made}},
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c"}, "spec": {**room, **asked}},
    )


def spread(name):
    """A pod that is spread strictly over nodes, and takes half of a large one."""
    constraint = {"maxSkew": 1, "topologyKey": HOST, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": WEB}
    return pod(name, requests={"cpu": "2"}, topologySpreadConstraints=[constraint])


TAINTED = NodeSpec(name="n2", capacity=ROOM, taints=(FrozenMap({"key": "a", "effect": "NoSchedule"}),))
STORED = pod("p", volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "c"}}])
HIGH = pod("high", requests=FULL, labels={"app": "high"}, priorityClassName="high")
DELETE = Delete(target=Target(kind="Pod", namespace="default", name="p"))

PLACING_CLUSTERS = {
    "a pod, and one that refuses it": Small(
        components=PLACED, early=(pod("a"), pod("p", affinity=near("podAntiAffinity", "web"))), nodes=("n1",)
    ),
    "a pod, and one that it refuses": Small(
        components=PLACED,
        early=(pod("a", affinity=near("podAntiAffinity", "api")), pod("p", labels={"app": "api"})),
        nodes=("n1",),
    ),
    "a pod that demands one that is not there": Small(
        components=PLACED, early=(pod("p", affinity=near("podAffinity", "db")),), nodes=("n1",)
    ),
    "a node that is not demanded": Small(
        components=PLACED, early=(pod("p", affinity={"nodeAffinity": {REQUIRED: on("n3")}}),), nodes=("n1",)
    ),
    "two pods to spread, and room on one node": Small(
        components=PLACED, early=(spread("p"), spread("q")), nodes=("n1", evolve(SMALL_NODE, name="n2"))
    ),
    "a volume that is elsewhere": Small(
        components=(*PLACED, PERSISTENTVOLUME), objects=volume(), acts=come(STORED), budget={"come": 1}
    ),
    "two pods of one priority, and room for one": Small(
        components=PLACED,
        objects=(pod("p", requests=FULL),),
        nodes=(SMALL_NODE,),
        acts=come(pod("q", requests=FULL)),
        budget={"come": 1},
    ),
    "two nodes to make room on, and a budget over one": Small(
        components=(*PLACED, DISRUPTION),
        objects=(
            level("high", 9),
            pod("p", requests=FULL, nodeName="n1"),
            pod("q", requests=FULL, labels={"app": "api"}, nodeName="n2"),
            budget(minAvailable=1),
        ),
        nodes=(SMALL_NODE, evolve(SMALL_NODE, name="n2")),
        acts=come(HIGH),
        budget={"come": 1},
    ),
    "a ReplicaSet on one node, and another that is tainted": Small(
        components=(*RUN, descheduling(policies.remove_duplicates())),
        objects=(replica_set(2),),
        nodes=("n1", TAINTED),
    ),
    "a pod that waits until another goes": Small(
        components=PLACED,
        objects=(pod("p", requests=FULL), pod("q", requests=FULL)),
        nodes=(NodeSpec(name="n1", capacity=ROOM.set("cpu", "1")),),
        acts={"delete": DELETE},
        budget={"delete": 1},
    ),
}
"""The small clusters that show them, by name."""


def without(part):
    """The demands of and on placed pods without those of one part."""
    return lambda right: lambda *given: (one for one in right(*given) if one.part is not part)


def looser(constraint):
    """A constraint that allows one pod more."""
    return evolve(constraint, max_skew=constraint.max_skew + 1)


def less_once_placed(right):
    """Priorities that are lower for pods on nodes."""
    return lambda one: right(one) - bool(one.spec.node_name)


def affinity_aside(right):
    """A match of node selectors alone."""
    return lambda selector, _, node: right(selector, None, node)


EQUALS = ((preemption, "priority_of", less_once_placed), (nominations, "priority_of", less_once_placed))

PLACING = (
    mutant(
        "the scheduler ignores whom a pod refuses",
        "anti-affinity-holds-at-binding",
        "a pod, and one that refuses it",
        inter_pod_affinity,
        "_demands",
        without(Part.SHUNNED),
    ),
    mutant(
        "the scheduler ignores who refuses a pod",
        "anti-affinity-holds-at-binding",
        "a pod, and one that it refuses",
        inter_pod_affinity,
        "_demands",
        without(Part.REFUSING),
    ),
    mutant(
        "the scheduler ignores whom a pod demands",
        "affinity-holds-at-binding",
        "a pod that demands one that is not there",
        inter_pod_affinity,
        "_has_all",
        always(True),
    ),
    mutant(
        "the scheduler ignores which nodes a pod demands",
        "bound-where-allowed",
        "a node that is not demanded",
        node_affinity,
        "matches_node_affinity",
        affinity_aside,
    ),
    mutant(
        "maxSkew is off by one",
        "skew-within-limits-at-binding",
        "two pods to spread, and room on one node",
        pod_topology_spread,
        "_constraint",
        after(looser),
    ),
    mutant(
        "the scheduler ignores where volumes are",
        "volumes-reach-their-node-at-binding",
        "a volume that is elsewhere",
        volume_binding,
        "_unreached",
        always(()),
    ),
    mutant(
        "a pod makes room for one of its own priority",
        "preempted-for-a-higher-one",
        "two pods of one priority, and room for one",
        *EQUALS,
    ),
    mutant(
        "a descheduler evicts what can only come back",
        "evicted-pods-go-elsewhere",
        "a ReplicaSet on one node, and another that is tainted",
        placed,
        "takes",
        always(True),
    ),
    mutant(
        "preemption does not look at budgets",
        "budgets-break-only-if-nothing-else-serves",
        "two nodes to make room on, and a budget over one",
        preemption,
        "_violating",
        always([]),
    ),
    mutant(
        "preemption breaks a budget that it need not",
        "preemption-spares-budgets",
        "two nodes to make room on, and a budget over one",
        preemption,
        "_violating",
        always([]),
    ),
    mutant(
        "nobody wakes a pod for which there is room",
        "fitting-pods-are-bound-when-settled",
        "a pod that waits until another goes",
        eventhandlers,
        "_helped",
        instead(lambda *_: iter(())),
    ),
    mutant(
        "a pod for which there is room waits for ever",
        "a-pod-that-fits-is-bound",
        "a pod that waits until another goes",
        eventhandlers,
        "_helped",
        instead(lambda *_: iter(())),
    ),
)
"""One row a mutant, as in the table of the others."""
