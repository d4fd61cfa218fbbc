"""Admission webhooks: functions that allow, deny or change, and what happens while they can't be reached."""

from __future__ import annotations

import copy

import pytest

from kcore.api.convert import from_wire
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Verb
from kcore.apiserver.webhook import Answer

RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}
NAME = "guard.example.com"


def webhook(kind="Validating", **fields):
    hook = {
        "name": NAME,
        "clientConfig": {"service": {"namespace": "default", "name": "guard"}},
        "rules": [RULE],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        **fields,
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": f"{kind}WebhookConfiguration",
        "metadata": {"name": "guard"},
        "webhooks": [hook],
    }


SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "guard"},
    "spec": {"clusterIP": "10.96.0.9", "ports": [{"port": 443}]},
}


def endpoints(*, ready=True, **conditions):
    return from_wire(
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": "guard-1",
                "namespace": "default",
                "labels": {"kubernetes.io/service-name": "guard"},
            },
            "addressType": "IPv4",
            "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": ready, **conditions}}],
        }
    )


@pytest.fixture
def guarded(server, monkeypatch):
    """A function that configures a webhook, and says what it does and whether it is up."""

    def guard(function=None, *, up=True, answers=True, functions=None, behind=None, **fields):
        server.make(SERVICE)
        server.store = server.store.put(behind or endpoints(ready=up))
        wire = fields.pop("configuration", None) or webhook(**fields)
        response = server.ask(Verb.CREATE, wire["kind"], namespace="", body=wire)
        assert response.ok, response.status
        known = functions or ({NAME: function} if function else {})

        def send(request):
            context = Context(
                now=server.now, config=server.config, webhooks=known, answering=lambda _webhook, _endpoint: answers
            )
            outcome = handle(server.store, request, context)
            server.store = outcome.store
            return outcome.response

        monkeypatch.setattr(server, "send", send)

    return guard


def deny(review):
    return Answer(allowed=False, message=f"no {review.operation.lower()} of {review.name}")


def label(_):
    return Answer(patch=({"op": "add", "path": "/metadata/labels", "value": {"seen": "yes"}},))


def test_a_webhook_that_denies_keeps_the_write_out(server, guarded, config_map):
    """The refusal has the webhook's name and words."""
    guarded(deny)
    before = server.store
    refusal = server.create(config_map())

    assert (refusal.code, refusal.reason) == (403, "Forbidden")
    assert refusal.status.message == f'admission webhook "{NAME}" denied the request: no create of cm'
    assert server.store is before


def test_a_webhook_may_change_the_object(server, guarded, config_map):
    """What it patches is stored, with create and update."""
    guarded(label, kind="Mutating")

    assert dict(server.make(config_map()).metadata.labels) == {"seen": "yes"}


def test_a_webhook_without_a_function_allows(server, guarded, config_map):
    """Of most webhooks only that they exist, and whether they are up, is known."""
    guarded()

    assert server.create(config_map()).ok


@pytest.mark.parametrize("kind", ["Mutating", "Validating"])
def test_a_webhook_that_is_down_fails_by_its_policy(server, guarded, config_map, kind):
    """Without a ready endpoint the write is an internal error, unless failures are to be ignored."""
    guarded(deny, up=False, kind=kind)
    refusal = server.create(config_map())

    assert (refusal.code, refusal.reason) == (500, "InternalError")
    assert refusal.status.message == (
        f'Internal error occurred: failed calling webhook "{NAME}": failed to call webhook: '
        'Post "https://guard.default.svc:443/?timeout=10s": dial tcp 10.96.0.9:443: connect: connection refused'
    )


@pytest.mark.parametrize(
    ("client", "why"),
    [
        pytest.param(
            {"name": "other"}, '"https://other.default.svc:443/?timeout=3s": service "other" not found', id="no Service"
        ),
        pytest.param(
            {"name": "guard", "port": 8443, "path": "/check"},
            '"https://guard.default.svc:8443/check?timeout=3s": no service port 8443 found for service "guard"',
            id="no such port",
        ),
        pytest.param(
            {"name": "guard"}, '"https://guard.default.svc:443/?timeout=3s": context deadline exceeded', id="no answer"
        ),
    ],
)
def test_the_error_says_where_the_call_ended(server, guarded, config_map, client, why):
    """A Service that is not there, a port that it does not have, and an endpoint that does not answer."""
    guarded(deny, answers=False, timeoutSeconds=3, clientConfig={"service": {"namespace": "default", **client}})

    assert server.create(config_map()).status.message.endswith(f"failed to call webhook: Post {why}")


