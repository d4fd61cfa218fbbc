"""Ingress: which Service a request from outside reaches, by host and path.

Models the matching rules of the API: an exact host before a wildcard one before none, an Exact path before the longest
Prefix, element by element; a rule's host without a matching path falls through to the default backend. TLS names the
Secret of a host. A controller serves its class, and the Ingresses without one if its class is the default.

Where two Ingresses claim one host and path the API leaves open who wins; here it is the older one, then the first by
namespace and name, as most controllers have it.

Not modelled: what annotations make controllers do; ImplementationSpecific is Prefix.

Upstream: https://kubernetes.io/docs/concepts/services-networking/ingress/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from kcore.api.convert import to_wire
from kcore.api.json import Wire
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.client.view import View

DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
OLD_CLASS = "kubernetes.io/ingress.class"
EXACT = "Exact"


@attrs.frozen(kw_only=True)
class IngressRoute:
    """The Service and its port (a number or name) that answer, by which Ingress, and the Secret of the host if any.

    Without a `service` there is a `refusal`: what the client gets is a 404.
    """

    service: ObjectKey | None = None
    port: int | str = 0
    ingress: ObjectKey | None = None
    tls_secret: str = ""
    refusal: str = ""


@attrs.frozen(kw_only=True)
class _Claim:
    """One path of one rule: what it asks for, how well it matched, and the Ingress that has it."""

    ingress: ApiObject
    backend: Mapping[str, Any]
    exact: bool
    length: int

    def rank(self) -> tuple[Any, ...]:
        """Return what the best claim has the least of."""
        meta = self.ingress.metadata
        age = meta.creation_timestamp or 0
        return not self.exact, -self.length, age, meta.namespace, meta.name


def route_ingress(view: View, host: str, path: str, ingress_class: str = "") -> IngressRoute:
    """Return where the controller of `ingress_class` ("": the default class) sends a request for `host` and `path`."""
    served = [one for one in view.list("Ingress") if is_of_class(view, one, ingress_class)]
    level = max((host_match(rule, host.lower()) for one in served for rule in _hosts(one)), default=0)
    claims = [claim for one in served for claim in _claims(one, host.lower(), path, level)]
    if claims:
        best = min(claims, key=_Claim.rank)
        return _to(best.ingress, best.backend, host.lower())
    for one in sorted(served, key=lambda each: (each.metadata.creation_timestamp or 0, key_of(each))):
        backend = _spec(one).get("defaultBackend")
        if backend:
            return _to(one, backend, host.lower())
    return IngressRoute(refusal=f"no Ingress has {host}{path}, and none has a default backend")


def is_of_class(view: View, ingress: ApiObject, ingress_class: str) -> bool:
    """Tell whether `ingress` is the business of the controller of a class."""
    named = _spec(ingress).get("ingressClassName") or ingress.metadata.annotations.get(OLD_CLASS)
    if named:
        return bool(named == ingress_class or (not ingress_class and named in _defaults(view)))
    return not ingress_class or ingress_class in _defaults(view)


def _defaults(view: View) -> tuple[str, ...]:
    classes = view.list("IngressClass")
    return tuple(one.metadata.name for one in classes if one.metadata.annotations.get(DEFAULT_CLASS) == "true")


def _hosts(ingress: ApiObject) -> Iterator[str]:
    return (rule.get("host", "") for rule in _spec(ingress).get("rules") or ())


def _claims(ingress: ApiObject, host: str, path: str, level: int) -> Iterator[_Claim]:
    """Yield the paths that match, of the rules whose host matches as well as any does."""
    for rule in _spec(ingress).get("rules") or ():
        if level and host_match(rule.get("host", ""), host) == level:
            for one in (rule.get("http") or {}).get("paths") or ():
                length = path_match(one.get("path", "/"), one.get("pathType", ""), path)
                if length is not None:
                    exact = one.get("pathType") == EXACT
                    yield _Claim(ingress=ingress, backend=one.get("backend") or {}, exact=exact, length=length)


def host_match(rule: str, host: str) -> int:
    """Return how well the host of a rule matches: 3 exactly, 2 by a wildcard for one label, 1 as any host, 0 not."""
    rule = rule.lower()
    if not rule:
        return 1
    if rule.startswith("*."):
        first, _, rest = host.partition(".")
        return 2 if first and rest == rule[2:] else 0
    return 3 if rule == host else 0


def path_match(rule: str, path_type: str, path: str) -> int | None:
    """Return how long a part of `path` a rule's path matches, None when it does not."""
    if path_type == EXACT:
        return len(rule) if rule == path else None
    wanted = [part for part in rule.split("/") if part]
    given = [part for part in path.split("/") if part]
    return len("/".join(wanted)) if given[: len(wanted)] == wanted else None


def _to(ingress: ApiObject, backend: Mapping[str, Any], host: str) -> IngressRoute:
    service, key = backend.get("service"), key_of(ingress)
    if not service:
        return IngressRoute(ingress=key, refusal=f"{key} sends to a resource that is not a Service")
    port = service.get("port") or {}
    return IngressRoute(
        service=ObjectKey("Service", ingress.metadata.namespace, service.get("name", "")),
        port=port.get("number") or port.get("name") or 0,
        ingress=key,
        tls_secret=_secret(ingress, host),
    )


def _secret(ingress: ApiObject, host: str) -> str:
    """Return the name of the Secret with the certificate of `host`, "" without one."""
    for tls in _spec(ingress).get("tls") or ():
        hosts = tls.get("hosts") or ()
        if not hosts or any(host_match(one, host) >= 2 for one in hosts):
            return str(tls.get("secretName", ""))
    return ""


def _spec(ingress: ApiObject) -> Wire:
    spec: Wire = to_wire(ingress).get("spec") or {}
    return spec
