"""Findings: what is odd in an input that can be used all the same."""

from __future__ import annotations

import pytest

from kcore.manifests import load_objects, load_text

LABELS = {"app": "web"}


def _object(kind: str, name: str = "web", version: str = "v1", **fields):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **fields}


def _template(labels=None, **spec):
    return {
        "metadata": {"labels": LABELS if labels is None else labels},
        "spec": {"containers": [{"name": "c"}], **spec},
    }


def _workload(kind: str = "Deployment", selector=None, labels=None, spec=None, **fields):
    selector = {"matchLabels": LABELS} if selector is None else selector
    return _object(
        kind, version="apps/v1", spec={"selector": selector, "template": _template(labels, **(spec or {})), **fields}
    )


def _service(**spec):
    return _object("Service", spec={"selector": LABELS, "ports": [{"port": 80}], **spec})


def _container(**fields):
    return {"containers": [{"name": "c", **fields}]}


def _found(*objects, **options) -> list[str]:
    return [finding.sentence for finding in load_objects(objects, **options).findings]


CONFIG = _object("ConfigMap", "config", data={"k": "v"})


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param([_workload(), _service()], id="a Service and its pods"),
        pytest.param([_service(type="ExternalName", externalName="a.example")], id="a Service of another name"),
        pytest.param([_object("Service", spec={"ports": [{"port": 1}]})], id="a Service without selector"),
        pytest.param(
            [_workload("StatefulSet"), _service(selector={**LABELS, "statefulset.kubernetes.io/pod-name": "web-0"})],
            id="a Service for one pod of a StatefulSet",
        ),
        pytest.param(
            [CONFIG, _workload(spec={"volumes": [{"name": "v", "configMap": {"name": "config"}}]})],
            id="a ConfigMap that is there",
        ),
        pytest.param(
            [_workload(spec={"volumes": [{"name": "v", "secret": {"secretName": "s", "optional": True}}]})],
            id="a Secret that may be absent",
        ),
        pytest.param(
            [_workload(spec={"serviceAccountName": "default"})], id="the service account that every namespace has"
        ),
        pytest.param(
            [_workload(spec={"priorityClassName": "system-node-critical"})], id="a priority class that clusters have"
        ),
        pytest.param(
            [
                _workload(
                    "StatefulSet",
                    spec={"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "d"}}]},
                    volumeClaimTemplates=[{"metadata": {"name": "d"}}],
                )
            ],
            id="a claim that a template makes",
        ),
        pytest.param(
            [_object("Pod", spec=None), _object("Service", spec=None), _workload(selector={}, labels={})],
            id="hardly anything said",
        ),
    ],
)
def test_sound_inputs_have_no_findings(objects):
    """What fits together is not commented on."""
    assert _found(*objects) == []


