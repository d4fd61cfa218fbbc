"""The account and the root certificate of each namespace: made, made again, mended, and used by pods."""

from __future__ import annotations

import pytest
from controller_bench import Bench
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.api.core.serviceaccount import ServiceAccount
from kcore.api.evolve import evolve
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.config import ClusterConfig
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.controllers.rootcacertpublisher import ROOTCACERTPUBLISHER
from kcore.controllers.serviceaccount import SERVICEACCOUNT
from kcore.errors import InputError, Place
from kcore.model import NodeSpec, Plan, boot, build_model, components_of, settle
from kcore.users.apply import Apply
from kcore.users.delete import Delete

DEFAULT = ObjectKey("ServiceAccount", "shop", "default")
CERTIFICATE = ObjectKey("ConfigMap", "shop", "kube-root-ca.crt")
MADE = {SERVICEACCOUNT.family: DEFAULT, ROOTCACERTPUBLISHER.family: CERTIFICATE}
CONFIG = ClusterConfig.from_wire({"serviceAccounts": True}, Place())
CONTROLLERS = pytest.mark.parametrize(
    "controller",
    [pytest.param(SERVICEACCOUNT, id="the account"), pytest.param(ROOTCACERTPUBLISHER, id="the certificate")],
)


def namespace(phase="Active"):
    wire = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}, "status": {"phase": phase}}
    return from_wire(wire)


@CONTROLLERS
def test_a_namespace_gets_it_once(controller):
    """One create follows a new namespace, and nothing follows that."""
    bench = Bench(controller)
    bench.put(namespace())

    assert bench.run() == [("create", 201)]
    assert bench.store.get(MADE[controller.family]) is not None
    bench.put(namespace())
    assert bench.run() == []


@CONTROLLERS
def test_a_namespace_that_goes_gets_nothing(controller):
    """Only an active one is looked after."""
    bench = Bench(controller)
    bench.put(namespace("Terminating"))

    assert bench.run() == []


@CONTROLLERS
def test_it_comes_again(controller):
    """What is deleted is made again, as long as there is the namespace."""
    bench = Bench(controller)
    bench.put(namespace())
    bench.run()
    bench.remove(MADE[controller.family])

    assert bench.run() == [("create", 201)]
    bench.remove(ObjectKey("Namespace", "", "shop"))
    bench.remove(MADE[controller.family])
    assert bench.run() == []


@CONTROLLERS
def test_what_others_have_is_no_concern(controller):
    """Other accounts and ConfigMaps come and change without any work."""
    bench = Bench(controller, namespace())
    meta = {"name": "x", "namespace": "shop"}
    for labels in ({}, {"a": "b"}):
        bench.put(
            from_wire(
                {"apiVersion": "v1", "kind": MADE[controller.family].kind, "metadata": {**meta, "labels": labels}}
            )
        )

    assert bench.run() == []


@pytest.mark.parametrize(
    ("change", "mended"),
    [
        pytest.param({"data": FrozenMap({"ca.crt": "forged"})}, True, id="other data"),
        pytest.param({"data": FrozenMap({"ca.crt": "forged", "more": "x"})}, True, id="more data"),
        pytest.param({}, False, id="nothing"),
    ],
)
def test_the_certificate_is_mended(change, mended):
    """Whoever changes what it says finds it as it was a moment later."""
    bench = Bench(ROOTCACERTPUBLISHER)
    bench.put(namespace())
    bench.run()
    made = bench.store.get(CERTIFICATE)
    bench.put(evolve(made, **change))

    assert bench.run() == ([("update", 200)] if mended else [])
    assert bench.store.get(CERTIFICATE).data == made.data


@pytest.mark.parametrize(
    ("said", "mended"),
    [pytest.param("", True, id="nothing at all"), pytest.param("mine", False, id="something else")],
)
def test_the_certificate_says_what_it_is_for(said, mended):
    """A description is put back where there is none; another one is as good."""
    bench = Bench(ROOTCACERTPUBLISHER)
    bench.put(namespace())
    bench.run()
    made = bench.store.get(CERTIFICATE)
    annotations = FrozenMap({"kubernetes.io/description": said, "a": "b"})
    bench.put(evolve(made, metadata=evolve(made.metadata, annotations=annotations)))
    bench.run()
    found = bench.store.get(CERTIFICATE).metadata.annotations

    assert (found["kubernetes.io/description"] != said) is mended
    assert found["a"] == "b"


