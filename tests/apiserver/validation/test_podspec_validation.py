"""The spec of a pod, fault by fault."""

from __future__ import annotations

import copy

import pytest

from kcore.apiserver.defaulting.podspec import default_pod_spec
from kcore.apiserver.validation.podspec import pod_annotations, pod_only, pod_spec

EXEC = {"exec": {"command": ["true"]}}
CONTAINER = {"name": "c", "image": "i"}
TERM = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"a": "b"}}}


def container(**fields):
    """Return a spec with one container that has `fields` too."""
    return {"containers": [{**CONTAINER, **fields}]}


def with_pod(**fields):
    """Return a sound spec with `fields` too."""
    return {"containers": [CONTAINER], **fields}


def init(**fields):
    """Return a spec with an init container."""
    return with_pod(initContainers=[{"name": "i", "image": "i", **fields}])


def volume(**fields):
    """Return a spec with one volume."""
    return with_pod(volumes=[{"name": "v", **fields}])


def spread(**fields):
    """Return a spec with one spread constraint."""
    constraint = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", **fields}
    return with_pod(topologySpreadConstraints=[constraint])


def node_terms(*requirements, field="matchExpressions"):
    """Return a spec that requires a node."""
    terms = {"nodeSelectorTerms": [{field: list(requirements)}]}
    return with_pod(affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}})


