"""ConfigMaps and Secrets at the kubelet: what containers get of them, when, and what they wait for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.api.core.container import Container
from kcore.api.frozenmap import EMPTY
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.client.component import Work
from kcore.kubelet import KUBELET
from kcore.kubelet.configuration import configuration_of, files_of, needs_of
from kcore.kubelet.setup import configuration_changed, following
from kcore.world.configuration import CONFIG_ERROR, Failure

WEB = ObjectKey("ConfigMap", "default", "web")


def config_map(name="web", **data):
    return from_wire(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}
    )


def secret(name="keys", **data):
    meta = {"name": name, "namespace": "default"}
    return from_wire({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": data})


def from_config(key="color", name="web", **more):
    return {"name": key.upper(), "valueFrom": {"configMapKeyRef": {"name": name, "key": key, **more}}}


def from_secret(key="token", name="keys", **more):
    return {"name": key.upper(), "valueFrom": {"secretKeyRef": {"name": name, "key": key, **more}}}


def with_env(*env, env_from=(), **more):
    return {"containers": [{"name": "c0", "image": "app:v1", "env": list(env), "envFrom": list(env_from), **more}]}


def with_volume(source, **mount):
    mounted = {"name": "cfg", "mountPath": "/etc/cfg", **mount}
    container = {"name": "c0", "image": "app:v1", "volumeMounts": [mounted]}
    return {"volumes": [{"name": "cfg", **source}], "containers": [container]}


def put(bench, found):
    """Write a ConfigMap or Secret, and tell the kubelet of it as its watch does."""
    bench.store = bench.store.put(found)
    key = key_of(found)
    for work in KUBELET.watches[key.kind](told(key), bench.store):
        bench.add(work.key)


def told(key):
    """A change of the object at `key`."""
    return Change(revision=1, key=key, old=None, new=None)


def container(bench):
    return bench.sandboxes()[0].containers[0]


def waiting(bench):
    return bench.status()["containerStatuses"][0]["state"]["waiting"]


ENVIRONMENTS = [
    pytest.param(with_env({"name": "A", "value": "1"}, from_config()), {"A": "1", "COLOR": "red"}, id="a key"),
    pytest.param(with_env(from_secret()), {"TOKEN": "s3cr3t"}, id="a secret is decoded"),
    pytest.param(
        with_env(env_from=[{"configMapRef": {"name": "web"}}]), {"color": "red", "size": "big"}, id="all keys"
    ),
    pytest.param(
        with_env(env_from=[{"prefix": "K_", "secretRef": {"name": "keys"}}]), {"K_token": "s3cr3t"}, id="with a prefix"
    ),
    pytest.param(
        with_env({"name": "color", "value": "blue"}, env_from=[{"configMapRef": {"name": "web"}}]),
        {"color": "blue", "size": "big"},
        id="a variable wins over all keys",
    ),
    pytest.param(
        with_env(from_config("shape", optional=True), from_config(), from_secret("x", "gone", optional=True)),
        {"COLOR": "red"},
        id="an optional key that is missing is no variable",
    ),
    pytest.param(
        with_env(from_config(), env_from=[{"configMapRef": {"name": "gone", "optional": True}}]),
        {"COLOR": "red"},
        id="an optional object that is missing gives nothing",
    ),
]


@pytest.mark.parametrize(("spec", "expected"), ENVIRONMENTS)
def test_a_container_gets_its_environment(bench, pod, spec, expected):
    """As it stands when the container is started."""
    bench.store = bench.store.put(config_map(color="red", size="big")).put(secret(token="czNjcjN0"))
    bench.put(pod(**spec))
    bench.run(1_000)

    assert bench.containers() == [("running",)]
    assert dict(container(bench).configuration.environment) == expected


REASONS = [
    pytest.param(with_env(from_config(name="gone")), 'configmap "gone" not found', id="no ConfigMap"),
    pytest.param(with_env(from_secret(name="gone")), 'secret "gone" not found', id="no Secret"),
    pytest.param(
        with_env(from_config("shape")), "couldn't find key shape in ConfigMap default/web", id="no key in a ConfigMap"
    ),
    pytest.param(with_env(from_secret("x")), "couldn't find key x in Secret default/keys", id="no key in a Secret"),
    pytest.param(
        with_env(env_from=[{"secretRef": {"name": "gone"}}]), 'secret "gone" not found', id="no Secret for all keys"
    ),
]


@pytest.mark.parametrize(("spec", "message"), REASONS)
def test_a_container_waits_for_its_environment(bench, pod, spec, message):
    """With the real reason, once its image is there, in a pod that has its address."""
    bench.store = bench.store.put(config_map(color="red")).put(secret(token="czNjcjN0"))
    bench.put(pod(**spec))
    bench.run(149)

    assert waiting(bench)["reason"] == "ContainerCreating"

    bench.run(60_000)

    assert waiting(bench) == {"reason": "CreateContainerConfigError", "message": message}
    assert bench.status()["phase"] == "Pending"
    assert bench.status()["podIP"] == "10.244.0.2"


def test_an_image_that_does_not_come_is_the_first_reason(bench, pod):
    """Nobody asks for the environment of a container without an image."""
    spec = with_env(from_config())
    spec["containers"][0]["image"] = "app:bad"
    bench.put(pod(**spec))
    bench.run(1_000)

    assert waiting(bench) == {"reason": "ImagePullBackOff"}


def test_what_comes_is_used_at_the_next_try(bench, pod):
    """Every 10 s since the container was first tried; meanwhile nothing is done."""
    bench.put(pod(**with_env(from_config())))
    bench.run(1_000)
    turns = bench.turns
    bench.run(13_000)

    assert bench.turns == turns

    put(bench, config_map(color="red"))
    bench.run(20_149)

    assert waiting(bench)["reason"] == "CreateContainerConfigError"

    bench.run(20_300)

    assert bench.containers() == [("running",)]
    assert bench.status()["containerStatuses"][0]["restartCount"] == 0


def test_a_reason_that_changes_is_told_at_the_next_try(bench, pod):
    """The ConfigMap is there, but not the key."""
    bench.put(pod(**with_env(from_config())))
    bench.run(5_000)
    put(bench, config_map(size="big"))
    bench.run(11_000)

    assert waiting(bench)["message"] == "couldn't find key color in ConfigMap default/web"


def test_a_running_container_keeps_its_environment(bench, pod):
    """Until it is started again."""
    bench.store = bench.store.put(config_map(color="red"))
    spec = with_env(from_config())
    spec["containers"][0]["image"] = "app:exit1"
    bench.put(pod(**spec))
    bench.run(200)
    put(bench, config_map(color="blue"))
    bench.run(540)

    assert container(bench).configuration.environment["COLOR"] == "red"

    bench.run(700)

    assert container(bench).restarts == 1
    assert container(bench).configuration.environment["COLOR"] == "blue"


def test_a_container_that_ended_waits_for_what_is_gone(bench, pod):
    """The one that ran is what its status says of its past."""
    bench.store = bench.store.put(config_map(color="red"))
    spec = with_env(from_config())
    spec["containers"][0]["image"] = "app:exit1"
    bench.put(pod(**spec))
    bench.run(200)
    bench.store = bench.store.remove(ObjectKey("ConfigMap", "default", "web"))
    bench.run(5_000)
    (status,) = bench.status()["containerStatuses"]

    assert waiting(bench)["reason"] == "CreateContainerConfigError"
    assert status["lastState"]["terminated"]["exitCode"] == 1
    assert status["restartCount"] == 0

    put(bench, config_map(color="blue"))
    bench.run(10_800)

    assert container(bench).restarts == 1
    assert container(bench).configuration.environment["COLOR"] == "blue"


VOLUMES = [
    pytest.param({"configMap": {"name": "web"}}, {"color": "red", "size": "big"}, id="a ConfigMap"),
    pytest.param({"secret": {"secretName": "keys"}}, {"token": "s3cr3t"}, id="a Secret"),
    pytest.param(
        {"configMap": {"name": "web", "items": [{"key": "color", "path": "a/b"}]}}, {"a/b": "red"}, id="items"
    ),
    pytest.param(
        {"configMap": {"name": "web", "optional": True, "items": [{"key": "shape", "path": "s"}]}},
        {},
        id="an optional item that is missing",
    ),
    pytest.param({"configMap": {"name": "gone", "optional": True}}, {}, id="an optional ConfigMap that is missing"),
    pytest.param(
        {
            "projected": {
                "sources": [
                    {"configMap": {"name": "web", "items": [{"key": "color", "path": "color"}]}},
                    {"secret": {"name": "keys"}},
                    {"serviceAccountToken": {"path": "jwt"}},
                ]
            }
        },
        {"color": "red", "token": "s3cr3t"},
        id="several in one",
    ),
    pytest.param(
        {"configMap": {"name": "kube-root-ca.crt"}},
        {"ca.crt": "the certificate of the cluster"},
        id="the ConfigMap that every namespace has",
    ),
]


@pytest.mark.parametrize(("source", "expected"), VOLUMES)
def test_a_volume_has_its_files(bench, pod, source, expected):
    """Before anything runs."""
    bench.store = bench.store.put(config_map(color="red", size="big")).put(secret(token="czNjcjN0"))
    bench.put(pod(**with_volume(source)))
    bench.run(1_000)

    assert bench.containers() == [("running",)]
    assert dict(bench.sandboxes()[0].files["cfg"]) == expected


MISSING = [
    pytest.param({"configMap": {"name": "gone"}}, 'configmap "gone" not found', id="no ConfigMap"),
    pytest.param({"secret": {"secretName": "gone"}}, 'secret "gone" not found', id="no Secret"),
    pytest.param(
        {"configMap": {"name": "web", "items": [{"key": "shape", "path": "s"}]}},
        "configmap references non-existent config key: shape",
        id="no key in a ConfigMap",
    ),
    pytest.param(
        {"secret": {"secretName": "keys", "items": [{"key": "x", "path": "s"}]}},
        "references non-existent secret key: x",
        id="no key in a Secret",
    ),
    pytest.param(
        {"projected": {"sources": [{"configMap": {"name": "a"}}, {"secret": {"name": "b"}}]}},
        '[configmap "a" not found, secret "b" not found]',
        id="several in one",
    ),
]


@pytest.mark.parametrize(("source", "message"), MISSING)
def test_a_pod_waits_for_its_volumes(bench, pod, source, message):
    """Nothing of it is made, its containers are being created, and the reason is told once."""
    bench.store = bench.store.put(config_map(color="red")).put(secret(token="czNjcjN0"))
    bench.put(pod(**with_volume(source)))
    turn = bench.turn(bench.queue.pop(0))
    bench.run(20_000)

    assert [dict(note.fields)["message"] for note in turn.notes if note.name == "kubelet.FailedMount"] == [
        f'MountVolume.SetUp failed for volume "cfg" : {message}'
    ]
    assert bench.sandboxes() == ()
    assert waiting(bench) == {"reason": "ContainerCreating"}


def test_volumes_are_tried_again_with_longer_pauses(bench, pod):
    """After 0.5 s, 1 s, 2 s and 4 s: what comes after 4 s is there at 7.5 s."""
    bench.put(pod(**with_volume({"configMap": {"name": "web"}})))
    bench.run(4_000)
    put(bench, config_map(color="red"))
    bench.run(7_499)

    assert bench.sandboxes() == ()

    bench.run(7_650)

    assert bench.containers() == [("running",)]


def test_files_follow_at_the_next_sync(bench, pod):
    """A minute after they were written, and not where one was mounted by subPath."""
    bench.store = bench.store.put(config_map(color="red"))
    bench.put(pod(**with_volume({"configMap": {"name": "web"}}, subPath="color")))
    bench.run(10_000)
    put(bench, config_map(color="blue", size="big"))
    bench.run(59_999)

    assert dict(bench.sandboxes()[0].files["cfg"]) == {"color": "red"}

    bench.run(60_000)

    assert dict(bench.sandboxes()[0].files["cfg"]) == {"color": "blue", "size": "big"}
    assert dict(container(bench).configuration.files) == {"cfg/color": "red"}


def test_files_stay_when_their_object_goes(bench, pod):
    """A running pod keeps what it has."""
    bench.store = bench.store.put(config_map(color="red"))
    bench.put(pod(**with_volume({"configMap": {"name": "web"}})))
    bench.run(1_000)
    bench.store = bench.store.remove(ObjectKey("ConfigMap", "default", "web"))
    bench.add(ObjectKey("Pod", "default", "p"))
    bench.run(130_000)

    assert dict(bench.sandboxes()[0].files["cfg"]) == {"color": "red"}
    assert bench.containers() == [("running",)]


def test_a_pod_that_needs_nothing_has_nothing_resolved(pod):
    """It costs no more than a look at its spec."""
    assert needs_of(pod().spec) is None
    assert needs_of(pod(**with_env({"name": "A", "value": "1"})).spec) is None


def test_a_change_concerns_the_pods_that_name_the_object(bench, pod):
    """On the nodes that they are bound to, unless they have ended."""
    bench.put(pod("a", **with_env(from_config())))
    bench.put(pod("b", **with_volume({"configMap": {"name": "web"}})))
    bench.put(pod("c", **with_env(from_config(name="other"))))
    bench.put(pod("d", status={"phase": "Failed"}, **with_env(from_config())))
    assert list(configuration_changed(told(ObjectKey("ConfigMap", "default", "web")), bench.store)) == [
        Work("n1", ObjectKey("Pod", "default", name)) for name in ("a", "b")
    ]


@given(since=st.integers(0, 10**6), period=st.integers(1, 10**5), ago=st.integers(0, 10**6))
def test_the_next_time_of_a_period_is_the_first_that_is_not_past(since, period, ago):
    """And never the beginning itself."""
    found = following(since, period, since + ago)

    assert found >= since + ago
    assert (found - since) % period == 0
    assert found > since
    assert found - period < since + ago or found == since + period


@given(names=st.lists(st.sampled_from("abc"), unique=True), optional=st.booleans())
def test_a_container_gets_all_that_it_needs_or_none(names, optional):
    """What is required and missing is a failure, never a container without it."""
    env = tuple(from_config(name, optional=optional) for name in "abc")
    spec = from_wire_container({"name": "c", "env": list(env)})
    found = configuration_of(spec, "default", {WEB: config_map(**dict.fromkeys(names, "x"))}.get, EMPTY)

    if optional or len(names) == 3:
        assert set(found.environment) == {name.upper() for name in names}
    else:
        assert isinstance(found, Failure)
        assert found.reason == CONFIG_ERROR


def from_wire_container(wire) -> Container:
    spec = {"containers": [wire]}
    return from_wire({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}).spec.containers[0]


def test_bytes_are_files_but_not_variables(pod):
    """The bytes of a ConfigMap come as they are."""
    found = from_wire(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "web", "namespace": "default"},
            "binaryData": {"logo": "/w=="},
        }
    )
    needs = needs_of(pod(**with_volume({"configMap": {"name": "web"}})).spec)
    files = files_of(needs, "default", {WEB: found}.get).found

    assert files["cfg"]["logo"].encode("utf-8", "surrogateescape") == b"\xff"
