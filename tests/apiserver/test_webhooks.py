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


def endpoints(*, ready=True):
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
            "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": ready}}],
        }
    )


@pytest.fixture
def guarded(server, monkeypatch):
    """A function that configures a webhook, and says what it does and whether it is up."""

    def guard(function=None, *, up=True, **fields):
        wire = webhook(**fields)
        response = server.ask(Verb.CREATE, wire["kind"], namespace="", body=wire)
        assert response.ok, response.status
        server.store = server.store.put(endpoints(ready=up))
        known = {NAME: function} if function else {}

        def send(request):
            outcome = handle(server.store, request, Context(now=server.now, config=server.config, webhooks=known))
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
        "no endpoints available for service default/guard"
    )


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


def test_a_webhook_cannot_change_what_it_is_shown(server, guarded, config_map):
    """A function that scribbles on its review changes nothing."""

    def scribble(review):
        review.object["data"] = {"evil": "1"}
        return Answer()

    guarded(scribble)
    wire = config_map(data={"a": "1"})

    assert dict(server.make(copy.deepcopy(wire)).data) == {"a": "1"}