@pytest.mark.parametrize(
    ("objects", "sentence"),
    [
        pytest.param(
            [_workload(labels={"app": "wbe"})],
            "Deployment/web selects app=web, but its pods have app=wbe",
            id="a selector that misses its template",
        ),
        pytest.param(
            [_workload(labels={})],
            "Deployment/web selects app=web, but its pods have no labels",
            id="a template without labels",
        ),
        pytest.param(
            [_service()], "Service/web selects app=web, and the input has no such pod", id="a Service without pods"
        ),
        pytest.param(
            [_object("PodDisruptionBudget", version="policy/v1", spec={"selector": {}})],
            "PodDisruptionBudget/web selects all pods, and the input has no such pod",
            id="a budget without pods",
        ),
        pytest.param(
            [_workload(spec=_container(envFrom=[{"configMapRef": {"name": "config"}}]))],
            "Deployment/web names ConfigMap/config, which the input does not have",
            id="variables from an absent ConfigMap",
        ),
        pytest.param(
            [_workload(spec=_container(env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]))],
            "Deployment/web names Secret/s, which the input does not have",
            id="a variable from an absent Secret",
        ),
        pytest.param(
            [_workload(spec={"volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "s"}}]}}]})],
            "Deployment/web names Secret/s, which the input does not have",
            id="a projected Secret that is absent",
        ),
        pytest.param(
            [_workload(spec={"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]})],
            "Deployment/web names PersistentVolumeClaim/data, which the input does not have",
            id="a claim that nobody makes",
        ),
        pytest.param(
            [_workload(spec={"serviceAccountName": "robot"})],
            "Deployment/web names ServiceAccount/robot, which the input does not have",
            id="an absent service account",
        ),
        pytest.param(
            [
                CONFIG,
                _workload(
                    spec=_container(
                        env=[{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "config", "key": "x"}}}]
                    )
                ),
            ],
            "Deployment/web takes x from ConfigMap/config, which has no such key",
            id="a key that a ConfigMap does not have",
        ),
        pytest.param(
            [_workload("StatefulSet", serviceName="peers")],
            "StatefulSet/web names Service/peers, which the input does not have",
            id="a StatefulSet without its Service",
        ),
        pytest.param(
            [
                _object(
                    "HorizontalPodAutoscaler",
                    version="autoscaling/v2",
                    spec={"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
                )
            ],
            "HorizontalPodAutoscaler/web names Deployment/web, which the input does not have",
            id="an autoscaler of nothing",
        ),
        pytest.param(
            [
                _object(
                    "Ingress",
                    version="networking.k8s.io/v1",
                    spec={"rules": [{"http": {"paths": [{"backend": {"service": {"name": "web"}}}]}}]},
                )
            ],
            "Ingress/web names Service/web, which the input does not have",
            id="an Ingress to nowhere",
        ),
        pytest.param([CONFIG, CONFIG], "ConfigMap/config is given twice", id="an object given twice"),
        pytest.param(
            [{**CONFIG, "metadata": {"name": "config", "namespace": "shop"}}],
            "the input has no Namespace/shop",
            id="an absent namespace",
        ),
    ],
)
def test_odd_inputs_have_one_finding(objects, sentence):
    """Each oddity is told once, as a warning, in a sentence."""
    (finding,) = load_objects(objects).findings

    assert (finding.severity, finding.sentence) == ("warning", sentence)


def test_other_namespaces_do_not_help():
    """A name is looked up in the namespace of the pod alone."""
    elsewhere = {**CONFIG, "metadata": {"name": "config", "namespace": "kube-system"}}
    pod = _workload(spec={"volumes": [{"name": "v", "configMap": {"name": "config"}}]})

    assert _found(elsewhere, pod) == ["Deployment/web names ConfigMap/config, which the input does not have"]


def test_custom_resources_of_two_namespaces_are_two():
    """Objects of one name in two namespaces are not the same, whatever their kind."""
    definition = {
        **_object("CustomResourceDefinition", "shops.example.com", "apiextensions.k8s.io/v1"),
        "spec": {"group": "example.com", "names": {"kind": "Shop"}, "versions": [{"name": "v1"}]},
    }
    shops = [
        {**_object("Shop", version="example.com/v1"), "metadata": {"name": "s", "namespace": space}}
        for space in ("default", "kube-system")
    ]

    assert _found(definition, *shops) == []
    assert _found(definition, *shops, shops[0]) == ["Shop/s is given twice"]


def test_kinds_without_rules_are_told_once_each():
    """One note a kind says how many objects are only stored and served, when it is asked which kinds have rules."""
    objects = [CONFIG, {**CONFIG, "metadata": {"name": "b"}}, _workload()]

    assert _found(*objects, modelled=[("apps/v1", "Deployment")]) == [
        "ConfigMap (v1): 2 objects stored and served, otherwise left alone"
    ]
    assert _found(*objects) == []


def test_a_finding_says_where():
    """A finding has the file, the line of the field and the object."""
    text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: web\n"

    (finding,) = load_text(text, "web.yaml").findings

    assert (finding.place.line, finding.place.object, finding.place.field) == (6, "Service/web", "spec.selector")
    assert str(finding) == "web.yaml:6: warning: Service/web selects app=web, and the input has no such pod"
