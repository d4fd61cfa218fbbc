"""Static pods: what the manifests on a machine's disk come to, as its kubelet reads them.

Models the files of `staticPodPath`: each pod gets the name of its node behind its own, a uid that is a hash of what the
file says, the annotations that tell where it comes from, its node, and the toleration of every NoExecute taint; what it
does not say has the API's defaults. A manifest that the API server would refuse is refused here.

Not modelled: files that change, and pods from a URL.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/config/common.go
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from kcore.api.core.pod import Pod
from kcore.api.core.taint import Toleration
from kcore.api.evolve import evolve
from kcore.api.json import Json
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Request, Verb
from kcore.errors import InputError, Place
from kcore.world.sandbox import MIRROR
from kcore.world.world import World

SOURCE = "kubernetes.io/config.source"
HASH = "kubernetes.io/config.hash"

_EVERYTHING = Toleration(operator="Exists", effect="NoExecute")


def with_static_pods(world: World, node: str, manifests: Iterable[Json], context: Context) -> World:
    """Return the world in which the manifests lie on the machine `node`; InputError where one is no pod."""
    pods = tuple(static_pod(one, node, context) for one in manifests)
    if not pods:
        return world
    return evolve(world, machines=world.machines.set(node, evolve(world.machine(node), static_pods=pods)))


def static_pod(manifest: Json, node: str, context: Context) -> Pod:
    """Return the pod of a manifest on the machine `node`, as its kubelet knows it."""
    wire = manifest.value
    given = wire.get("metadata") or {}
    namespace, name = given.get("namespace", "default"), f"{given.get('name', '')}-{node.lower()}"
    body = {
        **wire,
        "metadata": {**given, "name": name, "namespace": namespace},
        "spec": {**(wire.get("spec") or {}), "nodeName": node},
    }
    pod = _accepted(body, ObjectKey("Pod", namespace, name), context)
    uid = blake2b(f"{node}:{manifest.text}".encode(), digest_size=16).hexdigest()
    annotations = pod.metadata.annotations.update({SOURCE: "file", HASH: uid})
    metadata = ObjectMeta(
        name=name, namespace=namespace, uid=uid, generation=1, labels=pod.metadata.labels, annotations=annotations
    )
    return evolve(pod, metadata=metadata, spec=evolve(pod.spec, tolerations=(*pod.spec.tolerations, _EVERYTHING)))


def _accepted(body: dict[str, object], key: ObjectKey, context: Context) -> Pod:
    """Return the pod as an API server that has nothing yet takes it."""
    place = Place(object=str(key))
    if body.get("kind") != "Pod" or MIRROR in body["metadata"].get("annotations", {}):  # type: ignore[attr-defined]  # made above
        raise InputError("a manifest on a node is no pod", place=place, expected="a pod that is no mirror")
    store = bootstrap(context.now, context.config)
    outcome = handle(store, Request(verb=Verb.CREATE, key=key, body=Json.of(body), client="kubelet"), context)
    pod, status = outcome.response.object, outcome.response.status
    if not isinstance(pod, Pod):
        raise InputError(status.message if status else "", place=place, expected="a pod as the API has it")
    return pod