def pod_terms(**fields):
    """Return a spec that requires other pods near."""
    return with_pod(affinity={"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{**TERM, **fields}]}})


C, REQUIRED = "containers[0].", "requiredDuringSchedulingIgnoredDuringExecution"
NODE = f"affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms"
NEAR = f"affinity.podAffinity.{REQUIRED}[0]."

FAULTS = {
    "a pod has a container": ({}, ["REQUIRED containers"]),
    "a container has an image": ({"containers": [{"name": "c"}]}, [f"REQUIRED {C}image"]),
    "names of containers differ": (with_pod(containers=[CONTAINER] * 2), ["DUPLICATE containers[1].name"]),
    "init containers too": (init(name="c"), ["DUPLICATE initContainers[0].name"]),
    "a port has a number": (container(ports=[{"name": "a"}]), [f"REQUIRED {C}ports[0].containerPort"]),
    "a port is 65535 at most": (container(ports=[{"containerPort": 70000}]), [f"INVALID {C}ports[0].containerPort"]),
    "a protocol is known": (
        container(ports=[{"containerPort": 1, "protocol": "x"}]),
        [f"NOT_SUPPORTED {C}ports[0].protocol"],
    ),
    "host ports differ": (
        container(ports=[{"containerPort": 1, "hostPort": 9}, {"containerPort": 2, "hostPort": 9}]),
        [f"DUPLICATE {C}ports[1].hostPort"],
    ),
    "the host's network has the container's ports": (
        {**container(ports=[{"containerPort": 1, "hostPort": 2}]), "hostNetwork": True},
        [f"INVALID {C}ports[0].hostPort"],
    ),
    "a variable has a name": (container(env=[{"value": "a"}]), [f"REQUIRED {C}env[0].name"]),
    "a value comes from somewhere": (
        container(env=[{"name": "a", "valueFrom": {}}]),
        [f"INVALID {C}env[0].valueFrom"],
    ),
    "a value is given once": (
        container(env=[{"name": "a", "value": "b", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]),
        [f"INVALID {C}env[0].valueFrom"],
    ),
    "a field of the pod exists": (
        container(env=[{"name": "a", "valueFrom": {"fieldRef": {"fieldPath": "spec.x"}}}]),
        [f"INVALID {C}env[0].valueFrom.fieldRef.fieldPath"],
    ),
    "not each field may be a variable": (
        container(env=[{"name": "a", "valueFrom": {"fieldRef": {"fieldPath": "status.phase"}}}]),
        [f"NOT_SUPPORTED {C}env[0].valueFrom.fieldRef.fieldPath"],
    ),
    "a label may be": (
        container(env=[{"name": "a", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}}]),
        [],
    ),
    "a divisor is a unit": (
        container(env=[{"name": "a", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "2"}}}]),
        [f"INVALID {C}env[0].valueFrom.resourceFieldRef.divisor"],
    ),
    "envFrom names an object": (container(envFrom=[{}]), [f"INVALID {C}envFrom"]),
    "a mount has its volume": (
        container(volumeMounts=[{"name": "x", "mountPath": "/x"}]),
        [f"NOT_FOUND {C}volumeMounts[0].name"],
    ),
    "a probe does something": (container(livenessProbe={}), [f"REQUIRED {C}livenessProbe"]),
    "a probe does one thing": (
        container(livenessProbe={**EXEC, "tcpSocket": {"port": 1}}),
        [f"FORBIDDEN {C}livenessProbe.tcpSocket"],
    ),
    "one success is enough to live": (
        container(livenessProbe={**EXEC, "successThreshold": 2}),
        [f"INVALID {C}livenessProbe.successThreshold"],
    ),
    "readiness kills nobody": (
        container(readinessProbe={**EXEC, "terminationGracePeriodSeconds": 1}),
        [f"INVALID {C}readinessProbe.terminationGracePeriodSeconds"],
    ),
    "a hook sleeps within the grace period": (
        container(lifecycle={"preStop": {"sleep": {"seconds": 31}}}),
        [f"INVALID {C}lifecycle.preStop.sleep"],
    ),
    "only sidecars are probed before the others start": (
        init(readinessProbe=EXEC),
        ["FORBIDDEN initContainers[0].readinessProbe"],
    ),
    "sidecars are probed": (init(readinessProbe=EXEC, restartPolicy="Always"), []),
    "requests are within limits": (
        container(resources={"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}),
        [f"INVALID {C}resources.requests"],
    ),
    "a resource is known": (
        container(resources={"requests": {"disk": "1"}}),
        [f"INVALID {C}resources.requests[disk]"] * 2,
    ),
    "a device comes whole": (
        container(resources={"requests": {"a.io/gpu": "500m"}, "limits": {"a.io/gpu": "500m"}}),
        [f"INVALID {C}resources.limits[a.io/gpu]", f"INVALID {C}resources.requests[a.io/gpu]"],
    ),
    "a device is limited": (container(resources={"requests": {"a.io/gpu": "1"}}), [f"REQUIRED {C}resources.limits"]),
    "huge pages need memory": (
        container(resources={"limits": {"hugepages-2Mi": "2Mi"}, "requests": {"hugepages-2Mi": "2Mi"}}),
        [f"FORBIDDEN {C}resources"],
    ),
    "Unmasked needs users of the pod's own": (
        container(securityContext={"procMount": "Unmasked"}),
        [f"INVALID {C}securityContext.procMount"],
    ),
    "the privileged may escalate": (
        container(securityContext={"privileged": True, "allowPrivilegeEscalation": False}),
        [f"INVALID {C}securityContext"],
    ),
    "a user is no negative number": (
        with_pod(securityContext={"runAsUser": -1}),
        ["INVALID securityContext.runAsUser"],
    ),
    "a seccomp profile has a type": (
        with_pod(securityContext={"seccompProfile": {}}),
        ["REQUIRED securityContext.seccompProfile.type"],
    ),
    "a volume has one source": (
        volume(emptyDir={}, secret={"secretName": "s"}),
        ["FORBIDDEN volumes[0].secret"],
    ),
    "a secret is named": (volume(secret={}), ["REQUIRED volumes[0].secret.secretName"]),
    "a file stays in its volume": (
        volume(configMap={"name": "c", "items": [{"key": "k", "path": "../x"}]}),
        ["INVALID volumes[0].configMap.items[0].path"],
    ),
    "names of volumes differ": (
        with_pod(volumes=[{"name": "v"}, {"name": "v"}]),
        ["DUPLICATE volumes[1].name"],
    ),
    "a claim of one's own asks for storage": (
        volume(ephemeral={"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"]}}}),
        ["REQUIRED volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]"],
    ),
    "projected files lie apart": (
        volume(
            projected={
                "sources": [
                    {"configMap": {"name": "a", "items": [{"key": "k", "path": "p"}]}},
                    {"secret": {"name": "b", "items": [{"key": "k", "path": "p"}]}},
                ]
            }
        ),
        ["INVALID volumes[0].projected"],
    ),
    "a policy is known": (with_pod(restartPolicy="Never Again"), ["NOT_SUPPORTED restartPolicy"]),
    "one's own DNS has a server": (with_pod(dnsPolicy="None"), ["REQUIRED dnsConfig"]),
    "a server is an address": (
        with_pod(dnsConfig={"nameservers": ["dns"]}),
        ["INVALID dnsConfig.nameservers[0]"],
    ),
    "a deadline lies ahead": (with_pod(activeDeadlineSeconds=0), ["INVALID activeDeadlineSeconds"]),
    "a toleration without a key tolerates all": (
        with_pod(tolerations=[{"operator": "Equal"}]),
        ["INVALID tolerations[0].operator"],
    ),
    "only NoExecute is tolerated for a time": (
        with_pod(tolerations=[{"operator": "Exists", "effect": "NoSchedule", "tolerationSeconds": 1}]),
        ["INVALID tolerations[0].effect"],
    ),
    "numbers are not compared yet": (
        with_pod(tolerations=[{"key": "a", "operator": "Gt", "value": "1"}]),
        ["NOT_SUPPORTED tolerations[0].operator"],
    ),
    "a node is required in terms": (
        with_pod(affinity={"nodeAffinity": {REQUIRED: {}}}),
        [f"REQUIRED {NODE}"],
    ),
    "In has values": (
        node_terms({"key": "a", "operator": "In"}),
        [f"REQUIRED {NODE}[0].matchExpressions[0].values"],
    ),
    "Exists has none": (
        node_terms({"key": "a", "operator": "Exists", "values": ["b"]}),
        [f"FORBIDDEN {NODE}[0].matchExpressions[0].values"],
    ),
    "Gt has one": (
        node_terms({"key": "a", "operator": "Gt", "values": ["1", "2"]}),
        [f"REQUIRED {NODE}[0].matchExpressions[0].values"],
    ),
    "only the name is a field": (
        node_terms({"key": "metadata.uid", "operator": "In", "values": ["b"]}, field="matchFields"),
        [f"INVALID {NODE}[0].matchFields[0].key"],
    ),
    "near is near in some topology": (
        pod_terms(topologyKey=""),
        [f"REQUIRED {NEAR}topologyKey", f"INVALID {NEAR}topologyKey", f"INVALID {NEAR}topologyKey"],
    ),
    "keys go with a selector": (
        pod_terms(labelSelector=None, matchLabelKeys=["a"]),
        [f"FORBIDDEN {NEAR}matchLabelKeys"],
    ),
    "a key is not matched and mismatched": (
        pod_terms(matchLabelKeys=["k"], mismatchLabelKeys=["k"]),
        [f"INVALID {NEAR}matchLabelKeys[0]"],
    ),
    "skew is positive": (spread(maxSkew=0), ["INVALID topologySpreadConstraints[0].maxSkew"]),
    "domains count only where pods must spread": (
        spread(minDomains=2, whenUnsatisfiable="ScheduleAnyway"),
        ["INVALID topologySpreadConstraints[0].minDomains"],
    ),
    "a gate has a name": (with_pod(schedulingGates=[{"name": "a b"}]), ["INVALID schedulingGates[0]"]),
    "gates differ": (
        with_pod(schedulingGates=[{"name": "a"}, {"name": "a"}]),
        ["DUPLICATE schedulingGates[1]"],
    ),
    "users of one's own share no network": (with_pod(hostUsers=False, hostNetwork=True), ["FORBIDDEN hostNetwork"]),
    "a system is known": (with_pod(os={"name": "plan9"}), ["NOT_SUPPORTED os"]),
    "Windows has no Linux users": (
        with_pod(os={"name": "windows"}, securityContext={"runAsUser": 1}),
        ["FORBIDDEN securityContext.runAsUser"],
    ),
    "a pod asks for what its containers ask for": (
        {**container(resources={"requests": {"cpu": "2"}}), "resources": {"requests": {"cpu": "1"}}},
        ["INVALID resources.requests[cpu]"],
    ),
    "a claim comes from somewhere": (with_pod(resourceClaims=[{"name": "a"}]), ["INVALID resourceClaims[0]"]),
    "a container's claim is the pod's": (
        container(resources={"claims": [{"name": "gpu"}]}),
        [f"NOT_FOUND {C}resources.claims[0]"],
    ),
}


