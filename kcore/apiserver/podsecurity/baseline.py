"""The checks of the baseline level: known ways out of a container.

Not modelled: what the checks were in versions before 1.36.

Upstream: https://github.com/kubernetes/kubernetes/tree/v1.36.0/staging/src/k8s.io/pod-security-admission/policy
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.podsecurity.pod import Breach, Check, containers, plural, quoted, setters, settings, those, where

_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_DEFAULT_CAPABILITIES = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
_SELINUX_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"})
_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)
PROFILES = frozenset({"RuntimeDefault", "Localhost"})
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")


def apparmor_profile(pod: Wire) -> Breach | None:
    """Look for profiles that switch AppArmor off."""
    annotations = (pod.get("metadata") or {}).get("annotations") or {}
    bad = [
        f'{key}="{value}"'
        for key, value in sorted(annotations.items())
        if key.startswith(_APPARMOR) and value not in ("", "runtime/default") and not value.startswith("localhost/")
    ]
    who = setters(pod, lambda found: _profile(found, "appArmorProfile") not in (*PROFILES, None))
    values = _values(pod, "appArmorProfile")
    said = [*([f"{who} must not set AppArmor profile type to {quoted(values)}"] if who else []), *bad]
    return Breach(plural("forbidden AppArmor profile", said), ", ".join(said)) if said else None


def capabilities(pod: Wire) -> Breach | None:
    """Look for capabilities beyond those that containers have anyway."""
    added = {name for one in containers(pod) for name in _added(one) if name not in _DEFAULT_CAPABILITIES}
    bad = where(pod, lambda one: not _DEFAULT_CAPABILITIES.issuperset(_added(one)))
    detail = f"{those(bad)} must not include {quoted(sorted(added))} in securityContext.capabilities.add"
    return Breach("non-default capabilities", detail) if bad else None


def host_namespaces(pod: Wire) -> Breach | None:
    """Look for namespaces that are shared with the node."""
    spec = pod.get("spec") or {}
    shared = [f"{name}=true" for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name)]
    return Breach("host namespaces", ", ".join(shared)) if shared else None


def host_path_volumes(pod: Wire) -> Breach | None:
    """Look for paths of the node."""
    volumes = (pod.get("spec") or {}).get("volumes") or ()
    bad = [one.get("name", "") for one in volumes if one.get("hostPath") is not None]
    return Breach("hostPath volumes", f"{plural('volume', bad)} {quoted(bad)}") if bad else None


def host_ports(pod: Wire) -> Breach | None:
    """Look for ports of the node."""
    ports = {port["hostPort"] for one in containers(pod) for port in one.get("ports") or () if port.get("hostPort")}
    bad = where(pod, lambda one: any(port.get("hostPort") for port in one.get("ports") or ()))
    uses = "uses" if len(bad) == 1 else "use"
    said = ", ".join(sorted(map(str, ports)))
    return Breach("hostPort", f"{those(bad)} {uses} {plural('hostPort', ports)} {said}") if bad else None


def host_probes(pod: Wire) -> Breach | None:
    """Look for probes and hooks that reach another host."""
    bad = where(pod, lambda one: bool(_hosts(one)))
    hosts = sorted({host for one in containers(pod) for host in _hosts(one)})
    uses = "uses" if len(bad) == 1 else "use"
    detail = f"{those(bad)} {uses} probe or lifecycle {plural('host', hosts)} {quoted(hosts)}"
    return Breach("probe or lifecycle host", detail) if bad else None


def privileged(pod: Wire) -> Breach | None:
    """Look for containers that may do anything."""
    bad = where(pod, lambda one: bool(settings(one).get("privileged")))
    return Breach("privileged", f"{those(bad)} must not set securityContext.privileged=true") if bad else None


def proc_mount(pod: Wire) -> Breach | None:
    """Look for other views of /proc than the default, unless the users of the pod are its own."""
    if (pod.get("spec") or {}).get("hostUsers") is False:
        return None
    kinds = {kind for one in containers(pod) if (kind := settings(one).get("procMount") or "Default") != "Default"}
    bad = where(pod, lambda one: (settings(one).get("procMount") or "Default") != "Default")
    detail = f"{those(bad)} must not set securityContext.procMount to {quoted(sorted(kinds))}"
    return Breach("procMount", detail) if bad else None


def seccomp_profile(pod: Wire) -> Breach | None:
    """Look for profiles that switch seccomp off."""
    who = setters(pod, lambda found: _profile(found, "seccompProfile") not in (*PROFILES, None))
    values = quoted(_values(pod, "seccompProfile"))
    return (
        Breach("seccompProfile", f"{who} must not set securityContext.seccompProfile.type to {values}") if who else None
    )


def selinux_options(pod: Wire) -> Breach | None:
    """Look for SELinux labels that widen what a container may do."""
    who = setters(pod, lambda found: _is_bad_selinux(found.get("seLinuxOptions") or {}))
    if not who:
        return None
    found = [found.get("seLinuxOptions") or {} for found in _all_settings(pod)]
    types = sorted({one["type"] for one in found if one.get("type", "") not in _SELINUX_TYPES})
    said = [f"{plural('type', types)} {quoted(types)}"] if types else []
    said += [f"{field} may not be set" for field in ("user", "role") if any(one.get(field) for one in found)]
    return Breach("seLinuxOptions", f"{who} set forbidden securityContext.seLinuxOptions: {'; '.join(said)}")


def sysctls(pod: Wire) -> Breach | None:
    """Look for kernel settings that reach beyond the pod."""
    found = settings(pod.get("spec") or {}).get("sysctls") or ()
    bad = [one.get("name", "") for one in found if one.get("name") not in _SYSCTLS]
    return Breach("forbidden sysctls", ", ".join(bad)) if bad else None


def windows_host_process(pod: Wire) -> Breach | None:
    """Look for processes of the node itself."""
    who = setters(pod, lambda found: bool((found.get("windowsOptions") or {}).get("hostProcess")))
    detail = f"{who} must not set securityContext.windowsOptions.hostProcess=true"
    return Breach("hostProcess", detail) if who else None


def _all_settings(pod: Wire) -> list[Wire]:
    return [settings(pod.get("spec") or {}), *map(settings, containers(pod))]


def _profile(found: Wire, field: str) -> str | None:
    kind: str | None = (found.get(field) or {}).get("type")
    return kind


def _values(pod: Wire, field: str) -> list[str]:
    """Return the bad types of profiles."""
    kinds = {_profile(found, field) for found in _all_settings(pod)}
    return sorted(kind for kind in kinds if kind is not None and kind not in PROFILES)


def _added(container: Wire) -> list[str]:
    return (settings(container).get("capabilities") or {}).get("add") or []


def _hosts(container: Wire) -> list[str]:
    handlers = [container.get(name) or {} for name in _PROBES]
    handlers += [(container.get("lifecycle") or {}).get(name) or {} for name in _HOOKS]
    found = [(one.get(way) or {}).get("host") for one in handlers for way in ("httpGet", "tcpSocket")]
    return [host for host in found if host]


def _is_bad_selinux(options: Wire) -> bool:
    return options.get("type", "") not in _SELINUX_TYPES or bool(options.get("user") or options.get("role"))


ALWAYS: tuple[Check, ...] = (
    apparmor_profile,
    host_namespaces,
    host_path_volumes,
    host_ports,
    host_probes,
    privileged,
    proc_mount,
    selinux_options,
    sysctls,
    windows_host_process,
)
"""The checks of the baseline level that the restricted level makes as well."""

ONLY: tuple[Check, ...] = (capabilities, seccomp_profile)
"""The checks for which the restricted level has stricter ones."""