@pytest.mark.parametrize(("answers", "code"), [(True, 403), (False, 500)], ids=["that answers", "that hangs"])
def test_a_webhook_may_be_called_through_a_url(server, guarded, config_map, answers, code):
    """What lies outside of the cluster answers for itself."""
    guarded(deny, answers=answers, up=False, clientConfig={"url": "https://guard.example.com/v1"})

    assert server.create(config_map()).code == code


def test_an_endpoint_on_its_way_out_answers_while_none_is_ready(server, guarded, config_map):
    """As a kube-proxy goes on sending to those that still serve."""
    guarded(deny, behind=endpoints(ready=False, serving=True, terminating=True))

    assert server.create(config_map()).code == 403


def pair(policy):
    """Two mutating webhooks, the first of which is called again by its reinvocation policy."""
    wire = webhook(kind="Mutating", reinvocationPolicy=policy)
    wire["webhooks"] = [{**wire["webhooks"][0], "name": f"{one}.example.com"} for one in ("first", "second")]
    return wire


@pytest.mark.parametrize(("policy", "seen"), [("IfNeeded", 2), ("Never", 1)])
def test_a_webhook_may_want_to_see_what_others_made_of_the_object(server, guarded, config_map, policy, seen):
    """It is called once more, with what the later one changed, if it says so."""
    reviews = []

    def first(review):
        reviews.append((review.object["metadata"].get("labels") or {}).get("seen"))
        return Answer()

    guarded(functions={"first.example.com": first, "second.example.com": label}, configuration=pair(policy))
    server.make(config_map())

    assert reviews == [None, "yes"][:seen]


def test_what_a_webhook_adds_gets_its_defaults(server, guarded, pod):
    """A container that is injected is like one that was sent."""
    side = {"op": "add", "path": "/spec/containers/-", "value": {"name": "side", "image": "side:v1"}}
    guarded(lambda _: Answer(patch=(side,)), kind="Mutating", rules=[{**RULE, "resources": ["pods"]}])
    containers = server.make(pod).spec.containers

    assert [(one.name, one.image_pull_policy) for one in containers] == [
        ("c", "IfNotPresent"),
        ("side", "IfNotPresent"),
    ]


def test_a_patch_that_does_not_apply_is_an_error(server, guarded, config_map):
    """And nothing is stored."""
    guarded(lambda _: Answer(patch=({"op": "remove", "path": "/data/none"},)), kind="Mutating")
    before = server.store

    assert server.create(config_map()).code == 500
    assert server.store is before


def test_a_webhook_that_is_down_may_be_ignored(server, guarded, config_map):
    """The failure policy Ignore lets writes pass."""
    guarded(deny, up=False, failurePolicy="Ignore")

    assert server.create(config_map()).ok


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"rules": [{**RULE, "resources": ["secrets"]}]}, id="another resource"),
        pytest.param({"rules": []}, id="no rules"),
        pytest.param({"objectSelector": {"matchLabels": {"a": "b"}}}, id="other labels"),
        pytest.param({"namespaceSelector": {"matchLabels": {"a": "b"}}}, id="another namespace"),
        pytest.param({"matchConditions": [{"name": "c", "expression": "object.metadata.name == 'x'"}]}, id="condition"),
    ],
)
def test_a_webhook_is_asked_only_what_it_wants(server, guarded, config_map, fields):
    """Rules, selectors and conditions decide; what it is not asked it can't deny, up or down."""
    guarded(deny, up=False, **fields)

    assert server.create(config_map()).ok


def test_a_webhook_may_keep_things_from_being_deleted(server, guarded, config_map):
    """A deletion is reviewed with the old object."""
    guarded(deny, rules=[{**RULE, "operations": ["DELETE"]}])
    server.make(config_map())

    assert server.delete("ConfigMap", "cm").status.message.endswith("no delete of cm")


def test_a_webhook_may_keep_part_of_a_collection(server, guarded, config_map):
    """Each object of a collection is reviewed by itself; what went before the refusal is gone."""
    guarded(lambda review: Answer(allowed=review.name != "b"), rules=[{**RULE, "operations": ["DELETE"]}])
    for name in "abc":
        server.make(config_map(name))
    refusal = server.ask(Verb.DELETE_COLLECTION, "ConfigMap")

    assert refusal.code == 403
    assert [one.metadata.name for one in server.ask(Verb.LIST, "ConfigMap").items] == ["b", "c"]


def test_a_webhook_cannot_change_what_it_is_shown(server, guarded, config_map):
    """A function that scribbles on its review changes nothing."""

    def scribble(review):
        review.object["data"] = {"evil": "1"}
        return Answer()

    guarded(scribble)
    wire = config_map(data={"a": "1"})

    assert dict(server.make(copy.deepcopy(wire)).data) == {"a": "1"}
