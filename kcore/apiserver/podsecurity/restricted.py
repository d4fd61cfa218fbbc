"""The checks of the restricted level: what hardened pods have to state.

Models that pods of Windows need not state what only Linux has.

Not modelled: what the checks were in versions before 1.36.

Upstream: https://github.com/kubernetes/kubernetes/tree/v1.36.0/staging/src/k8s.io/pod-security-admission/policy
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.podsecurity.baseline import PROFILES
from kcore.apiserver.podsecurity.pod import Breach, Check, containers, plural, quoted, setters, settings, those, where

_VOLUMES = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
_BIND = "NET_BIND_SERVICE"


def allow_privilege_escalation(pod: Wire) -> Breach | None:
    """Look for containers that do not say that a process gets no more rights than its parent."""
    if _is_windows(pod):
        return None
    bad = where(pod, lambda one: settings(one).get("allowPrivilegeEscalation") is not False)
    detail = f"{those(bad)} must set securityContext.allowPrivilegeEscalation=false"
    return Breach("allowPrivilegeEscalation != false", detail) if bad else None


def capabilities(pod: Wire) -> Breach | None:
    """Look for containers that keep capabilities, or add others than binding low ports."""
    if _is_windows(pod):
        return None
    keeping = where(pod, lambda one: "ALL" not in _capabilities(one, "drop"))
    adding = where(pod, lambda one: not {_BIND}.issuperset(_capabilities(one, "add")))
    added = sorted({name for one in containers(pod) for name in _capabilities(one, "add")} - {_BIND})
    said = [f'{those(keeping)} must set securityContext.capabilities.drop=["ALL"]'] if keeping else []
    if adding:
        said.append(f"{those(adding)} must not include {quoted(added)} in securityContext.capabilities.add")
    return Breach("unrestricted capabilities", "; ".join(said)) if said else None


def restricted_volumes(pod: Wire) -> Breach | None:
    """Look for volumes of other types than the standard allows."""
    volumes = (pod.get("spec") or {}).get("volumes") or ()
    bad = [(one.get("name", ""), kind) for one in volumes if (kind := _type(one)) not in _VOLUMES]
    kinds = sorted({kind for _, kind in bad})
    names = [name for name, _ in bad]
    uses = f"{'uses' if len(names) == 1 else 'use'} restricted volume {plural('type', kinds)}"
    return (
        Breach("restricted volume types", f"{plural('volume', names)} {quoted(names)} {uses} {quoted(kinds)}")
        if bad
        else None
    )


def run_as_non_root(pod: Wire) -> Breach | None:
    """Look for pods that do not say that nothing in them runs as root, unless their users are their own."""
    spec = pod.get("spec") or {}
    if spec.get("hostUsers") is False:
        return None
    reason = "runAsNonRoot != true"
    who = setters(pod, lambda found: found.get("runAsNonRoot") is False)
    if who:
        return Breach(reason, f"{who} must not set securityContext.runAsNonRoot=false")
    if settings(spec).get("runAsNonRoot"):
        return None
    bad = where(pod, lambda one: settings(one).get("runAsNonRoot") is None)
    return Breach(reason, f"pod or {those(bad)} must set securityContext.runAsNonRoot=true") if bad else None


def run_as_user(pod: Wire) -> Breach | None:
    """Look for what runs as the user 0, unless the users of the pod are its own."""
    if (pod.get("spec") or {}).get("hostUsers") is False:
        return None
    who = setters(pod, lambda found: found.get("runAsUser") == 0)
    return Breach("runAsUser=0", f"{who} must not set runAsUser=0") if who else None


def seccomp_profile(pod: Wire) -> Breach | None:
    """Look for pods that do not state a seccomp profile, or state none at all."""
    if _is_windows(pod):
        return None
    reason = "seccompProfile"
    who = setters(pod, lambda found: _profile(found) not in (*PROFILES, None))
    if who:
        found = [settings(pod.get("spec") or {}), *map(settings, containers(pod))]
        values = sorted({str(_profile(one)) for one in found} - PROFILES - {"None"})
        return Breach(reason, f"{who} must not set securityContext.seccompProfile.type to {quoted(values)}")
    if _profile(settings(pod.get("spec") or {})) is not None:
        return None
    bad = where(pod, lambda one: _profile(settings(one)) is None)
    wanted = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return Breach(reason, f"pod or {those(bad)} {wanted}") if bad else None


def _is_windows(pod: Wire) -> bool:
    return bool(((pod.get("spec") or {}).get("os") or {}).get("name") == "windows")


def _capabilities(container: Wire, field: str) -> list[str]:
    return (settings(container).get("capabilities") or {}).get(field) or []


def _profile(found: Wire) -> str | None:
    kind: str | None = (found.get("seccompProfile") or {}).get("type")
    return kind


def _type(volume: Wire) -> str:
    """Return the field that says of what type a volume is."""
    return next((name for name in sorted(volume) if name != "name"), "unknown")


CHECKS: tuple[Check, ...] = (
    allow_privilege_escalation,
    capabilities,
    restricted_volumes,
    run_as_non_root,
    run_as_user,
    seccomp_profile,
)
