"""Faults of kinds whose controllers come later."""

from __future__ import annotations

import copy

import pytest

from kcore.apiserver.registry import strategy_of

TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
ENDING = {**TEMPLATE, "spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}
BACKEND = {"service": {"name": "s", "port": {"number": 80}}}
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
CPU = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}


def daemon(**fields):
    """Return a DaemonSet's spec."""
    return {"spec": {"selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE, **fields}}


def rolling(**fields):
    """Return a DaemonSet with a rolling update."""
    return daemon(updateStrategy={"type": "RollingUpdate", "rollingUpdate": fields})


def job(**fields):
    """Return a Job's spec."""
    return {"spec": {"template": ENDING, **fields}}


def rule(**fields):
    """Return a Job with one rule of its failure policy."""
    return job(podFailurePolicy={"rules": [{"action": "FailJob", **fields}]})


def cron(**fields):
    """Return a CronJob's spec."""
    return {"spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": ENDING}}, **fields}}


def scaler(**fields):
    """Return an autoscaler's spec."""
    return {"spec": {"scaleTargetRef": TARGET, "maxReplicas": 3, **fields}}


def metric(**fields):
    """Return an autoscaler with one metric."""
    return scaler(metrics=[fields])


def path(**fields):
    """Return an Ingress with one path."""
    one = {"path": "/", "pathType": "Prefix", "backend": BACKEND, **fields}
    return {"spec": {"rules": [{"http": {"paths": [one]}}]}}


def policy(**rule_fields):
    """Return a NetworkPolicy with one rule."""
    return {"spec": {"ingress": [rule_fields]}}


def limit(**fields):
    """Return a LimitRange with one item."""
    return {"spec": {"limits": [{"type": "Container", **fields}]}}


def quota(**fields):
    """Return a ResourceQuota's spec."""
    return {"spec": fields}


STRATEGY, PATH = "spec.updateStrategy", "spec.rules[0].http.paths[0]."
RULE, METRIC = "spec.podFailurePolicy.rules[0]", "spec.metrics[0]."

