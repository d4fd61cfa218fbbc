"""Validating admission policies: expressions about what is written, bound to what they are about."""

from __future__ import annotations

import pytest

from kcore.apiserver.request import Verb

RULES = [
    {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["deployments"]}
]


def policy(expression="object.spec.replicas <= 3", *, rules=RULES, validation=None, **spec):
    wanted = {"expression": expression, **(validation or {})}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "few"},
        "spec": {"matchConstraints": {"resourceRules": rules}, "validations": [wanted], **spec},
    }


def binding(**spec):
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "everywhere"},
        "spec": {"policyName": "few", "validationActions": ["Deny"], **spec},
    }


@pytest.fixture
def bound(server):
    """A function that makes a policy and binds it."""

    def bind(wire, **spec):
        for one in (wire, binding(**spec)):
            response = server.ask(Verb.CREATE, one["kind"], namespace="", body=one)
            assert response.ok, response.status

    return bind


def sized(deployment, replicas):
    deployment["spec"]["replicas"] = replicas
    return deployment


def test_a_write_that_breaks_a_bound_policy_is_refused(server, bound, deployment):
    """The refusal names policy, binding and expression, and nothing is stored; what keeps to the policy is."""
    bound(policy())
    before = server.store
    refusal = server.create(sized(deployment, 4))

    assert (refusal.code, refusal.reason) == (422, "Invalid")
    assert refusal.status.message == (
        "deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'few' with binding 'everywhere' denied "
        "request: failed expression: object.spec.replicas <= 3"
    )
    assert server.store is before
    assert server.create(sized(deployment, 3)).ok
    assert server.merge("Deployment", "web", {"spec": {"replicas": 9}}).code == 422


def test_a_policy_that_nobody_binds_says_nothing(server, deployment):
    """A policy alone is not enforced."""
    wire = policy()
    server.ask(Verb.CREATE, wire["kind"], namespace="", body=wire)

    assert server.create(sized(deployment, 4)).ok


@pytest.mark.parametrize(
    ("wire", "spec", "code"),
    [
        pytest.param(policy(rules=[{**RULES[0], "resources": ["pods"]}]), {}, 201, id="another resource"),
        pytest.param(policy(rules=[{**RULES[0], "apiGroups": ["*"], "resources": ["*"]}]), {}, 422, id="everything"),
        pytest.param(policy(rules=[{**RULES[0], "operations": ["DELETE"]}]), {}, 201, id="another operation"),
        pytest.param(policy(rules=[{**RULES[0], "resourceNames": ["api"]}]), {}, 201, id="another name"),
        pytest.param(policy(), {"validationActions": ["Warn"]}, 201, id="only a warning"),
        pytest.param(
            policy(), {"matchResources": {"objectSelector": {"matchLabels": {"tier": "db"}}}}, 201, id="other labels"
        ),
        pytest.param(
            policy(),
            {"matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "default"}}}},
            422,
            id="the namespace",
        ),
        pytest.param(
            policy(matchConditions=[{"name": "big", "expression": "object.spec.replicas > 9"}]),
            {},
            201,
            id="a condition",
        ),
        pytest.param(policy("object.spec.nowhere > 3"), {}, 422, id="an expression without a value"),
        pytest.param(policy("object.spec.nowhere > 3", failurePolicy="Ignore"), {}, 201, id="failures ignored"),
        pytest.param(policy(validation={"reason": "Forbidden"}), {}, 403, id="another reason"),
        pytest.param(
            policy("variables.many", variables=[{"name": "many", "expression": "object.spec.replicas > 3"}]),
            {},
            201,
            id="a variable",
        ),
    ],
)
def test_a_policy_is_about_what_it_says(server, bound, deployment, wire, spec, code):
    """Rules, selectors, conditions, actions and the failure policy decide what a policy refuses."""
    bound(wire, **spec)

    assert server.create(sized(deployment, 4)).code == code


@pytest.mark.parametrize(
    ("validation", "said"),
    [
        pytest.param({"message": "too many"}, "too many", id="a message"),
        pytest.param(
            {"messageExpression": "'got ' + string(object.spec.replicas)", "message": "x"}, "got 4", id="in CEL"
        ),
        pytest.param({"messageExpression": "object.nowhere", "message": "x"}, "x", id="without a value"),
    ],
)
def test_a_policy_has_words_of_its_own(server, bound, deployment, validation, said):
    """A message expression comes before a message, and that before the expression itself."""
    bound(policy(validation=validation))

    assert server.create(sized(deployment, 4)).status.message.endswith(f"denied request: {said}")


def test_a_policy_may_have_parameters(server, bound, deployment, config_map):
    """The bound object is `params`; where it is missing the binding says what happens."""
    wire = policy("object.spec.replicas <= int(params.data.most)", paramKind={"apiVersion": "v1", "kind": "ConfigMap"})
    bound(wire, paramRef={"name": "limits", "namespace": "default", "parameterNotFoundAction": "Deny"})
    assert server.create(sized(deployment, 4)).code == 403
    server.make(config_map("limits", {"most": "4"}))

    assert server.create(sized(deployment, 4)).ok


def test_a_policy_may_keep_things_from_being_deleted(server, bound, deployment):
    """A deletion has an old object and no new one."""
    bound(policy("object == null && oldObject.spec.replicas == 0", rules=[{**RULES[0], "operations": ["DELETE"]}]))
    server.make(sized(deployment, 1))
    assert server.delete("Deployment", "web").code == 422
    server.merge("Deployment", "web", {"spec": {"replicas": 0}})

    assert server.delete("Deployment", "web").ok
