"""KINDS: the table of all kinds that Kubernetes 1.36 serves in its stable APIs.

Models the name, group, version, resource names, scope and subresources of each, the class of those with rules, and
whether the API server counts generations. Kinds of custom resources are made by `custom_kind`.

Does not model alpha and beta APIs, nor conversion between the two versions of HorizontalPodAutoscaler.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry
"""

from __future__ import annotations

import functools

import attrs

from kcore.api.apps.controllerrevision import ControllerRevision
from kcore.api.apps.daemonset import DaemonSet
from kcore.api.apps.deployment import Deployment
from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.apps.statefulset import StatefulSet
from kcore.api.autoscaling.horizontalpodautoscaler import HorizontalPodAutoscaler
from kcore.api.autoscaling.scale import Scale
from kcore.api.batch.cronjob import CronJob
from kcore.api.batch.job import Job
from kcore.api.coordination.lease import Lease
from kcore.api.core.binding import Binding
from kcore.api.core.configmap import ConfigMap
from kcore.api.core.event import Event
from kcore.api.core.namespace import Namespace
from kcore.api.core.node import Node
from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.core.replicationcontroller import ReplicationController
from kcore.api.core.resourcequota import ResourceQuota
from kcore.api.core.secret import Secret
from kcore.api.core.service import Service
from kcore.api.core.serviceaccount import ServiceAccount
from kcore.api.discovery.endpointslice import EndpointSlice
from kcore.api.json import Wire
from kcore.api.object import ApiObject, ObjectKey, OpaqueObject
from kcore.api.policy.eviction import Eviction
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget
from kcore.api.storage.csidriver import CSIDriver
from kcore.api.storage.csinode import CSINode
from kcore.api.storage.storageclass import StorageClass
from kcore.api.storage.volumeattachment import VolumeAttachment
from kcore.errors import MisuseError


