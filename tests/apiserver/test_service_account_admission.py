"""ServiceAccount admission: who pods are, what they are given for it, and what they may not refer to."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import to_wire
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.config import ADMISSION_PLUGINS, ApiServerConfig, admission_plugins
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Request, Verb

NOW = 946_684_800_000
CONFIG = ApiServerConfig(admission_plugins=admission_plugins("ServiceAccount"))
PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
TOKEN = {
    "defaultMode": 420,
    "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {
            "downwardAPI": {
                "items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]
            }
        },
    ],
}


@pytest.fixture
def secured(server):
    """A server that wants every pod to be somebody, of a cluster an hour old."""
    one = type(server)(bootstrap(NOW, CONFIG), CONFIG)
    one.now += 3_600_000
    return one


def account(name="robot", namespace="default", **content):
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace, "annotations": content.pop("annotations", {})},
        **content,
    }


def spec_of(obj):
    return to_wire(obj)["spec"]


def test_it_is_off_unless_it_is_asked_for():
    """The recorded clusters had it off; it acts after LimitRanger where it is on."""
    assert "ServiceAccount" not in ADMISSION_PLUGINS
    assert admission_plugins("ServiceAccount")[1:3] == ("LimitRanger", "ServiceAccount")
    assert admission_plugins() == ADMISSION_PLUGINS


def test_without_it_a_pod_is_left_as_it_is(server, pod):
    """No account is looked for, and no volume comes."""
    spec = spec_of(server.make(pod))

    assert "volumes" not in spec
    assert "serviceAccountName" not in spec


def test_a_pod_gets_the_account_default_and_a_token_of_it(secured, pod):
    """Both names of the account are set, and each container finds the token, the certificate and the namespace."""
    pod["spec"]["initContainers"] = [{"name": "i", "image": "app:v1"}]
    spec = spec_of(secured.make(pod))
    volume = spec["volumes"][0]
    mount = {"name": volume["name"], "readOnly": True, "mountPath": PATH}

    assert (spec["serviceAccountName"], spec["serviceAccount"]) == ("default", "default")
    assert volume == {"name": volume["name"], "projected": TOKEN}
    assert volume["name"].startswith("kube-api-access-")
    assert len(volume["name"]) == len("kube-api-access-xxxxx")
    assert [one["volumeMounts"] for one in (*spec["initContainers"], *spec["containers"])] == [[mount], [mount]]


def test_the_old_name_of_the_account_counts(secured, pod):
    """A pod that names its account by the deprecated field is of that account."""
    secured.make(account("robot"))
    pod["spec"]["serviceAccount"] = "robot"

    assert spec_of(secured.make(pod))["serviceAccountName"] == "robot"


def test_a_pod_without_an_account_that_exists_is_refused(secured, pod):
    """The refusal is a 403 that names the account."""
    pod["spec"]["serviceAccountName"] = "nobody"
    before = secured.store
    response = secured.create(pod)

    assert (response.code, response.reason) == (403, "Forbidden")
    assert response.status.message == (
        'pods "p" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found'
    )
    assert secured.store is before


@pytest.mark.parametrize(
    ("age", "code"),
    [pytest.param(0, 201, id="which is about to come"), pytest.param(5_000, 403, id="which should have come")],
)
def test_the_account_of_a_new_namespace_is_waited_for(secured, pod, age, code):
    """The server waits for the account of a namespace that was made just now, and for no other."""
    secured.make({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    secured.now += age
    pod["metadata"]["namespace"] = "shop"

    assert secured.create(pod).code == code


@pytest.mark.parametrize(
    ("of_pod", "of_account", "mounted"),
    [
        pytest.param(None, None, True, id="nobody says, so they get one"),
        pytest.param(None, False, False, id="the account says no"),
        pytest.param(None, True, True, id="the account says yes"),
        pytest.param(False, None, False, id="the pod says no"),
        pytest.param(False, True, False, id="the pod says no and has the last word"),
        pytest.param(True, False, True, id="the pod says yes and has the last word"),
    ],
)
def test_who_wants_a_token(secured, pod, of_pod, of_account, mounted):
    """The pod decides, else its account, else there is one."""
    if of_account is not None:
        secured.make(account(automountServiceAccountToken=of_account))
    else:
        secured.make(account())
    pod["spec"]["serviceAccountName"] = "robot"
    if of_pod is not None:
        pod["spec"]["automountServiceAccountToken"] = of_pod

    assert ("volumes" in spec_of(secured.make(pod))) is mounted


def test_what_is_mounted_at_that_path_stays(secured, pod):
    """A container that has something there is left alone, and no volume comes if all have."""
    pod["spec"]["volumes"] = [{"name": "mine", "emptyDir": {}}]
    pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "mine", "mountPath": PATH}]
    spec = spec_of(secured.make(pod))

    assert [volume["name"] for volume in spec["volumes"]] == ["mine"]
    assert [mount["name"] for mount in spec["containers"][0]["volumeMounts"]] == ["mine"]


def test_a_volume_of_that_name_is_taken_for_the_token(secured, pod):
    """A pod that is made again from what was read has its volume, and gets no second one."""
    pod["spec"]["volumes"] = [{"name": "kube-api-access-abcde", "emptyDir": {}}]
    spec = spec_of(secured.make(pod))

    assert [volume["name"] for volume in spec["volumes"]] == ["kube-api-access-abcde"]
    assert [mount["name"] for mount in spec["containers"][0]["volumeMounts"]] == ["kube-api-access-abcde"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([], [{"name": "regcred"}], id="the account's"),
        pytest.param([{"name": "mine"}], [{"name": "mine"}], id="its own"),
    ],
)
def test_a_pod_pulls_images_with(secured, pod, given, expected):
    """Pull secrets come from the account only where the pod names none."""
    secured.make(account("default2", imagePullSecrets=[{"name": "regcred"}]))
    pod["spec"] |= {"serviceAccountName": "default2", "imagePullSecrets": given}

    assert spec_of(secured.make(pod))["imagePullSecrets"] == expected


ENFORCING = account(
    "strict",
    annotations={"kubernetes.io/enforce-mountable-secrets": "true"},
    secrets=[{"name": "mine", "namespace": "else"}],
    imagePullSecrets=[{"name": "pull"}],
)
END = "is not allowed because service account strict does not reference that"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({}, "", id="which refers to nothing"),
        pytest.param({"volumes": [{"name": "v", "secret": {"secretName": "mine"}}]}, "", id="a volume of its own"),
        pytest.param(
            {"volumes": [{"name": "v", "secret": {"secretName": "other"}}]},
            f'volume with secret.secretName="other" {END} secret',
            id="a volume of another's",
        ),
        pytest.param(
            {"imagePullSecrets": [{"name": "other"}]},
            f'imagePullSecrets[0].name="other" {END} imagePullSecret',
            id="a pull secret of another's",
        ),
    ],
)
def test_an_account_may_limit_its_pods(secured, pod, change, why):
    """With the annotation, a pod may only refer to the Secrets that its account refers to."""
    secured.make(ENFORCING)
    pod["spec"] |= {"serviceAccountName": "strict", **change}
    response = secured.create(pod)

    assert response.code == (403 if why else 201)
    assert not why or response.status.message == f'pods "p" is forbidden: {why}'


@pytest.mark.parametrize(
    ("field", "content", "where"),
    [
        pytest.param(
            "containers",
            {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "other", "key": "k"}}}]},
            "container c with envVar A",
            id="a variable",
        ),
        pytest.param(
            "containers", {"envFrom": [{"secretRef": {"name": "other"}}]}, "container c with envFrom", id="variables"
        ),
        pytest.param(
            "initContainers",
            {"envFrom": [{"secretRef": {"name": "other"}}]},
            "init container c with envFrom",
            id="variables of an init container",
        ),
    ],
)
def test_an_account_may_limit_the_environment(secured, pod, field, content, where):
    """What containers get as variables counts too."""
    secured.make(ENFORCING)
    pod["spec"]["serviceAccountName"] = "strict"
    pod["spec"]["containers"][0]["name"] = "main"
    pod["spec"].setdefault(field, []).append({"name": "c", "image": "app:v1", **content})
    response = secured.create(pod)

    assert response.code == 403
    assert f'{where} referencing secret.secretName="other" {END} secret' in response.status.message


MIRROR = {"kubernetes.io/config.mirror": "x"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({}, "", id="plainly"),
        pytest.param(
            {"serviceAccountName": "default"}, "a mirror pod may not reference service accounts", id="account"
        ),
        pytest.param({"imagePullSecrets": [{"name": "a"}]}, "a mirror pod may not reference secrets", id="pull secret"),
        pytest.param(
            {"volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "a"}}]}}]},
            "a mirror pod may not reference secrets",
            id="projected secret",
        ),
        pytest.param(
            {"volumes": [{"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]},
            "a mirror pod may not use ServiceAccountToken volume projections",
            id="token",
        ),
    ],
)
def test_a_static_pod_is_nobody(secured, pod, change, why):
    """What stands for a static pod gets no account, and may refer to none, to no Secret and to no token."""
    pod["metadata"]["annotations"] = MIRROR
    pod["spec"] |= {"nodeName": "n1", **change}
    response = secured.create(pod)

    assert response.code == (403 if why else 201)
    assert why in (response.status.message if response.status else "")
    assert why or "serviceAccountName" not in spec_of(response.object)


def test_an_account_keeps_the_names_of_its_secrets(server):
    """What else a reference says is dropped, at a create and at an update."""
    made = server.make(account(secrets=[{"name": "a", "namespace": "b", "uid": "c"}, {"kind": "Secret"}]))
    changed = server.merge("ServiceAccount", "robot", {"secrets": [{"name": "d", "kind": "Secret"}]}).object

    assert to_wire(made)["secrets"] == [{"name": "a"}, {}]
    assert to_wire(changed)["secrets"] == [{"name": "d"}]


accounts = st.fixed_dictionaries(
    {},
    optional={
        "automountServiceAccountToken": st.booleans(),
        "imagePullSecrets": st.lists(st.sampled_from([{"name": "a"}, {"name": "b"}]), max_size=2, unique_by=str),
    },
)
mounts = st.lists(st.sampled_from(["/data", PATH]), max_size=2, unique=True)


@given(accounts, st.one_of(st.none(), st.booleans()), st.lists(mounts, min_size=1, max_size=3))
def test_admission_adds_and_takes_nothing_away(content, automount, containers):
    """Whatever pod and account say, what the pod said stays, and a pod made from the outcome stays as it is."""
    store = bootstrap(NOW, CONFIG)
    wire = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "default"},
        "spec": {
            "serviceAccountName": "robot",
            "volumes": [{"name": "v", "emptyDir": {}}],
            "containers": [
                {"name": f"c{i}", "image": "a:v1", "volumeMounts": [{"name": "v", "mountPath": at} for at in paths]}
                for i, paths in enumerate(containers)
            ],
        },
    }
    if automount is not None:
        wire["spec"]["automountServiceAccountToken"] = automount
    store = _created(store, account(**content))[0]
    _, first = _created(store, wire)
    again = copy.deepcopy({**wire, "spec": first["spec"]})
    _, second = _created(store, again)
    named = [[mount["mountPath"] for mount in one.get("volumeMounts", ())] for one in first["spec"]["containers"]]

    assert second["spec"] == first["spec"]
    assert [paths[: len(asked)] for paths, asked in zip(named, containers, strict=True)] == containers
    wanted = content.get("automountServiceAccountToken", True) if automount is None else automount
    assert all((PATH in paths) is (wanted or PATH in asked) for paths, asked in zip(named, containers, strict=True))


def _created(store, wire):
    key = ObjectKey(wire["kind"], "default", wire["metadata"]["name"])
    request = Request(verb=Verb.CREATE, key=key, body=Json.of(wire))
    outcome = handle(store, request, Context(now=NOW, config=CONFIG))
    assert outcome.response.status is None, outcome.response.status
    return outcome.store, to_wire(outcome.response.object)
