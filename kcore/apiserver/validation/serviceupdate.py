"""What an update of a Service may not change: its addresses, families, load balancer class and health check port.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.field import Errors, forbidden, invalid, invalid_each, not_supported, required
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta_update
from kcore.apiserver.validation.network import ip, parse_ip
from kcore.apiserver.validation.service import is_headless, needs_health_check

_SET_ONCE = "may not change once set"
_IP_MODES = ("Proxy", "VIP")


def service_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change from the Service `old` to `new`, beside those of `new` itself."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    if "ExternalName" not in (spec.get("type"), before.get("type")):
        if not (is_headless(spec) and is_headless(before)):
            yield from _kept(spec, before, "clusterIPs", "clusterIP")
        if not is_headless(spec) and not is_headless(before):
            yield from _kept(spec, before, "ipFamilies", "ipFamily")
    if spec.get("type") == before.get("type") == "LoadBalancer":
        name, was = spec.get("loadBalancerClass"), before.get("loadBalancerClass")
        if name != was:
            yield invalid("spec.loadBalancerClass", name, _SET_ONCE)
    if needs_health_check(before) and needs_health_check(spec):
        port, was = (one.get("healthCheckNodePort") or 0 for one in (spec, before))
        if port != was:
            yield forbidden("spec.healthCheckNodePort", "field is immutable")


def _kept(spec: Wire, before: Wire, field: str, word: str) -> Errors:
    """Yield the errors of a list whose first entry stays, and whose second goes only with the policy SingleStack."""
    now, was, path = spec.get(field) or [], before.get(field) or [], f"spec.{field}"
    if len(now) == len(was):
        for i, (one, other) in enumerate(zip(now, was, strict=True)):
            if one != other:
                yield invalid(f"{path}[{i if field == 'clusterIPs' else 0}]", now, _SET_ONCE)
        return
    if was and not now:
        yield invalid(f"{path}[0]", now, f"primary {word} can not be unset")
    if was and now and now[0] != was[0]:
        yield invalid(f"{path}[0]", now, _SET_ONCE)
    if len(was) > len(now) == 1 and spec.get("ipFamilyPolicy") != "SingleStack":
        detail = f"must be set to 'SingleStack' when releasing the secondary {word}"
        yield invalid("spec.ipFamilyPolicy", spec.get("ipFamilyPolicy"), detail)


def service_status_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a write of the status: where a load balancer lets traffic in."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    ingresses, path = (
        ((new.get("status") or {}).get("loadBalancer") or {}).get("ingress") or (),
        "status.loadBalancer.ingress",
    )
    if ingresses and (new.get("spec") or {}).get("type") != "LoadBalancer":
        yield forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")
        return
    for i, ingress in enumerate(ingresses):
        here, address, mode = f"{path}[{i}]", ingress.get("ip", ""), ingress.get("ipMode")
        if address:
            yield from ip(address, f"{here}.ip")
            if mode is None:
                yield required(f"{here}.ipMode", "must be specified when `ip` is set")
        elif mode is not None:
            yield forbidden(f"{here}.ipMode", "may not be specified when `ip` is not set")
        if address and mode is not None and mode not in _IP_MODES:
            yield not_supported(f"{here}.ipMode", mode, _IP_MODES)
        if hostname := ingress.get("hostname"):
            yield from invalid_each(f"{here}.hostname", hostname, names.dns1123_subdomain(hostname))
            if parse_ip(hostname) is not None:
                yield invalid(f"{here}.hostname", hostname, "must be a DNS name, not an IP address")