@pytest.mark.parametrize(("spec", "expected"), FAULTS.values(), ids=FAULTS)
def test_each_fault_of_a_pod_spec_is_found(spec, expected):
    """The errors of a spec with one fault are those that upstream gives, in its order."""
    spec = copy.deepcopy(spec)
    default_pod_spec(spec)

    assert expected == [f"{error.type.name} {error.path.removeprefix('spec.')}" for error in pod_spec(spec, "spec")]


@pytest.mark.parametrize(
    ("annotations", "count"),
    [
        pytest.param({"controller.kubernetes.io/pod-deletion-cost": "-5"}, 0, id="a cost is a number"),
        pytest.param({"controller.kubernetes.io/pod-deletion-cost": "+5"}, 1, id="without a plus"),
        pytest.param({"controller.kubernetes.io/pod-deletion-cost": "05"}, 1, id="without leading zeros"),
        pytest.param({"controller.kubernetes.io/pod-deletion-cost": "2147483648"}, 1, id="of 32 bits"),
        pytest.param({"kubernetes.io/config.mirror": "x"}, 1, id="a static pod has its node"),
    ],
)
def test_annotations_of_pods_that_mean_something(annotations, count):
    """They are checked for what they mean."""
    assert count == len(list(pod_annotations(annotations, {}, "metadata.annotations")))


def test_a_pod_without_an_account_gets_no_token():
    """A pod, unlike a template, must name the account whose token it projects."""
    spec = {"volumes": [{"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]}

    assert [e.path for e in pod_only(spec, "spec")] == ["spec.volumes[0].projected.sources[0].serviceAccountToken"]