FAULTS = {
    "a DaemonSet is sound": ("DaemonSet", daemon(), []),
    "its template is selected": (
        "DaemonSet",
        daemon(selector={"matchLabels": {"a": "c"}}),
        ["INVALID spec.template.metadata.labels"],
    ),
    "its pods run forever": (
        "DaemonSet",
        daemon(template=ENDING),
        ["NOT_SUPPORTED spec.template.spec.restartPolicy"],
    ),
    "it surges or goes short": (
        "DaemonSet",
        rolling(maxUnavailable=1, maxSurge=1),
        [f"INVALID {STRATEGY}.rollingUpdate.maxSurge"],
    ),
    "it does one of both": (
        "DaemonSet",
        rolling(maxUnavailable=0, maxSurge=0),
        [f"REQUIRED {STRATEGY}.rollingUpdate.maxUnavailable"],
    ),
    "it is updated in a known way": ("DaemonSet", daemon(updateStrategy={"type": "x"}), [f"NOT_SUPPORTED {STRATEGY}"]),
    "a Job is sound": ("Job", job(), []),
    "a Job ends": ("Job", job(template=TEMPLATE), ["REQUIRED spec.template.spec.restartPolicy"]),
    "indexes are counted": (
        "Job",
        job(completionMode="Indexed", parallelism=1),
        ["REQUIRED spec.completions"],
    ),
    "limits per index need indexes": ("Job", job(backoffLimitPerIndex=1), ["INVALID spec.backoffLimitPerIndex"]),
    "a mode is known": ("Job", job(completionMode="x"), ["NOT_SUPPORTED spec.completionMode"]),
    "a manager has a domain": ("Job", job(managedBy="me"), ["INVALID spec.managedBy"]),
    "a label of another Job is refused": (
        "Job",
        job(template={**ENDING, "metadata": {"labels": {"job-name": "other"}}}),
        ["INVALID spec.template.metadata.labels[job-name]"],
    ),
    "a rule looks at something": ("Job", rule(), [f"INVALID {RULE}"]),
    "exit codes are ordered": (
        "Job",
        rule(onExitCodes={"operator": "In", "values": [2, 1]}),
        [f"INVALID {RULE}.onExitCodes.values"],
    ),
    "success is no failure": (
        "Job",
        rule(onExitCodes={"operator": "In", "values": [0]}),
        [f"INVALID {RULE}.onExitCodes.values[0]"],
    ),
    "an action is known": (
        "Job",
        rule(action="x", onExitCodes={"operator": "In", "values": [1]}),
        [f"NOT_SUPPORTED {RULE}.action"],
    ),
    "success needs indexes": ("Job", job(successPolicy={"rules": []}), ["INVALID spec.successPolicy"]),
    "no more indexes succeed than there are": (
        "Job",
        job(completionMode="Indexed", completions=3, successPolicy={"rules": [{"succeededIndexes": "0,2-5"}]}),
        ["INVALID spec.successPolicy.rules[0].succeededIndexes"],
    ),
    "a CronJob is sound": ("CronJob", cron(), []),
    "a CronJob has a schedule": ("CronJob", cron(schedule=""), ["REQUIRED spec.schedule"]),
    "a time zone stands by itself": ("CronJob", cron(schedule="TZ=UTC * * * * *"), ["INVALID spec.schedule"]),
    "a time zone is named": ("CronJob", cron(timeZone="Local"), ["INVALID spec.timeZone"]),
    "its Jobs get selectors of their own": (
        "CronJob",
        cron(jobTemplate={"spec": {"template": ENDING, "selector": {}}}),
        ["INVALID spec.jobTemplate.spec.selector"],
    ),
    "an autoscaler is sound": ("HorizontalPodAutoscaler", scaler(), []),
    "bounds are in order": (
        "HorizontalPodAutoscaler",
        scaler(minReplicas=4),
        ["INVALID spec.maxReplicas"],
    ),
    "a target has a group": (
        "HorizontalPodAutoscaler",
        scaler(scaleTargetRef={**TARGET, "apiVersion": "v1"}),
        ["INVALID spec.scaleTargetRef.apiVersion"],
    ),
    "a metric is what it says": (
        "HorizontalPodAutoscaler",
        metric(type="Pods", resource=CPU),
        [f"REQUIRED {METRIC}pods"],
    ),
    "a resource has one target": (
        "HorizontalPodAutoscaler",
        metric(type="Resource", resource={**CPU, "target": {**CPU["target"], "averageValue": "1"}}),
        [f"FORBIDDEN {METRIC}resource.target.averageValue"],
    ),
    "an external metric is named": (
        "HorizontalPodAutoscaler",
        metric(type="External", external={"target": {"type": "Value", "value": "1"}}),
        [f"REQUIRED {METRIC}external.metric.name"],
    ),
    "an object's metric has a value": (
        "HorizontalPodAutoscaler",
        metric(
            type="Object",
            object={"describedObject": TARGET, "metric": {"name": "m"}, "target": {"type": "Value", "value": "0"}},
        ),
        [f"INVALID {METRIC}object.target.value"],
    ),
    "a window is an hour at most": (
        "HorizontalPodAutoscaler",
        scaler(behavior={"scaleDown": {"stabilizationWindowSeconds": 3601}}),
        ["INVALID spec.behavior.scaleDown.stabilizationWindowSeconds"],
    ),
    "an Ingress leads somewhere": ("Ingress", {"spec": {}}, ["INVALID spec"]),
    "a path is sound": ("Ingress", path(), []),
    "a path has a type": ("Ingress", path(pathType=None), [f"REQUIRED {PATH}pathType"]),
    "a path is absolute": ("Ingress", path(path="a"), [f"INVALID {PATH}path"]),
    "a path goes down": ("Ingress", path(path="/a/../b"), [f"INVALID {PATH}path"]),
    "a backend is one thing": ("Ingress", path(backend={}), [f"INVALID {PATH}backend"]),
    "a port is named or numbered": (
        "Ingress",
        path(backend={"service": {"name": "s", "port": {"name": "a", "number": 1}}}),
        [f"INVALID {PATH}backend"],
    ),
    "a host is a name": (
        "Ingress",
        {"spec": {"rules": [{"host": "10.0.0.1"}]}},
        ["INVALID spec.rules[0].host"],
    ),
    "a policy is sound": ("NetworkPolicy", policy(ports=[{"port": 80, "endPort": 90}]), []),
    "a range of ports starts with a number": (
        "NetworkPolicy",
        policy(ports=[{"port": "http", "endPort": 90}]),
        ["INVALID spec.ingress[0].ports[0].endPort"],
    ),
    "a peer is a block or pods": (
        "NetworkPolicy",
        policy(**{"from": [{"podSelector": {}, "ipBlock": {"cidr": "10.0.0.0/8"}}]}),
        ["FORBIDDEN spec.ingress[0].from[0]"],
    ),
    "an exception lies within": (
        "NetworkPolicy",
        policy(**{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}}]}),
        ["INVALID spec.ingress[0].from[0].ipBlock.except[0]"],
    ),
    "a direction is known": ("NetworkPolicy", {"spec": {"policyTypes": ["x"]}}, ["NOT_SUPPORTED spec.policyTypes[0]"]),
    "limits are in order": (
        "LimitRange",
        limit(min={"cpu": "2"}, max={"cpu": "1"}, default={"cpu": "1"}, defaultRequest={"cpu": "1"}),
        [
            "INVALID spec.limits[0].min[cpu]",
            "INVALID spec.limits[0].defaultRequest[cpu]",
            "INVALID spec.limits[0].default[cpu]",
        ],
    ),
    "a pod has no default limits": (
        "LimitRange",
        limit(type="Pod", default={"cpu": "1"}),
        ["FORBIDDEN spec.limits[0].default"],
    ),
    "a claim has bounds": (
        "LimitRange",
        limit(type="PersistentVolumeClaim"),
        ["REQUIRED spec.limits[0].limits"],
    ),
    "a ratio is one at least": (
        "LimitRange",
        limit(maxLimitRequestRatio={"cpu": "500m"}),
        ["INVALID spec.limits[0].maxLimitRequestRatio[cpu]"],
    ),
    "a ratio fits the bounds": (
        "LimitRange",
        limit(maxLimitRequestRatio={"cpu": "5"}, min={"cpu": "1"}, max={"cpu": "2"}),
        ["INVALID spec.limits[0].maxLimitRequestRatio[cpu]"],
    ),
    "a quota is sound": ("ResourceQuota", quota(hard={"pods": "5", "count/jobs.batch": "3"}), []),
    "a quota counts what there is": (
        "ResourceQuota",
        quota(hard={"cats": "1"}),
        ["INVALID spec.hard[cats]", "INVALID spec.hard[cats]"],
    ),
    "pods come whole": ("ResourceQuota", quota(hard={"pods": "1500m"}), ["INVALID spec.hard[pods]"]),
    "scopes do not contradict": (
        "ResourceQuota",
        quota(hard={"pods": "1"}, scopes=["BestEffort", "NotBestEffort"]),
        ["INVALID spec.scopes"],
    ),
    "a scope limits what has it": (
        "ResourceQuota",
        quota(hard={"cpu": "1"}, scopes=["BestEffort"]),
        ["INVALID spec.scopes"],
    ),
    "a scope exists": (
        "ResourceQuota",
        quota(scopeSelector={"matchExpressions": [{"scopeName": "BestEffort", "operator": "In", "values": ["a"]}]}),
        ["INVALID spec.scopeSelector.matchExpressions.operator"],
    ),
    "a class has a provisioner": ("StorageClass", {}, ["REQUIRED provisioner"]),
    "a class binds in a known way": (
        "StorageClass",
        {"provisioner": "a.io/b", "volumeBindingMode": "x"},
        ["NOT_SUPPORTED volumeBindingMode"],
    ),
    "a topology is named once": (
        "StorageClass",
        {
            "provisioner": "a.io/b",
            "allowedTopologies": [{"matchLabelExpressions": [{"key": "zone", "values": ["a", "a"]}]}],
        },
        ["DUPLICATE allowedTopologies[0].matchLabelExpressions[0].values[1]"],
    ),
    "users have a billion priorities": ("PriorityClass", {"value": 1_000_000_001}, ["FORBIDDEN value"]),
}

