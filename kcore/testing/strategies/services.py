"""Strategies for what stands in front of pods: Services, and the budgets that protect them.

Models selection, ports and headless Services. A Service shrinks to one port, a budget to no pod that may go.

Not drawn: addresses that somebody chose, node ports and load balancers' settings.
"""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from kcore.api.core.service import Service, ServicePort, ServiceSpec
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget, PodDisruptionBudgetSpec
from kcore.testing.strategies.words import amounts, labels, names, selectors


@st.composite
def services(
    draw: st.DrawFn, named: st.SearchStrategy[str] | None = None, *, of: Mapping[str, str] | None = None
) -> Service:
    """Draw a Service of the pods with the labels `of`, or with any; its name is one of `named`, or any."""
    numbers = draw(st.lists(st.integers(1, 65535), min_size=1, max_size=2, unique=True))
    selector = draw(labels(min_size=1)) if of is None else FrozenMap(of)
    spec = ServiceSpec(
        ports=tuple(_port(draw, number, named=len(numbers) > 1) for number in numbers),
        selector=selector,
        type=draw(st.sampled_from(["", "ClusterIP"])),
        cluster_ip=draw(st.sampled_from(["", "None"])),
        publish_not_ready_addresses=draw(st.booleans()),
    )
    return Service(metadata=ObjectMeta(name=draw(named if named is not None else names())), spec=spec)


@st.composite
def budgets(
    draw: st.DrawFn, named: st.SearchStrategy[str] | None = None, *, of: Mapping[str, str] = EMPTY
) -> PodDisruptionBudget:
    """Draw a PodDisruptionBudget of the pods with the labels `of`; its name is one of `named`, or any."""
    own = of or draw(labels(min_size=1))
    amount, least = draw(amounts(3)), draw(st.booleans())
    spec = PodDisruptionBudgetSpec(
        selector=draw(selectors(own)),
        min_available=amount if least else None,
        max_unavailable=None if least else amount,
        unhealthy_pod_eviction_policy=draw(st.sampled_from([None, "IfHealthyBudget", "AlwaysAllow"])),
    )
    return PodDisruptionBudget(metadata=ObjectMeta(name=draw(named if named is not None else names())), spec=spec)


def _port(draw: st.DrawFn, number: int, *, named: bool) -> ServicePort:
    target = draw(st.just(0) | st.integers(1, 65535))
    return ServicePort(name=f"port-{number}" if named else "", port=number, target_port=target)
