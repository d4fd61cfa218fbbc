"""ServiceAccount: every pod is somebody, an account that exists, and its containers find a token of it.

Models the account `default` of pods that name none, the 403 where there is no such account, the volume with the token,
the root certificate and the namespace, mounted in each container that has nothing at that path, unless pod or account
want none, the account's pull secrets for pods that name none, the limit on Secrets of accounts that enforce it, and
what static pods may not refer to.

A server waits a second or two for the account `default` before it refuses; so the account of a namespace that is
younger is taken for one that says nothing. The suffix of the volume's name is that of its account, so that pods alike
stay alike; a real one is drawn by chance.

Not modelled: ephemeral containers that are added later.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/plugin/pkg/admission/serviceaccount/admission.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zlib import crc32

import attrs

from kcore.api.core.namespace import Namespace
from kcore.api.core.pod import Pod
from kcore.api.core.serviceaccount import ServiceAccount
from kcore.api.json import Wire
from kcore.api.kinds import class_kind
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.meta import suffix
from kcore.apiserver.outcome import Operation
from kcore.apiserver.plugin import Plugin
from kcore.apiserver.rootca import ROOT_CA, ROOT_CA_KEY
from kcore.apiserver.status import Status, forbidden

DEFAULT_ACCOUNT = "default"
ENFORCED = "kubernetes.io/enforce-mountable-secrets"
MIRROR = "kubernetes.io/config.mirror"
MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
VOLUME = "kube-api-access-"

TOKEN_SECONDS = 3607
"""For how long a token is good; the odd seconds tell it from one that somebody asked for."""

PATIENCE = 1
"""How old (s) a namespace may be for whose account `default` the server still waits."""

_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_MODE = 0o644
_NAME_SECRETS = frozenset({"secretName", "secretRef", "secretKeyRef", "nodePublishSecretRef", "imagePullSecrets"})


@attrs.frozen(kw_only=True, cache_hash=True)
class Facts:
    """What decides beside the pod: the `name` of its account, and what that says.

    `mountable` are the Secrets that the account refers to if its pods are held to them, else None.
    """

    name: str
    exists: bool = True
    automount: bool = True
    pull_secrets: tuple[str, ...] = ()
    mountable: frozenset[str] | None = None


def _facts(operation: Operation, body: ApiObject) -> Facts | None:
    if not isinstance(body, Pod):
        return None
    name = body.spec.service_account_name or body.spec.service_account or DEFAULT_ACCOUNT
    found = operation.store.get(ObjectKey("ServiceAccount", body.metadata.namespace, name))
    if not isinstance(found, ServiceAccount):
        return Facts(name=name, exists=name == DEFAULT_ACCOUNT and _is_awaited(operation, body.metadata.namespace))
    enforced = found.metadata.annotations.get(ENFORCED, "") in _TRUE
    return Facts(
        name=name,
        automount=found.automount_service_account_token is not False,
        pull_secrets=tuple(one.name for one in found.image_pull_secrets),
        mountable=frozenset(one.name for one in found.secrets) if enforced else None,
    )


def _is_awaited(operation: Operation, namespace: str) -> bool:
    """Tell whether the account `default` of `namespace` is about to be made."""
    found = operation.store.get(ObjectKey("Namespace", "", namespace))
    born = found.metadata.creation_timestamp if isinstance(found, Namespace) else None
    return born is not None and operation.context.time - born <= PATIENCE


def _mutate(wire: Wire, account: Facts) -> Status | None:
    spec, metadata = wire["spec"], wire["metadata"]
    if MIRROR in (metadata.get("annotations") or {}):
        why = _why_no_mirror(spec)
        return _refused(wire, why) if why else None
    spec["serviceAccountName"] = spec["serviceAccount"] = account.name
    if not account.exists:
        where = f"{metadata.get('namespace', '')}/{account.name}"
        why = f'error looking up service account {where}: serviceaccount "{account.name}" not found'
        return _refused(wire, why)
    wanted = spec.get("automountServiceAccountToken")
    if account.automount if wanted is None else wanted:
        _mount(spec, account.name)
    if account.pull_secrets and not spec.get("imagePullSecrets"):
        spec["imagePullSecrets"] = [{"name": name} for name in account.pull_secrets]
    if account.mountable is None:
        return None
    return next((_refused(wire, why) for why in _unmountable(spec, account, account.mountable)), None)


def _mount(spec: Wire, account: str) -> None:
    """Mount the token in each container, and add its volume if that is needed and not there."""
    names = (volume.get("name", "") for volume in spec.get("volumes") or ())
    there = next((name for name in names if name.startswith(VOLUME)), None)
    name = there or VOLUME + suffix(crc32(account.encode()))
    mounted = False
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        mounts = container.get("volumeMounts") or []
        if all(mount.get("mountPath") != MOUNT_PATH for mount in mounts):
            container["volumeMounts"] = [*mounts, {"name": name, "readOnly": True, "mountPath": MOUNT_PATH}]
            mounted = True
    if mounted and there is None:
        spec["volumes"] = [*(spec.get("volumes") or ()), {"name": name, "projected": _projected()}]


def _projected() -> Wire:
    return {
        "defaultMode": _MODE,
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": TOKEN_SECONDS, "path": "token"}},
            {"configMap": {"name": ROOT_CA, "items": [{"key": ROOT_CA_KEY, "path": ROOT_CA_KEY}]}},
            {
                "downwardAPI": {
                    "items": [
                        {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
                    ]
                }
            },
        ],
    }


def _unmountable(spec: Wire, account: Facts, mountable: frozenset[str]) -> Iterator[str]:
    """Yield why the pod may not refer to Secrets that its account does not."""
    end = f"is not allowed because service account {account.name} does not reference that"
    for volume in spec.get("volumes") or ():
        secret = volume.get("secret")
        if secret is not None and secret.get("secretName", "") not in mountable:
            yield f'volume with secret.secretName="{secret.get("secretName", "")}" {end} secret'
    for role, field in (("init container", "initContainers"), ("container", "containers")):
        for container in spec.get(field) or ():
            for where, secret in _secrets_of(container):
                if secret not in mountable:
                    said = f"{role} {container.get('name', '')} with {where}"
                    yield f'{said} referencing secret.secretName="{secret}" {end} secret'
    for i, one in enumerate(spec.get("imagePullSecrets") or ()):
        if one.get("name", "") not in account.pull_secrets:
            yield f'imagePullSecrets[{i}].name="{one.get("name", "")}" {end} imagePullSecret'


def _secrets_of(container: Wire) -> Iterator[tuple[str, str]]:
    """Yield the Secrets that the environment of a container comes from, and where in it."""
    for variable in container.get("env") or ():
        ref = (variable.get("valueFrom") or {}).get("secretKeyRef")
        if ref is not None:
            yield f"envVar {variable.get('name', '')}", ref.get("name", "")
    for source in container.get("envFrom") or ():
        if source.get("secretRef") is not None:
            yield "envFrom", source["secretRef"].get("name", "")


def _why_no_mirror(spec: Wire) -> str:
    """Return why a static pod may not be as it is, "" if it may: it is nobody to the API server."""
    if spec.get("serviceAccountName"):
        return "a mirror pod may not reference service accounts"
    if _names_a_secret(spec):
        return "a mirror pod may not reference secrets"
    for volume in spec.get("volumes") or ():
        for source in (volume.get("projected") or {}).get("sources") or ():
            if source.get("serviceAccountToken") is not None:
                return "a mirror pod may not use ServiceAccountToken volume projections"
    return ""


def _names_a_secret(value: Any) -> bool:
    """Tell whether a Secret is referred to anywhere in `value`."""
    if isinstance(value, dict):
        projected = any((source or {}).get("secret") is not None for source in value.get("sources") or ())
        return (
            projected
            or any(bool(value.get(name)) for name in _NAME_SECRETS)
            or any(map(_names_a_secret, value.values()))
        )
    return isinstance(value, list) and any(map(_names_a_secret, value))


def _refused(wire: Wire, why: str) -> Status:
    return forbidden(class_kind(Pod), wire["metadata"].get("name", ""), why)


PLUGIN = Plugin(name="ServiceAccount", kinds=frozenset({"Pod"}), facts=_facts, mutate=_mutate)
