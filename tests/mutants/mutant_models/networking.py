"""The mutants of the network, of storage and of configuration, and the small clusters that show them."""

from __future__ import annotations

import sys

from invariant_models.searches import Small, service

from kcore.api.evolve import evolve
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster.target import Target
from kcore.controllers.attachdetach import ATTACHDETACH, attach_detach_controller
from kcore.controllers.csi import CSI_ATTACHER, CSI_PROVISIONER, attacher
from kcore.controllers.endpointslice import ENDPOINTSLICE
from kcore.controllers.persistentvolume import PERSISTENTVOLUME, pv_controller
from kcore.kubelet import setup
from kcore.kubelet import volumes as mounting
from kcore.kubelet.configuration import Files
from kcore.network import backends, networkpolicy, path, route
from kcore.network.coredns import COREDNS
from kcore.network.kubeproxy import KUBE_PROXY
from kcore.network.nodelocaldns import NODE_LOCAL_DNS
from kcore.users import look_up
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.users.look_up import NameLookedUp
from kcore.world.configuration import Configuration, Failure
from mutant_models.clusters import PLACED, pod
from mutant_models.mutant import after, always, instead, mutant

KUBELET = sys.modules["kcore.kubelet.kubelet"]
"""The module, which its package hides behind the function of its name."""

STORAGE = (PERSISTENTVOLUME, ATTACHDETACH, CSI_PROVISIONER, CSI_ATTACHER)
REF = {"name": "COLOR", "valueFrom": {"configMapKeyRef": {"name": "web", "key": "color"}}}


def policy(name, app, **spec):
    """A NetworkPolicy over the pods of an app."""
    given = {"podSelector": {"matchLabels": {"app": app}}, **spec}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name}, "spec": given}


