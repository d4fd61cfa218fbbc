"""Definition: a container that runs and whose image in the pod was changed is stopped, and started from the new one.

Models that it has the grace of its pod to stop, and is started again at once, whatever back-off it has.

Simplified: under the restart policy Never it is stopped and not started again, as nobody remembers why it ended; of a
definition nothing but the image can change here.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/kuberuntime/kuberuntime_manager.go
"""

from __future__ import annotations

from kcore.api.core.container import Container as ContainerSpec
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.kubelet.lifecycle import Plan, spec_grace
from kcore.machine import Note
from kcore.world.actions import StopContainer
from kcore.world.container import Container, ContainerState
from kcore.world.sandbox import Sandbox


def is_outdated(spec: ContainerSpec, container: Container | None) -> bool:
    """Tell whether a container that runs is of another image than its pod has now."""
    return container is not None and container.image != spec.image and container.state is ContainerState.RUNNING


def replaced(plan: Plan, pod: Pod, sandbox: Sandbox) -> Plan:
    """Return the plan that also stops the containers whose image was changed."""
    specs = (*pod.spec.init_containers, *pod.spec.containers)
    outdated = [one.name for one in specs if is_outdated(one, sandbox.container(one.name))]
    if not outdated:
        return plan
    grace, about = spec_grace(pod), str(sandbox.pod)
    kills = tuple(StopContainer(id=sandbox.id, name=name, grace=grace) for name in outdated)
    notes = tuple(
        Note("kubelet.Killing", pod=about, message=f"Container {name} definition changed, will be restarted")
        for name in outdated
    )
    return evolve(plan, before=(*plan.before, *kills), notes=(*plan.notes, *notes))
