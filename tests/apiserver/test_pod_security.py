"""Pod Security Standards: what a namespace that enforces a level lets in, and what it says of the rest."""

from __future__ import annotations

import copy

import pytest

from kcore.apiserver.config import ADMISSION_PLUGINS, ApiServerConfig

HARDENED = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "c",
            "image": "app",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
}


def pod(**spec):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "strict"},
        "spec": {"containers": [{"name": "c", "image": "app"}], **spec},
    }


def hardened(container=None, **spec):
    """A pod of the restricted level, but for what a test changes in its container and spec."""
    wire = pod(**copy.deepcopy(HARDENED))
    wire["spec"] |= spec
    wire["spec"]["containers"][0]["securityContext"] |= (container or {}).pop("securityContext", {})
    wire["spec"]["containers"][0] |= container or {}
    return wire


@pytest.fixture
def enforce(server):
    """A function that makes a namespace which enforces a level."""

    def make(level):
        meta = {"name": "strict", "labels": {"pod-security.kubernetes.io/enforce": level} if level else {}}
        server.make({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})

    return make


def refused(server, wire):
    """What the server has against a pod, "" if nothing."""
    response = server.create(wire)
    if response.ok:
        return ""
    assert (response.code, response.reason) == (403, "Forbidden")
    return response.status.message.partition(" is forbidden: ")[2]


@pytest.mark.parametrize("level", ["", "privileged"])
def test_a_namespace_without_a_level_lets_everything_in(server, enforce, level):
    """Only what a namespace enforces is asked for."""
    enforce(level)

    assert refused(server, pod(hostNetwork=True)) == ""


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_a_hardened_pod_is_of_every_level(server, enforce, level):
    """What the strictest level asks for is enough for all."""
    enforce(level)

    assert refused(server, hardened()) == ""


def test_a_plain_pod_is_not_restricted(server, enforce):
    """The refusal names everything that has to be stated."""
    enforce("restricted")

    assert refused(server, pod()) == (
        'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false '
        '(container "c" must set securityContext.allowPrivilegeEscalation=false), '
        'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), '
        'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), '
        'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or '
        '"Localhost")'
    )


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        pytest.param(hardened(hostNetwork=True, hostPID=True), "host namespaces (hostNetwork=true, hostPID=true)"),
        pytest.param(hardened(volumes=[{"name": "v", "hostPath": {"path": "/"}}]), 'hostPath volumes (volume "v")'),
        pytest.param(
            hardened({"ports": [{"containerPort": 80, "hostPort": 80}]}),
            'hostPort (container "c" uses hostPort 80)',
        ),
        pytest.param(
            hardened({"livenessProbe": {"httpGet": {"port": 80, "host": "10.0.0.1"}}}),
            'probe or lifecycle host (container "c" uses probe or lifecycle host "10.0.0.1")',
        ),
        pytest.param(
            hardened({"securityContext": {"allowPrivilegeEscalation": None, "privileged": True}}),
            'privileged (container "c" must not set securityContext.privileged=true)',
        ),
        pytest.param(
            hardened({"securityContext": {"capabilities": {"add": ["NET_ADMIN", "CHOWN"]}}}),
            'non-default capabilities (container "c" must not include "NET_ADMIN" in securityContext.capabilities.add)',
        ),
        pytest.param(
            hardened({"securityContext": {"seccompProfile": {"type": "Unconfined"}}}),
            'seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
        ),
        pytest.param(
            hardened(securityContext={"seLinuxOptions": {"type": "spc_t", "user": "root"}}),
            'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
        ),
        pytest.param(
            hardened(securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}),
            "forbidden sysctls (kernel.msgmax)",
        ),
        pytest.param(
            hardened(securityContext={"appArmorProfile": {"type": "Unconfined"}}),
            'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
        ),
    ],
    ids=lambda value: value.partition(" (")[0] if isinstance(value, str) else "a pod",
)
def test_a_way_out_of_a_container_is_not_baseline(server, enforce, wire, why):
    """Each known way out is refused with who asks for it."""
    enforce("baseline")

    assert refused(server, wire) == f'violates PodSecurity "baseline:latest": {why}'


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        pytest.param(
            hardened({"securityContext": {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE", "CHOWN"]}}}),
            'unrestricted capabilities (container "c" must not include "CHOWN" in securityContext.capabilities.add)',
        ),
        pytest.param(
            hardened({"securityContext": {"runAsNonRoot": False}}),
            'runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false)',
        ),
        pytest.param(
            hardened({"securityContext": {"runAsUser": 0}}), 'runAsUser=0 (container "c" must not set runAsUser=0)'
        ),
        pytest.param(
            hardened(volumes=[{"name": "v", "nfs": {"server": "s", "path": "/"}}]),
            'restricted volume types (volume "v" uses restricted volume type "nfs")',
        ),
    ],
    ids=lambda value: value.partition(" (")[0] if isinstance(value, str) else "a pod",
)
def test_what_a_hardened_pod_may_not_do_either(server, enforce, wire, why):
    """The strictest level knows more than what has to be stated."""
    enforce("restricted")

    assert refused(server, wire) == f'violates PodSecurity "restricted:latest": {why}'


def test_a_pod_with_users_of_its_own_may_run_as_root(server, enforce):
    """Root of a user namespace is nobody on the node."""
    enforce("restricted")
    spec = {"hostUsers": False, "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}

    assert refused(server, hardened(**spec)) == ""


def test_a_cluster_may_do_without(server, enforce):
    """Where the plugin is off the label says nothing."""
    server.config = ApiServerConfig(admission_plugins=tuple(set(ADMISSION_PLUGINS) - {"PodSecurity"}))
    enforce("restricted")

    assert refused(server, pod()) == ""