OF_THE_CLUSTER = {"StorageClass", "PriorityClass"}


@pytest.mark.parametrize(("kind", "wire", "expected"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_found(kind, wire, expected):
    """The errors are those that upstream gives."""
    strategy = strategy_of(kind)
    wire = copy.deepcopy(wire)
    wire["metadata"] = {"name": "a", "uid": "1"} | ({} if kind in OF_THE_CLUSTER else {"namespace": "default"})
    strategy.default(wire)
    if strategy.prepare_create:
        strategy.prepare_create(wire)

    assert [f"{error.type.name} {error.path}" for error in strategy.validate(wire)] == expected


def test_a_system_priority_is_the_systems():
    """A name that starts with "system-" is not for users."""
    wire = {"metadata": {"name": "system-mine"}, "value": 1}

    assert [error.path for error in strategy_of("PriorityClass").validate(wire)] == ["metadata.name"]


CHANGES = {
    "a class keeps its parameters": ("StorageClass", {"parameters": {"a": "b"}}, ["FORBIDDEN parameters"]),
    "a class may grow volumes": ("StorageClass", {"allowVolumeExpansion": True}, []),
    "a priority keeps its value": ("PriorityClass", {"value": 5}, ["FORBIDDEN value"]),
    "a quota keeps its scopes": ("ResourceQuota", {"spec": {"scopes": ["Terminating"]}}, ["INVALID spec.scopes"]),
    "a Job keeps its template": ("Job", {"spec": {"template": TEMPLATE}}, ["INVALID spec.template"]),
    "a Job may run wider": ("Job", {"spec": {"parallelism": 5}}, []),
    "a DaemonSet keeps its selector": ("DaemonSet", {"spec": {"selector": {}}}, ["INVALID spec.selector"]),
}


@pytest.mark.parametrize(("kind", "changes", "expected"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_allowed_or_not(kind, changes, expected):
    """An update fails for what it changes, and for nothing else."""
    base = {"Job": job(), "DaemonSet": daemon(), "PriorityClass": {"value": 1}}.get(kind, {"spec": {}})
    old = {**copy.deepcopy(base), "metadata": {"name": "a", "resourceVersion": "1"}}
    new = {**old, **changes}
    if "spec" in changes:
        new["spec"] = {**old["spec"], **changes["spec"]}

    assert [f"{error.type.name} {error.path}" for error in strategy_of(kind).validate_update(new, old)] == expected


def test_a_job_is_labelled_and_selected_by_its_uid():
    """Its own labels, when it has none, are those of its template, with what is added to them."""
    wire = {**job(), "metadata": {"name": "a", "uid": "1"}}
    wire = copy.deepcopy(wire)
    strategy_of("Job").default(wire)
    strategy_of("Job").prepare_create(wire)

    assert wire["spec"]["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": "1"}}
    assert wire["metadata"]["labels"] == wire["spec"]["template"]["metadata"]["labels"]
    assert wire["metadata"]["labels"]["job-name"] == "a"


def test_a_daemonset_counts_the_changes_of_its_template():
    """The old annotation goes up with each."""
    strategy = strategy_of("DaemonSet")
    old = copy.deepcopy(daemon())
    strategy.default(old)
    strategy.prepare_create(old)
    new = copy.deepcopy(old)
    new["spec"]["template"]["spec"]["containers"][0]["image"] = "j"
    strategy.prepare_update(new, old)

    assert new["metadata"]["annotations"] == {"deprecated.daemonset.template.generation": "2"}
