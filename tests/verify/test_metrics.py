"""Loads and gauges of a spec file: what is read, what is refused, and that a scenario and a trace have them."""

from __future__ import annotations

import textwrap

import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.object import ObjectKey
from kcore.errors import InputError, Place
from kcore.machine import Trace
from kcore.manifests.documents import read_documents
from kcore.model import NodeSpec, Plan
from kcore.verify.metrics import parse_metrics
from kcore.verify.origin import Origin
from kcore.verify.reader import Reader
from kcore.verify.run import run
from kcore.verify.scenario import parse_scenario
from kcore.verify.tracefile import TraceFile, parse_trace, trace_lines
from kcore.world.metrics import Gauge, Load, Metrics

LOAD = {"name": "visitors", "labels": {"app": "web"}, "value": "900m"}
GAUGE = {"name": "queue", "metric": "length", "value": 30, "of": "Service/web"}
METRICS = Metrics(
    loads=(Load(name="visitors", labels=FrozenMap({"app": "web"}), milli=900),),
    gauges=(Gauge(name="queue", metric="length", milli=30_000, of="Service/web"),),
)

SCENARIO = """
apiVersion: kcore/v1
kind: Scenario
metadata: {name: more-visitors}
nodes: [{name: n1, capacity: {cpu: "4", memory: 8Gi, pods: "110"}}]
loads: [{name: visitors, labels: {app: web}, value: 100m}]
steps:
  - apply:
      - apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers: [{name: c, image: app, resources: {requests: {cpu: 200m}}}]
  - settle: {}
  - autoscale: {name: web, max: 4, cpu: "50%"}
  - wait: 60
  - load: {name: visitors, value: 300m}
  - wait: 300
"""


def read(**fields):
    """What the fields of a file describe."""
    return parse_metrics(Reader(fields, (), lambda path: Place(field=".".join(map(str, path)))))


def test_loads_and_gauges_are_read():
    """A value is a quantity; what is not said is the CPU of pods in the default namespace."""
    assert read(loads=[LOAD], gauges=[GAUGE]) == METRICS
    assert read() == Metrics()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        pytest.param({"loads": [{**LOAD, "value": "many"}]}, "quantity", id="no quantity"),
        pytest.param({"loads": [{**LOAD, "lables": {}}]}, "labels", id="a misspelt field"),
        pytest.param({"loads": [{"name": "a", "value": 1}, {"name": "a", "value": 2}]}, "two loads", id="a name twice"),
        pytest.param({"gauges": [{"name": "a", "value": 1}]}, "metric", id="a gauge of nothing"),
    ],
)
def test_what_can_t_be_measured_is_refused(fields, problem):
    """The error names the field."""
    with pytest.raises(InputError, match=problem):
        read(**fields)


def test_a_scenario_has_a_load_that_changes():
    """An autoscaler follows it: one pod of 200m at 50% bears 100m, three bear 300m."""
    (document,) = read_documents(textwrap.dedent(SCENARIO), "scenario.yaml")
    *_, small, _, large = run(parse_scenario(document.wire, document.place))

    sizes = [one.state.store.get(ObjectKey("Deployment", "default", "web")).spec.replicas for one in (small, large)]
    assert sizes == [1, 3]


def test_a_trace_has_what_is_measured():
    """It comes back from its lines as it was."""
    plan = Plan(nodes=(NodeSpec(name="n1", capacity=FrozenMap({"cpu": "4"})),), metrics=METRICS)
    file = TraceFile(trace=Trace(start=Origin(plan=plan).start, events=()))

    assert parse_trace(trace_lines(file)).origin.plan == plan
