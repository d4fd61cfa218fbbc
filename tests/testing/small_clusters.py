"""The clusters on which the laws are tested: small ones, whose nodes are given up after 45 s of silence."""

from __future__ import annotations

from kcore.cluster.config import ClusterConfig
from kcore.cluster.target import Target

QUICK = ClusterConfig(node_monitor_grace_period=40_000, default_toleration_seconds=5)
"""Pods leave a silent node after some 45 s, where the default is six minutes."""

SHORT = (1_000, 10_000)
"""A moment, a heartbeat."""

LONG = (*SHORT, 50_000)
"""Also until a silent node has lost its pods."""

WEB = Target(kind="Deployment", namespace="default", name="web")
DB = Target(kind="StatefulSet", namespace="default", name="db")


def _template(app, image):
    return {"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": app, "image": image}]}}


def deployment(replicas, *, image="web:v1", **spec):
    """A Deployment called web."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": _template("web", image),
            **spec,
        },
    }


def stateful_set(replicas, **spec):
    """A StatefulSet called db."""
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db"},
        "spec": {
            "replicas": replicas,
            "serviceName": "db",
            "selector": {"matchLabels": {"app": "db"}},
            "template": _template("db", "db:v1"),
            **spec,
        },
    }


def service(app="web"):
    """A Service of the pods of an app."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": app},
        "spec": {"selector": {"app": app}, "ports": [{"port": 80}]},
    }


def budget(app="web", **spec):
    """A PodDisruptionBudget of the pods of an app."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": app},
        "spec": {"selector": {"matchLabels": {"app": app}}, **(spec or {"minAvailable": 1})},
    }
