"""PersistentVolumeClaimResize: which claims may ask for more."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.convert import structure
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.frozenmap import FrozenMap
from kcore.api.object import ObjectKey
from kcore.api.quantity import Quantity
from kcore.api.storage.storageclass import StorageClass
from kcore.apiserver.config import ApiServerConfig
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.store import Store

KEY = ObjectKey("PersistentVolumeClaim", "default", "c")
CONTEXT = Context(now=946_684_800_000, config=ApiServerConfig())


def claim(size, phase="Bound"):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, "storageClassName": "std"}
    status = {"phase": phase, "capacity": {"storage": "1Gi"}}
    meta = {"name": "c", "namespace": "default", "uid": "u", "finalizers": ["kubernetes.io/pvc-protection"]}
    return structure(
        PersistentVolumeClaim, {"metadata": meta, "spec": spec | {"volumeMode": "Filesystem"}, "status": status}
    )


def growing(*, allowed):
    return structure(
        StorageClass, {"metadata": {"name": "std"}, "provisioner": "d.io", "allowVolumeExpansion": allowed}
    )


@pytest.mark.parametrize(
    ("old", "new", "classes", "code", "message"),
    [
        pytest.param(claim("1Gi"), "2Gi", [growing(allowed=True)], 200, "", id="a class that allows it"),
        pytest.param(
            claim("1Gi"), "2Gi", [growing(allowed=False)], 403, "only dynamically", id="a class that does not"
        ),
        pytest.param(claim("1Gi"), "2Gi", [], 403, "only dynamically provisioned", id="a class that is not there"),
        pytest.param(claim("1Gi"), "1Gi", [], 200, "", id="a claim of the same size"),
        pytest.param(
            claim("1Gi", "Pending"), "2Gi", [growing(allowed=True)], 422, "immutable", id="one that is not bound"
        ),
    ],
)
def test_a_claim_that_asks_for_more(old, new, classes, code, message):
    """Is let through where its class allows growth, and forbidden elsewhere."""
    store = Store.of([old, *classes])
    requests = attrs.evolve(old.spec.resources, requests=FrozenMap({"storage": Quantity.parse(new)}))
    body = attrs.evolve(old, spec=attrs.evolve(old.spec, resources=requests))
    response = handle(store, Request(verb=Verb.UPDATE, key=KEY, body=body), CONTEXT).response

    assert response.code == code
    assert message in (response.status.message if response.status else "")