def of(kind, name, version="v1", **fields):
    """An object."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **fields}


def claim(name, storage_class="std"):
    """A claim for one node at a time."""
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return of("PersistentVolumeClaim", name, spec={**asked, "storageClassName": storage_class})


def volume(name):
    """A directory of a file server."""
    given = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "std"}
    return of("PersistentVolume", name, spec={**given, "nfs": {"server": "files", "path": f"/{name}"}})


def user(name, node, **spec):
    """A pod that uses the claim c on a node."""
    held = [{"name": "d", "persistentVolumeClaim": {"claimName": "c"}}]
    return pod(name, labels={"app": name}, nodeName=node, volumes=held, **spec)


DRIVER = of("CSIDriver", "d.io", "storage.k8s.io/v1", spec={})
CLASS = of("StorageClass", "std", "storage.k8s.io/v1", provisioner="d.io")
GO = Delete(target=Target(kind="Pod", namespace="default", name="p"))
COME = Apply(objects=(Json.of(user("q", "n2")),))
ASK = NameLookedUp(Target(kind="Pod", namespace="default", name="client"), "web.default.svc.cluster.local.")

NETWORK_CLUSTERS = {
    "a Service of one pod": Small(
        components=(*PLACED, ENDPOINTSLICE, KUBE_PROXY),
        objects=(service(), pod("p")),
        budget={"readinessLost": 1, "delete": 1},
        acts={"delete": Delete(target=Target(kind="Pod", namespace="default", name="p"))},
    ),
    "a pod that nobody may reach": Small(
        components=(*PLACED, KUBE_PROXY),
        objects=(policy("closed", "web", policyTypes=["Ingress"]),),
        early=(pod("p"), pod("q", labels={"app": "api"})),
    ),
    "a pod that its friends may reach": Small(
        components=(*PLACED, KUBE_PROXY),
        objects=(
            policy("friends", "web", ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "friend"}}}]}]),
            pod("friend", labels={"app": "friend"}),
        ),
        early=(pod("p"), pod("q", labels={"app": "stranger"})),
        nodes=("n1",),
    ),
    "a name that is asked for": Small(
        components=(*PLACED, COREDNS, NODE_LOCAL_DNS),
        objects=(pod("client"),),
        nodes=("n1",),
        budget={"ask": 1, "come": 1},
        acts={"ask": ASK, "come": Apply(objects=(Json.of(service()),))},
    ),
    "two claims and two volumes": Small(
        components=(PERSISTENTVOLUME,), early=(volume("v"), volume("w"), claim("c"), claim("d"))
    ),
    "two pods of one claim": Small(
        components=(*PLACED, *STORAGE), objects=(DRIVER, CLASS, claim("c"), user("p", "n1")), early=(user("q", "n2"),)
    ),
    "a claim that moves": Small(
        components=(*PLACED, *STORAGE),
        objects=(DRIVER, CLASS, claim("c"), user("p", "n1")),
        budget={"go": 1, "come": 1},
        acts={"go": GO, "come": COME},
    ),
    "a pod that needs a ConfigMap": Small(
        components=PLACED,
        early=({**pod("p"), "spec": {"containers": [{"name": "c", "image": "app:v1", "env": [REF]}]}},),
        nodes=("n1",),
        budget={"come": 1},
        acts={"come": Apply(objects=(Json.of(of("ConfigMap", "web", data={"color": "red"})),))},
    ),
}


def longer(right):
    """A cache that keeps every answer a minute longer than it may."""
    return lambda answer, now: evolve(right(answer, now), until=right(answer, now + 60_000).until)


def without(right):
    """A kubelet that takes what is missing for empty."""

    def careless(*given):
        found = right(*given)
        return Configuration() if isinstance(found, Failure) else found

    return careless


def of_the_node(right):
    """A mount of another disk on each node."""

    def mounted(claim_, volume_, node, *, attach, read_only):
        found = right(claim_, volume_, node, attach=attach, read_only=read_only)
        return None if found is None else found._replace(disk=found.disk._replace(node=node), attach=False)

    return mounted


NETWORKING = (
    mutant(
        "a pod that is not ready is a last resort",
        "only-ready-pods-are-sent-to",
        "a Service of one pod",
        *(backends, "_is_last_resort", always(value=True)),
    ),
    mutant(
        "the first endpoint is forgotten",
        "ready-endpoints-are-sent-to",
        "a Service of one pod",
        *(route, "backends", after(lambda found: found[1:])),
    ),
    mutant(
        "policies are not enforced",
        "closed-pods-are-not-reached",
        "a pod that nobody may reach",
        *(path, "allowed", always(networkpolicy.ALLOWED)),
    ),
    mutant(
        "anybody is a friend",
        "policies-are-not-bypassed",
        "a pod that its friends may reach",
        *(networkpolicy, "_peer", always(value=True)),
    ),
    mutant(
        "answers are kept for too long",
        "answers-are-kept-for-a-while",
        "a name that is asked for",
        *(look_up, "keeping", longer),
    ),
    mutant(
        "every claim gets the first volume",
        "claims-and-volumes-are-one-to-one",
        "two claims and two volumes",
        (pv_controller, "volumes_for", instead(lambda view, _: view.list("PersistentVolume"))),
        (pv_controller, "find_best_match", instead(lambda _, found, delay: found[0] if found else None)),
    ),
    mutant(
        "every volume may be shared",
        "attached-disks-have-one-writer",
        "two pods of one claim",
        (attach_detach_controller, "may_be_shared", always(value=True)),
        (attacher, "may_be_shared", always(value=True)),
    ),
    mutant(
        "the kubelet does not wait for volumes",
        "what-runs-has-its-disks",
        "two pods of one claim",
        *(KUBELET, "with_volumes", instead(lambda turn, *_: turn)),
    ),
    mutant(
        "each node has a disk of its own",
        "bound-claims-keep-their-contents",
        "a claim that moves",
        *(mounting, "mount_of", of_the_node),
    ),
    mutant(
        "what is missing is taken for empty",
        "containers-have-what-they-require",
        "a pod that needs a ConfigMap",
        (setup, "configuration_of", without),
        (setup, "files_of", always(Files(FrozenMap(), FrozenMap()))),
    ),
)
