"""ResourceQuota: what an object uses is counted against the quotas of its namespace before it is stored.

Models that a quota judges by what its status says is enforced and used, and that the count is written with the object:
two objects never share what is left.

Not modelled: that a refusal which comes after the count leaves it too high until it is counted anew.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/admission.go
"""

from __future__ import annotations

from kcore.api.core.resourcequota import ResourceQuota
from kcore.api.object import ApiObject
from kcore.apiserver.outcome import Operation
from kcore.apiserver.plugin import Plugin
from kcore.apiserver.quota.evaluators import evaluator_of
from kcore.apiserver.quota.ledger import charged, matches, refusal, used
from kcore.apiserver.request import Verb
from kcore.apiserver.status import Status, forbidden
from kcore.apiserver.store import Store


def _charge(operation: Operation, store: Store, new: ApiObject, old: ApiObject | None) -> Store | Status:
    """Return the store in which the quotas count `new` in place of `old`, or the refusal of the first that can't."""
    if not operation.kind.namespaced:
        return store
    found = store.list("ResourceQuota", new.metadata.namespace)
    evaluator = evaluator_of(operation.kind)
    if not found or not (old is None or evaluator.charged(new, old)):
        return store
    quotas = [one for one in found if isinstance(one, ResourceQuota) and matches(one, evaluator, new)]
    for why in filter(None, (refusal(quota, evaluator, new) for quota in quotas)):
        return forbidden(operation.kind, new.metadata.name, why)
    usage = used(new, old, evaluator, operation.context.time)
    for quota in quotas:
        after = charged(quota, usage)
        if isinstance(after, str):
            return forbidden(operation.kind, new.metadata.name, after)
        store = store if after is quota else store.put(after)
    return store


PLUGIN = Plugin(name="ResourceQuota", verbs=frozenset({Verb.CREATE, Verb.UPDATE}), charge=_charge)