@given(st.lists(st.sampled_from(["put", "account", "certificate", "turn"]), max_size=12))
def test_a_namespace_always_gets_both_back(acts):
    """Whatever is deleted in whichever order, both are there once the controllers have looked."""
    for controller in (SERVICEACCOUNT, ROOTCACERTPUBLISHER):
        bench, mine = Bench(controller), MADE[controller.family]
        bench.put(namespace())
        for act in acts:
            if act == "put":
                bench.put(namespace())
            elif act == "turn":
                bench.run()
            elif bench.store.get(mine) is not None:
                bench.remove(mine)
        bench.run()

        assert bench.store.get(mine) is not None


# In a cluster


POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p"},
    "spec": {"containers": [{"name": "c", "image": "app:v1"}]},
}


def booted(config, timing=Timing.PROMPT):
    model = build_model(components_of(config))
    nodes = (NodeSpec(name="n1", capacity=FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})),)
    return model, boot(model, Plan(nodes=nodes, config=config, timing=timing))


def applied(model, state, *wires, into="default"):
    after = model.step(state, Apply(objects=tuple(map(Json.of, wires)), namespace=into)).state
    return settle(model, after).state


def test_pods_run_as_somebody():
    """With the setting, a pod of the first moment runs with a token, and so does one of a new namespace."""
    model, state = booted(CONFIG)
    shop = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    state = applied(model, applied(model, state, POD), shop, {**POD, "metadata": {"name": "p", "namespace": "shop"}})
    pods = state.store.list("Pod")

    assert [pod.status.phase for pod in pods] == ["Running", "Running"]
    assert [pod.spec.service_account_name for pod in pods] == ["default", "default"]
    assert isinstance(state.store.get(DEFAULT), ServiceAccount)
    assert state.store.get(CERTIFICATE) is not None


def test_a_namespace_ends_for_all_that_it_was_given():
    """What its controllers made goes with it and does not come again, and a namespace of that name begins anew."""
    model, state = booted(CONFIG)
    shop = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    state = applied(model, state, shop)
    first = state.store.get(DEFAULT)
    state = model.step(state, Delete(target=Target(kind="Namespace", name="shop"))).state
    state = settle(model, state, quiet=30_000, limit=120_000).state

    assert first is not None
    assert [state.store.get(key) for key in (DEFAULT, CERTIFICATE, ObjectKey("Namespace", "", "shop"))] == [None] * 3
    state = applied(model, state, shop)
    assert state.store.get(DEFAULT).metadata.uid != first.metadata.uid


@pytest.mark.parametrize("timing", [Timing.INTERLEAVED, Timing.LAGGING, Timing.LOSSY], ids=lambda one: one.value)
def test_pods_run_as_somebody_under_every_timing(timing):
    """However late a cache hears, a pod runs with its token in the end."""
    model, state = booted(CONFIG, timing)
    state = applied(model, state, POD)

    assert [one.status.phase for one in state.store.list("Pod")] == ["Running"]


def test_a_cluster_has_neither_unless_it_is_asked_for():
    """Without the setting nothing is made, mounted or looked for."""
    model, state = booted(ClusterConfig())
    state = applied(model, state, POD)

    assert state.store.list("ServiceAccount") == ()
    assert not state.store.list("Pod")[0].spec.volumes
    assert {SERVICEACCOUNT.family, ROOTCACERTPUBLISHER.family}.isdisjoint(model.components)


def test_a_setting_that_is_no_switch_is_refused():
    """The value is shown, and what was expected."""
    with pytest.raises(InputError, match=r"serviceAccounts is 'yes'.*expected true or false"):
        ClusterConfig.from_wire({"serviceAccounts": "yes"}, Place())
