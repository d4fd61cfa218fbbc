"""Routine updates: those that a kind takes as they stand come out as if JSON functions had looked at them."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.coordination.lease import Lease, LeaseSpec
from kcore.api.discovery.endpointslice import Endpoint, EndpointConditions, EndpointHints, EndpointSlice, ForZone
from kcore.api.frozenmap import FrozenMap
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.api.times import MicroTime
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.registry import STRATEGIES, strategy_of
from kcore.apiserver.request import Request, Verb

NOW = 946_684_800_000
LABELS = FrozenMap({"kubernetes.io/service-name": "web"})
SLICE = EndpointSlice(address_type="IPv4")
GOOD = Endpoint(addresses=("10.0.0.1",))
BAD = Endpoint(addresses=("127.0.0.1",))


def times():
    return st.none() | st.integers(0, 4_000_000_000_000_000).map(MicroTime)


def leases():
    spec = st.builds(
        LeaseSpec,
        holder_identity=st.sampled_from(["n1", "n2"]),
        lease_duration_seconds=st.sampled_from([40, 40, 0, None]),
        renew_time=times(),
    )
    labels = st.sampled_from([FrozenMap(), FrozenMap(), FrozenMap({"no good": "key"})])
    return st.builds(Lease, metadata=st.builds(ObjectMeta, name=st.just("one"), labels=labels), spec=spec)


def endpoints():
    return st.builds(
        Endpoint,
        addresses=st.lists(st.sampled_from(["10.0.0.1", "10.0.0.2", "127.0.0.1", "10.0.0", ""]), max_size=2).map(tuple),
        conditions=st.builds(EndpointConditions, ready=st.booleans()),
        hostname=st.sampled_from([None, "db-0", "No"]),
        node_name=st.sampled_from([None, "n1", "-"]),
        hints=st.sampled_from([None, EndpointHints(for_zones=(ForZone(name="a"),) * 2)]),
    )


def slices():
    return st.builds(
        EndpointSlice,
        metadata=st.builds(ObjectMeta, name=st.just("one"), labels=st.just(LABELS)),
        address_type=st.sampled_from(["IPv4", "IPv4", "IPv4", "IPv6"]),
        endpoints=st.lists(endpoints(), max_size=3).map(tuple),
    )


def answered(store, body, verb=Verb.UPDATE):
    """The store and the answer after a body is written."""
    key = ObjectKey(type(body).__name__, "default", body.metadata.name)
    return handle(store, Request(verb=verb, key=key, body=body), Context(now=NOW))


def in_json(store, body):
    """The same by the functions that look at JSON."""
    kind = type(body).__name__
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(STRATEGIES, kind, attrs.evolve(strategy_of(kind), routine=lambda _new, _old: False))
        return answered(store, body)


@given(data=st.data(), bodies=st.sampled_from([leases(), slices()]))
def test_a_routine_update_comes_out_as_any_other(data, bodies):
    """What is taken as it stands is what defaults and validation would have made of it, or refused."""
    made = answered(bootstrap(NOW), data.draw(bodies), Verb.CREATE)
    if made.response.ok:
        stored = made.response.object
        parts = {name: getattr(data.draw(bodies), name) for name in ("spec", "endpoints") if hasattr(stored, name)}
        body = attrs.evolve(stored, **parts)

        assert answered(made.store, body) == in_json(made.store, body)


@pytest.mark.parametrize(
    ("old", "new", "routine"),
    [
        pytest.param(Lease(), Lease(spec=LeaseSpec(renew_time=MicroTime(1))), True, id="a renewal is routine"),
        pytest.param(Lease(), Lease(spec=LeaseSpec(holder_identity="n2")), False, id="another holder is not"),
        pytest.param(SLICE, attrs.evolve(SLICE, endpoints=(GOOD,)), True, id="an endpoint more is routine"),
        pytest.param(SLICE, attrs.evolve(SLICE, endpoints=(BAD,)), False, id="a bad endpoint is not"),
        pytest.param(SLICE, attrs.evolve(SLICE, address_type="IPv6"), False, id="another family is not"),
    ],
)
def test_only_the_usual_is_routine(old, new, routine):
    """What a kind takes as it stands is what its controllers write all the time, and nothing else."""
    assert strategy_of(type(old).__name__).routine(new, old) is routine
