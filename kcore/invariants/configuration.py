"""What holds of ConfigMaps and Secrets: a container never runs without what it has to be given of them.

The question beside it is whether what runs has what they say now, which real Kubernetes does not promise.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/kubelet_pods.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kcore.api.core.container import Container as ContainerSpec
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.object import ObjectKey
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import Invariant, law, question
from kcore.invariants.recent import Standing
from kcore.kubelet.configuration import Needs, configuration_of, env_references, files_of, needs_of
from kcore.kubelet.downward import Facts
from kcore.machine import Culprits, Finding, always
from kcore.world.container import Container
from kcore.world.sandbox import Sandbox

_TASKS = "https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/"


class _Running(NamedTuple):
    """A container that runs, of a pod that takes something from ConfigMaps or Secrets."""

    pod: Pod
    needs: Needs
    sandbox: Sandbox
    spec: ContainerSpec
    container: Container


def containers_have_what_they_require(state: ClusterState) -> Finding:
    """Tell whether each container that runs was given all that it may not be without."""
    for one in _running(state):
        missing = _missing(one)
        if missing:
            return Culprits(f"{one.container.name} runs on {one.sandbox.id.node} without {missing}", _name(one))
    return True


def containers_have_the_latest_configuration(state: ClusterState) -> Finding:
    """Tell whether each container that runs was given what ConfigMaps and Secrets say now."""
    for one in _running(state):
        namespace = one.pod.metadata.namespace
        files = files_of(one.needs, namespace, state.store.get).found
        node = state.store.get(ObjectKey("Node", "", one.pod.spec.node_name))
        facts = Facts(one.pod, one.sandbox.address, node if isinstance(node, Node) else None)
        given = configuration_of(one.spec, namespace, state.store.get, files, facts)
        old = one.spec.name in one.needs.containers and one.container.configuration != given
        if old or one.sandbox.files != files:
            what = "the environment or a file" if old else "files"
            return Culprits(f"{one.container.name} runs with {what} of before", _name(one))
    return True


def _running(state: ClusterState) -> Iterator[_Running]:
    for id_, sandbox in sorted(state.world.sandboxes.items()):
        pod = state.store.get(sandbox.pod) if sandbox.running else None
        needs = needs_of(pod.spec) if isinstance(pod, Pod) and pod.metadata.uid == id_.pod_uid else None
        if needs is None or not isinstance(pod, Pod):
            continue
        for spec in (*pod.spec.init_containers, *pod.spec.containers):
            container = sandbox.container(spec.name)
            if container is not None and container.has_process:
                yield _Running(pod, needs, sandbox, spec, container)


def _missing(one: _Running) -> str:
    """Return what a container runs without though it is required, "" for nothing."""
    for volume, _ in one.needs.volumes:
        if volume not in one.sandbox.files:
            return f"the volume {volume}"
    given = one.container.configuration
    for ref in env_references(one.spec):
        if ref.optional:
            continue
        if given is None or f"{ref.kind}/{ref.name}" not in given.sources:
            return f"{ref.kind} {ref.name}"
        if ref.into and ref.into not in given.environment:
            return f"the variable {ref.into}"
    return ""


def _name(one: _Running) -> str:
    return str(one.sandbox.pod)


def _runs_with_configuration(state: ClusterState) -> Finding:
    return any(True for _ in _running(state))


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "containers-have-what-they-require",
        "A container runs only with all that it requires of ConfigMaps and Secrets.",
        Standing(containers_have_what_they_require, "Pod", world=True),
        _runs_with_configuration,
        upstream=_TASKS,
    ),
    question(
        "running-pods-hold-the-latest-configuration",
        "Whatever runs holds what its ConfigMaps and Secrets say now.",
        always("running-pods-hold-the-latest-configuration", containers_have_the_latest_configuration),
        _runs_with_configuration,
        assumes=("whoever changes a ConfigMap or Secret restarts what has its environment from there",),
        upstream=_TASKS,
    ),
)
