"""DefaultIngressClass: which class an Ingress gets that names none."""

from __future__ import annotations

import pytest

from kcore.api.json import Json
from kcore.apiserver.admission.default_ingress_class import IS_DEFAULT, OLD_CLASS
from kcore.cluster.target import Target
from kcore.model import NodeSpec, Plan, advance, boot, build_model
from kcore.users.apply import Apply
from kcore.users.patch import Patch

MODEL = build_model(())


def ingress_class(name, default="true"):
    """An IngressClass, which may be the default."""
    annotations = {} if default is None else {IS_DEFAULT: default}
    metadata = {"name": name, "annotations": annotations}
    spec = {"controller": f"example.com/{name}"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": metadata, "spec": spec}


def ingress(annotations=None, **spec):
    """An Ingress with a default backend."""
    metadata = {"name": "shop", "annotations": annotations or {}}
    given = {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}, **spec}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": given}


def given_class(*objects, apart=1000):
    """The class of the Ingress after these were applied one after the other."""
    state = boot(MODEL, Plan(nodes=[NodeSpec(name="n1", capacity={"cpu": "1"})]))
    for one in objects:
        event = one if isinstance(one, Patch) else Apply(objects=(Json.of(one),))
        state = advance(MODEL, MODEL.step(state, event).state, state.now + apart)
    (found,) = state.store.list("Ingress")
    return found.extra.value["spec"].get("ingressClassName")


MARK = Patch(
    target=Target(kind="Ingress", namespace="default", name="shop"), patch=Json.of({"metadata": {"labels": {"a": "b"}}})
)


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        pytest.param([ingress()], None, id="there is no class"),
        pytest.param(
            [ingress_class("a", None), ingress_class("b", "false"), ingress()], None, id="none is the default"
        ),
        pytest.param([ingress_class("a"), ingress()], "a", id="one is the default"),
        pytest.param([ingress_class("b"), ingress_class("a"), ingress()], "a", id="the newest of two"),
        pytest.param([ingress_class("a"), ingress(ingressClassName="b")], "b", id="it names one"),
        pytest.param([ingress_class("a"), ingress({OLD_CLASS: "b"})], None, id="it names one as of old"),
        pytest.param([ingress(), ingress_class("a"), MARK], None, id="it was there before, and is changed since"),
    ],
)
def test_an_ingress_that_names_no_class_gets_the_default_one(objects, expected):
    """When it is created, and not later."""
    assert given_class(*objects) == expected


def test_of_two_that_are_as_old_it_is_the_first_by_name():
    """As of the default storage classes."""
    assert given_class(ingress_class("b"), ingress_class("a"), ingress(), apart=0) == "a"
