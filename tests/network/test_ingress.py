"""Ingress: which Service answers for a host and a path."""

from __future__ import annotations

import pytest

from kcore.api.convert import from_wire
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.network.ingress import path_match, route_ingress


def path(service, path="/", path_type="Prefix"):
    backend = {"service": {"name": service, "port": {"number": 80}}}
    return {"path": path, "pathType": path_type, "backend": backend}


def ingress(name="main", *rules, created=0, ingress_class=None, **spec):
    wire = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "shop", "creationTimestamp": f"2000-01-01T00:00:0{created}Z"},
        "spec": {"rules": [{"host": host, "http": {"paths": paths}} for host, *paths in rules], **spec},
    }
    if ingress_class:
        wire["spec"]["ingressClassName"] = ingress_class
    return from_wire(wire)


def reached(host, path, *ingresses, ingress_class=""):
    found = route_ingress(View(Store.of(ingresses), 0), host, path, ingress_class)
    return found.service.name if found.service else found.refusal


@pytest.mark.parametrize(
    ("rule", "path_type", "given", "length"),
    [
        pytest.param("/", "Prefix", "/any/path", 0, id="everything"),
        pytest.param("/foo", "Exact", "/foo", 4, id="exactly"),
        pytest.param("/foo", "Exact", "/foo/", None, id="exactly but for a slash"),
        pytest.param("/foo", "Prefix", "/foo", 3, id="the prefix itself"),
        pytest.param("/foo/", "Prefix", "/foo", 3, id="a slash at the end of a prefix"),
        pytest.param("/foo", "Prefix", "/foobar", None, id="part of an element"),
        pytest.param("/foo/bar", "Prefix", "/foo/bar/baz", 7, id="two elements"),
        pytest.param("/foo/bar", "Prefix", "/foo", None, id="more than there is"),
        pytest.param("/foo", "Prefix", "/FOO", None, id="case counts"),
    ],
)
def test_paths_match_element_by_element(rule, path_type, given, length):
    """The table of the API's documentation."""
    assert path_match(rule, path_type, given) == length


@pytest.mark.parametrize(
    ("host", "given", "service"),
    [
        pytest.param("a.shop.com", "/x", "exact-host", id="an exact host first"),
        pytest.param("b.shop.com", "/x", "wildcard", id="then a wildcard"),
        pytest.param("b.c.shop.com", "/x", "any-host", id="which stands for one label"),
        pytest.param("A.SHOP.COM", "/x", "exact-host", id="in any case"),
        pytest.param("other.com", "/x", "any-host", id="then any host"),
        pytest.param("a.shop.com", "/api/v1", "api-v1", id="the longest prefix"),
        pytest.param("a.shop.com", "/api", "api-exact", id="an exact path before a prefix"),
        pytest.param("a.shop.com", "/api/v2", "api", id="a shorter prefix"),
    ],
)
def test_the_closest_rule_wins(host, given, service):
    """The host decides first, then the path."""
    rules = ingress(
        "main",
        (
            "a.shop.com",
            path("exact-host"),
            path("api", "/api"),
            path("api-exact", "/api", "Exact"),
            path("api-v1", "/api/v1"),
        ),
        ("*.shop.com", path("wildcard")),
        ("", path("any-host")),
    )

    assert reached(host, given, rules) == service


def test_a_host_without_the_path_falls_to_the_default_backend():
    """Another host's rules do not help; without a default backend it is a 404."""
    narrow = ingress("narrow", ("a.com", path("x", "/x")), ("", path("any")))
    default = ingress("default", defaultBackend={"service": {"name": "fallback", "port": {"name": "http"}}})

    assert reached("a.com", "/y", narrow) == "no Ingress has a.com/y, and none has a default backend"
    assert reached("a.com", "/y", narrow, default) == "fallback"


def test_the_older_of_two_that_claim_one_path_wins():
    """Nobody is told of the conflict: the younger one simply gets nothing."""
    old = ingress("zz-old", ("a.com", path("old")), created=1)
    young = ingress("aa-young", ("a.com", path("young")), created=2)

    assert reached("a.com", "/", old, young) == "old"


def test_a_controller_serves_its_class():
    """An Ingress without a class is for the default one."""
    classes = from_wire(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": "nginx", "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}},
            "spec": {"controller": "example.com/nginx"},
        }
    )
    plain = ingress("plain", ("a.com", path("plain")))
    other = ingress("other", ("b.com", path("other")), ingress_class="traefik")

    assert reached("a.com", "/", classes, plain, other, ingress_class="nginx") == "plain"
    assert reached("b.com", "/", classes, plain, other, ingress_class="traefik") == "other"
    assert "no Ingress" in reached("a.com", "/", classes, plain, other, ingress_class="traefik")


def test_a_host_has_the_certificate_of_its_secret():
    """The first TLS entry with the host names the Secret."""
    tls = [{"hosts": ["b.com"], "secretName": "b"}, {"hosts": ["*.a.com"], "secretName": "wild"}]
    found = route_ingress(View(Store.of([ingress("main", ("", path("web")), tls=tls)]), 0), "x.a.com", "/")

    assert (found.tls_secret, found.port) == ("wild", 80)
