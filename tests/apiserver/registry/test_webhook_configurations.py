"""Webhook configurations: what they say if nothing is said, and what they may not say."""

from __future__ import annotations

import copy

import pytest

from kcore.api.convert import to_wire
from kcore.apiserver.registry import strategy_of
from kcore.apiserver.request import Verb

RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
KINDS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def hook(**fields):
    return {
        "name": "pods.guard.example.com",
        "clientConfig": {"service": {"namespace": "default", "name": "guard"}},
        "rules": [copy.deepcopy(RULE)],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        **fields,
    }


def configuration(*hooks, kind=KINDS[1]):
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": "guard"},
        "webhooks": list(hooks),
    }


def errors(*hooks, kind=KINDS[1]):
    return [str(one) for one in strategy_of(kind).validate(configuration(*hooks, kind=kind))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_webhook_has_defaults(kind):
    """It fails closed, is about everything, is called at 443 and within ten seconds."""
    wire = configuration(hook(), kind=kind)
    strategy_of(kind).default(wire)
    (found,) = wire["webhooks"]
    expected = {
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "timeoutSeconds": 10,
        "namespaceSelector": {},
        "objectSelector": {},
    } | ({"reinvocationPolicy": "Never"} if kind.startswith("Mutating") else {})

    assert {name: found[name] for name in found if name not in hook()} == expected
    assert found["clientConfig"]["service"]["port"] == 443
    assert found["rules"] == [{**RULE, "scope": "*"}]
    assert errors(found, kind=kind) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "webhooks[0].name: Required value"),
        (
            {"name": "guard.example"},
            (
                'webhooks[0].name: Invalid value: "guard.example": '
                "should be a domain with at least three segments separated by dots"
            ),
        ),
        ({"sideEffects": None}, "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun"),
        (
            {"sideEffects": "Some"},
            'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
        ),
        (
            {"failurePolicy": "Retry"},
            'webhooks[0].failurePolicy: Unsupported value: "Retry": supported values: "Fail", "Ignore"',
        ),
        (
            {"timeoutSeconds": 31},
            "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds",
        ),
        ({"clientConfig": {}}, "webhooks[0].clientConfig: Required value: exactly one of url or service is required"),
        (
            {"clientConfig": {"service": {"name": "guard"}}},
            "webhooks[0].clientConfig.service.namespace: Required value: service namespace is required",
        ),
        (
            {"clientConfig": {"service": {"namespace": "a", "name": "b", "path": "check"}}},
            "webhooks[0].clientConfig.service.path: Invalid value: \"check\": must start with a '/'",
        ),
        (
            {"clientConfig": {"url": "http://a.example.com"}},
            (
                "webhooks[0].clientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; "
                "desired format: https://host[/path]"
            ),
        ),
        (
            {"clientConfig": {"url": "https://a.example.com/x?y=z"}},
            'webhooks[0].clientConfig.url: Invalid value: "y=z": query parameters are not permitted in the URL',
        ),
        (
            {"admissionReviewVersions": []},
            "webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1",
        ),
        (
            {"admissionReviewVersions": ["v2"]},
            'webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
        ),
        ({"rules": [{**RULE, "operations": []}]}, "webhooks[0].rules[0].operations: Required value"),
        (
            {"rules": [{**RULE, "operations": ["*", "CREATE"]}]},
            (
                'webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: '
                "if '*' is present, must not specify other operations"
            ),
        ),
        (
            {"rules": [{**RULE, "operations": ["READ"]}]},
            (
                'webhooks[0].rules[0].operations[0]: Unsupported value: "READ": '
                'supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"'
            ),
        ),
        ({"rules": [{**RULE, "resources": []}]}, "webhooks[0].rules[0].resources: Required value"),
        (
            {"rules": [{**RULE, "scope": "Galaxy"}]},
            'webhooks[0].rules[0].scope: Unsupported value: "Galaxy": supported values: "*", "Cluster", "Namespaced"',
        ),
        ({"matchConditions": [{"name": "a"}]}, "webhooks[0].matchConditions[0].expression: Required value"),
        (
            {"matchConditions": [{"name": "a", "expression": "true"}] * 2},
            'webhooks[0].matchConditions[1].name: Duplicate value: "a"',
        ),
    ],
    ids=lambda value: value.partition(": ")[0] + value[-20:] if isinstance(value, str) else "a webhook",
)
def test_what_a_webhook_may_not_say_is_refused(fields, said):
    """Each fault has its path and the API server's words."""
    assert said in errors(hook(**fields))


def test_no_two_webhooks_have_one_name():
    """Within a configuration."""
    assert errors(hook(), hook()) == ['webhooks[1].name: Duplicate value: "pods.guard.example.com"']


def test_a_change_of_webhooks_is_counted(server):
    """The generation tells of it."""
    wire = configuration(hook())
    made = server.ask(Verb.CREATE, wire["kind"], namespace="", body=wire).object
    changed = to_wire(made)
    changed["webhooks"][0]["failurePolicy"] = "Ignore"
    after = server.ask(Verb.UPDATE, wire["kind"], "guard", namespace="", body=changed).object

    assert (made.metadata.generation, after.metadata.generation) == (1, 2)