@attrs.frozen(kw_only=True, cache_hash=True)
class Kind:
    """A kind and the resource that serves it; a `cls` of None is stored without rules, as an OpaqueObject.

    `group` is "" for core; `plural` is the name in paths; `subresources` are names such as "status" and "scale";
    `has_generation` tells whether metadata.generation counts the changes of the desired state.
    """

    kind: str
    group: str = ""
    version: str = "v1"
    plural: str
    singular: str
    short_names: tuple[str, ...] = ()
    namespaced: bool = True
    cls: type[ApiObject] | None = None
    subresources: frozenset[str] = frozenset()
    has_generation: bool = False

    @property
    def api_version(self) -> str:
        """The group and version as objects state them: "v1", "apps/v1"."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The resource with its group, as messages name it: "pods", "deployments.apps"."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


def kind_of(api_version: str, kind: str) -> Kind | None:
    """Return the built-in kind `kind` of `api_version` ("v1", "apps/v1"); None when there is none."""
    return _BY_TYPE.get((api_version, kind))


def by_name(name: str) -> Kind | None:
    """Return the kind that kubectl would take `name` for, in any case; None when there is none.

    A name is a kind, plural, singular or short name, alone or followed by its group, or by its version and group:
    "Deployment", "deploy", "deployments.apps", "deployments.v1.apps".
    """
    return _BY_NAME.get(name.lower())


def class_kind(cls: type[ApiObject]) -> Kind:
    """Return the kind of a typed class; MisuseError for any other class."""
    kind = _BY_CLASS.get(cls)
    if kind is None:
        raise MisuseError(f"{cls.__name__} is not the class of one kind")
    return kind


def key_kind(kind: Kind) -> str:
    """Return the kind as an ObjectKey has it: the plain name where it is that of one built-in, else "Kind.group"."""
    return _key_kind(kind.group, kind.kind)


def key_of(obj: ApiObject) -> ObjectKey:
    """Return the key under which the store holds `obj`."""
    known = _KEY_KINDS.get(type(obj))
    if known is None:
        group, kind = _opaque_type(obj)
        known = _key_kind(group, kind)
    metadata = obj.metadata
    return _new(ObjectKey, (known, metadata.namespace, metadata.name))


def custom_kind(crd: Wire) -> Kind:
    """Return the kind that a CustomResourceDefinition in JSON defines, at the version that it stores."""
    spec = crd["spec"]
    names = spec["names"]
    version = next(version for version in spec["versions"] if version.get("storage"))
    return Kind(
        kind=names["kind"],
        group=spec["group"],
        version=version["name"],
        plural=names["plural"],
        singular=names.get("singular") or names["kind"].lower(),
        short_names=tuple(names.get("shortNames") or ()),
        namespaced=spec["scope"] == "Namespaced",
        subresources=frozenset(version.get("subresources") or ()),
        has_generation=True,
    )


def _opaque_type(obj: ApiObject) -> tuple[str, str]:
    """Return group and kind of an object without a class of its own."""
    if not isinstance(obj, OpaqueObject):
        raise MisuseError(f"{type(obj).__name__} is not the class of one kind")
    group, _, _ = obj.api_version.rpartition("/")
    return group, obj.kind


@functools.cache
def _key_kind(group: str, kind: str) -> str:
    return kind if _GROUPS.get(kind) == group else f"{kind}.{group}"


def _kind(  # one line a kind in the tables below
    kind: str,
    plural: str,
    *short_names: str,
    cls: type[ApiObject] | None = None,
    namespaced: bool = True,
    subresources: str = "",
    generation: bool = False,
) -> Kind:
    """Return the kind "Kind" of core/v1 or "group/version Kind"; subresources are parted by spaces."""
    api_version, _, name = kind.rpartition(" ")
    group, _, version = api_version.rpartition("/")
    return Kind(
        kind=name,
        group=group,
        version=version or "v1",
        plural=plural,
        singular=name.lower(),
        short_names=short_names,
        namespaced=namespaced,
        cls=cls,
        subresources=frozenset(subresources.split()),
        has_generation=generation,
    )


def _names(kind: Kind) -> tuple[str, ...]:
    """Return all names by which people call `kind`, in lower case."""
    plain = (kind.kind.lower(), kind.plural, kind.singular, *kind.short_names)
    version = kind.version
    return plain + tuple(f"{name}.{end}" for name in plain for end in (kind.group, f"{version}.{kind.group}"))


KINDS: tuple[Kind, ...] = (
    _kind("ConfigMap", "configmaps", "cm", cls=ConfigMap),
    _kind("Endpoints", "endpoints", "ep"),
    _kind("Event", "events", "ev", cls=Event),
    _kind("LimitRange", "limitranges", "limits"),
    _kind("Namespace", "namespaces", "ns", cls=Namespace, namespaced=False, subresources="status finalize"),
    _kind("Node", "nodes", "no", cls=Node, namespaced=False, subresources="status proxy"),
    _kind("PersistentVolume", "persistentvolumes", "pv", cls=PersistentVolume, namespaced=False, subresources="status"),
    _kind("PersistentVolumeClaim", "persistentvolumeclaims", "pvc", cls=PersistentVolumeClaim, subresources="status"),
    _kind(
        "Pod",
        "pods",
        "po",
        cls=Pod,
        subresources="status binding eviction ephemeralcontainers resize log exec attach portforward proxy",
        generation=True,
    ),
    _kind("PodTemplate", "podtemplates", generation=True),
    _kind(
        "ReplicationController",
        "replicationcontrollers",
        "rc",
        cls=ReplicationController,
        subresources="status scale",
        generation=True,
    ),
    _kind("ResourceQuota", "resourcequotas", "quota", cls=ResourceQuota, subresources="status"),
    _kind("Secret", "secrets", cls=Secret),
    _kind("Service", "services", "svc", cls=Service, subresources="status proxy"),
    _kind("ServiceAccount", "serviceaccounts", "sa", cls=ServiceAccount, subresources="token"),
    _kind("apps/v1 ControllerRevision", "controllerrevisions", cls=ControllerRevision),
    _kind("apps/v1 DaemonSet", "daemonsets", "ds", cls=DaemonSet, subresources="status", generation=True),
    _kind("apps/v1 Deployment", "deployments", "deploy", cls=Deployment, subresources="status scale", generation=True),
    _kind("apps/v1 ReplicaSet", "replicasets", "rs", cls=ReplicaSet, subresources="status scale", generation=True),
    _kind("apps/v1 StatefulSet", "statefulsets", "sts", cls=StatefulSet, subresources="status scale", generation=True),
    _kind(
        "autoscaling/v2 HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        "hpa",
        cls=HorizontalPodAutoscaler,
        subresources="status",
    ),
    _kind("autoscaling/v1 HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", subresources="status"),
    _kind("batch/v1 CronJob", "cronjobs", "cj", cls=CronJob, subresources="status", generation=True),
    _kind("batch/v1 Job", "jobs", cls=Job, subresources="status", generation=True),
    _kind(
        "policy/v1 PodDisruptionBudget",
        "poddisruptionbudgets",
        "pdb",
        cls=PodDisruptionBudget,
        subresources="status",
        generation=True,
    ),
    _kind("coordination.k8s.io/v1 Lease", "leases", cls=Lease),
    _kind("discovery.k8s.io/v1 EndpointSlice", "endpointslices", cls=EndpointSlice, generation=True),
    _kind("events.k8s.io/v1 Event", "events", "ev"),
    _kind("networking.k8s.io/v1 Ingress", "ingresses", "ing", subresources="status", generation=True),
    _kind("networking.k8s.io/v1 IngressClass", "ingressclasses", namespaced=False, generation=True),
    _kind("networking.k8s.io/v1 IPAddress", "ipaddresses", "ip", namespaced=False),
    _kind("networking.k8s.io/v1 NetworkPolicy", "networkpolicies", "netpol", generation=True),
    _kind("networking.k8s.io/v1 ServiceCIDR", "servicecidrs", namespaced=False, subresources="status"),
    _kind("node.k8s.io/v1 RuntimeClass", "runtimeclasses", namespaced=False),
    _kind("rbac.authorization.k8s.io/v1 ClusterRole", "clusterroles", namespaced=False),
    _kind("rbac.authorization.k8s.io/v1 ClusterRoleBinding", "clusterrolebindings", namespaced=False),
    _kind("rbac.authorization.k8s.io/v1 Role", "roles"),
    _kind("rbac.authorization.k8s.io/v1 RoleBinding", "rolebindings"),
    _kind("resource.k8s.io/v1 DeviceClass", "deviceclasses", namespaced=False, generation=True),
    _kind("resource.k8s.io/v1 ResourceClaim", "resourceclaims", subresources="status"),
    _kind("resource.k8s.io/v1 ResourceClaimTemplate", "resourceclaimtemplates"),
    _kind("resource.k8s.io/v1 ResourceSlice", "resourceslices", namespaced=False, generation=True),
    _kind("scheduling.k8s.io/v1 PriorityClass", "priorityclasses", "pc", namespaced=False, generation=True),
    _kind("storage.k8s.io/v1 CSIDriver", "csidrivers", cls=CSIDriver, namespaced=False, generation=True),
    _kind("storage.k8s.io/v1 CSINode", "csinodes", cls=CSINode, namespaced=False),
    _kind("storage.k8s.io/v1 CSIStorageCapacity", "csistoragecapacities"),
    _kind("storage.k8s.io/v1 StorageClass", "storageclasses", "sc", cls=StorageClass, namespaced=False),
    _kind(
        "storage.k8s.io/v1 VolumeAttachment",
        "volumeattachments",
        cls=VolumeAttachment,
        namespaced=False,
        subresources="status",
    ),
    _kind("storage.k8s.io/v1 VolumeAttributesClass", "volumeattributesclasses", "vac", namespaced=False),
    _kind(
        "admissionregistration.k8s.io/v1 MutatingAdmissionPolicy",
        "mutatingadmissionpolicies",
        namespaced=False,
        generation=True,
    ),
    _kind(
        "admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBinding",
        "mutatingadmissionpolicybindings",
        namespaced=False,
        generation=True,
    ),
    _kind(
        "admissionregistration.k8s.io/v1 MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        namespaced=False,
        generation=True,
    ),
    _kind(
        "admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy",
        "validatingadmissionpolicies",
        namespaced=False,
        subresources="status",
        generation=True,
    ),
    _kind(
        "admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding",
        "validatingadmissionpolicybindings",
        namespaced=False,
        generation=True,
    ),
    _kind(
        "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        namespaced=False,
        generation=True,
    ),
    _kind(
        "apiextensions.k8s.io/v1 CustomResourceDefinition",
        "customresourcedefinitions",
        "crd",
        "crds",
        namespaced=False,
        subresources="status",
        generation=True,
    ),
    _kind("apiregistration.k8s.io/v1 APIService", "apiservices", namespaced=False, subresources="status"),
    _kind(
        "certificates.k8s.io/v1 CertificateSigningRequest",
        "certificatesigningrequests",
        "csr",
        namespaced=False,
        subresources="approval status",
    ),
    _kind(
        "flowcontrol.apiserver.k8s.io/v1 FlowSchema",
        "flowschemas",
        namespaced=False,
        subresources="status",
        generation=True,
    ),
    _kind(
        "flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration",
        "prioritylevelconfigurations",
        namespaced=False,
        subresources="status",
        generation=True,
    ),
)
"""The kinds whose objects are stored; where a group serves a kind in two versions, the preferred one is first."""

REQUEST_KINDS: tuple[Kind, ...] = (
    _kind("Binding", "bindings", cls=Binding),
    _kind("ComponentStatus", "componentstatuses", "cs", namespaced=False),
    _kind("authentication.k8s.io/v1 SelfSubjectReview", "selfsubjectreviews", namespaced=False),
    _kind("authentication.k8s.io/v1 TokenRequest", "serviceaccounts/token"),
    _kind("authentication.k8s.io/v1 TokenReview", "tokenreviews", namespaced=False),
    _kind("authorization.k8s.io/v1 LocalSubjectAccessReview", "localsubjectaccessreviews"),
    _kind("authorization.k8s.io/v1 SelfSubjectAccessReview", "selfsubjectaccessreviews", namespaced=False),
    _kind("authorization.k8s.io/v1 SelfSubjectRulesReview", "selfsubjectrulesreviews", namespaced=False),
    _kind("authorization.k8s.io/v1 SubjectAccessReview", "subjectaccessreviews", namespaced=False),
    _kind("autoscaling/v1 Scale", "scale", cls=Scale),
    _kind("policy/v1 Eviction", "pods/eviction", cls=Eviction),
)
"""The kinds that are only bodies of requests and answers, never stored."""

_BY_TYPE = {(kind.api_version, kind.kind): kind for kind in (*KINDS, *REQUEST_KINDS)}
_BY_NAME = {name: kind for kind in (*KINDS, *REQUEST_KINDS)[::-1] for name in _names(kind)}
_BY_CLASS: dict[type[ApiObject], Kind] = {kind.cls: kind for kind in (*KINDS, *REQUEST_KINDS) if kind.cls}
_GROUPS = {kind.kind: kind.group for kind in (*KINDS, *REQUEST_KINDS)[::-1]}
_new = tuple.__new__  # what a NamedTuple comes to, without the call in between
_KEY_KINDS = {cls: key_kind(kind) for cls, kind in _BY_CLASS.items()}
