"""PodSpec: what a pod is to run, where it may, and how it ends.

Models containers, volumes, placement, priority, identity and grace. DNS settings, host aliases, pull secrets, claims on
dynamic resources and the operating system ride along.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.affinity import Affinity
from kcore.api.core.container import Container, EphemeralContainer
from kcore.api.core.resourcerequirements import ResourceList, ResourceRequirements
from kcore.api.core.securitycontext import PodSecurityContext
from kcore.api.core.taint import Toleration
from kcore.api.core.topologyspreadconstraint import TopologySpreadConstraint
from kcore.api.core.volume import Volume
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class PodReadinessGate(Struct):
    """A condition beyond the containers' own that must be True before the pod is ready."""

    condition_type: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class PodSchedulingGate(Struct):
    """A name that must be removed before the scheduler looks at the pod."""

    name: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class PodSpec(Struct):
    """The desired pod; grace and deadlines are seconds, `resources` are those of the pod as a whole."""

    volumes: tuple[Volume, ...] = ()
    init_containers: tuple[Container, ...] = ()
    containers: tuple[Container, ...] = wire(default=(), always=True)
    ephemeral_containers: tuple[EphemeralContainer, ...] = ()
    restart_policy: str = ""
    termination_grace_period_seconds: int | None = None
    active_deadline_seconds: int | None = None
    dns_policy: str = ""
    node_selector: FrozenMap[str] = EMPTY
    service_account_name: str = ""
    service_account: str = ""
    automount_service_account_token: bool | None = None
    node_name: str = ""
    host_network: bool = False
    host_pid: bool = False
    host_ipc: bool = False
    share_process_namespace: bool | None = None
    security_context: PodSecurityContext | None = None
    hostname: str = ""
    subdomain: str = ""
    affinity: Affinity | None = None
    scheduler_name: str = ""
    tolerations: tuple[Toleration, ...] = ()
    priority_class_name: str = ""
    priority: int | None = None
    readiness_gates: tuple[PodReadinessGate, ...] = ()
    runtime_class_name: str | None = None
    enable_service_links: bool | None = None
    preemption_policy: str | None = None
    overhead: ResourceList = EMPTY
    topology_spread_constraints: tuple[TopologySpreadConstraint, ...] = ()
    set_hostname_as_fqdn: bool | None = None
    host_users: bool | None = None
    scheduling_gates: tuple[PodSchedulingGate, ...] = ()
    resources: ResourceRequirements | None = None


NO_POD_SPEC = PodSpec()
