"""Steps of a scenario that people do: what each says, and how a wrong one is refused."""

from __future__ import annotations

import pytest

from kcore.cluster.target import Target
from kcore.errors import InputError, Place
from kcore.faults.component_restarted import ComponentRestarted
from kcore.faults.container_crash import ContainerCrash
from kcore.faults.dns_down import DnsStarted, DnsStopped
from kcore.faults.kube_proxy_stale import KubeProxyStalled
from kcore.faults.leader_moved import LeaderMoved
from kcore.faults.machine_lost import MachineLost
from kcore.faults.network_partition import NetworkPartitioned
from kcore.faults.zone_lost import ZoneLost
from kcore.model.faults import FAULTS
from kcore.users.autoscale import Autoscale
from kcore.users.create_job import CreateJob
from kcore.users.delete import Delete
from kcore.users.drain import Drain
from kcore.users.drain_filters import Overrides
from kcore.users.load import LoadSet
from kcore.users.look_up import NameLookedUp
from kcore.users.rollout import RolloutPause, RolloutRestart, RolloutResume, SetImage
from kcore.users.taint import AddTaint, RemoveTaint
from kcore.users.undo import RolloutUndo
from kcore.verify import faultsteps
from kcore.verify.steps import Act, Keep, NewCluster, Return, parse_step

WEB = Target(kind="Deployment", namespace="default", name="web")
POD = Target(kind="Pod", namespace="default", name="p")
DB = Target(kind="StatefulSet", namespace="default", name="db")


def parsed(step):
    """The step that a mapping describes."""
    return parse_step(step, ("steps", 0), lambda path: Place(field=".".join(map(str, path))))


@pytest.mark.parametrize(
    ("step", "event"),
    [
        pytest.param({"drain": "n1"}, Drain(node="n1"), id="a drain of a node"),
        pytest.param(
            {
                "drain": {
                    "node": "n1",
                    "ignoreDaemonSets": True,
                    "deleteEmptyDirData": True,
                    "force": True,
                    "gracePeriodSeconds": 0,
                    "timeout": "1m",
                    "podSelector": "app=web",
                    "skipWaitForDeleteTimeout": 20,
                }
            },
            Drain(
                node="n1",
                overrides=Overrides(ignore_daemonsets=True, delete_emptydir_data=True, force=True),
                grace_period_seconds=0,
                timeout=60_000,
                pod_selector="app=web",
                skip_wait_for_delete_timeout=20,
            ),
            id="a drain with all its options",
        ),
        pytest.param(
            {"rollout": {"kind": "StatefulSet", "name": "db", "image": "db:v2"}},
            SetImage(target=DB, image="db:v2"),
            id="a rollout of an image",
        ),
        pytest.param(
            {"rollout": {"name": "web", "image": "a", "container": "c"}},
            SetImage(target=WEB, image="a", container="c"),
            id="a rollout of a Deployment",
        ),
        pytest.param({"restart": {"name": "web"}}, RolloutRestart(target=WEB), id="a restart"),
        pytest.param({"pause": {"name": "web"}}, RolloutPause(target=WEB), id="a pause"),
        pytest.param({"resume": {"name": "web"}}, RolloutResume(target=WEB), id="the end of a pause"),
        pytest.param({"undo": {"name": "web"}}, RolloutUndo(target=WEB), id="an undo"),
        pytest.param(
            {"undo": {"name": "web", "toRevision": 2}}, RolloutUndo(target=WEB, to_revision=2), id="to a revision"
        ),
        pytest.param(
            {"addTaint": {"node": "n1", "key": "k", "value": "v", "effect": "NoSchedule"}},
            AddTaint(node="n1", key="k", value="v", effect="NoSchedule"),
            id="a taint more",
        ),
        pytest.param({"removeTaint": {"node": "n1", "key": "k"}}, RemoveTaint(node="n1", key="k"), id="a taint less"),
        pytest.param(
            {"autoscale": {"name": "web", "max": 5, "min": 2, "cpu": "80%", "memory": "200Mi"}},
            Autoscale(target=WEB, most=5, least=2, cpu="80%", memory="200Mi"),
            id="an autoscaler",
        ),
        pytest.param(
            {"createJob": {"name": "now", "from": "cronjob/tick"}},
            CreateJob(name="now", cron_job="tick"),
            id="a Job of a CronJob",
        ),
        pytest.param(
            {"load": {"name": "visitors", "value": "900m"}}, LoadSet("visitors", 900), id="another load, in thousandths"
        ),
        pytest.param({"load": {"name": "visitors", "value": 2}}, LoadSet("visitors", 2000), id="another load, in ones"),
        pytest.param(
            {"delete": {"kind": "Deployment", "name": "web", "propagationPolicy": "Orphan"}},
            Delete(target=WEB, propagation_policy="Orphan"),
            id="a deletion that leaves what is owned",
        ),
    ],
)
def test_a_step_stands_for_an_act(step, event):
    """What is not said has the command's own default."""
    (op,) = step

    assert parsed(step) == Act(op=op, event=event)


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        pytest.param({"drain": ""}, "drain", id="a drain of nothing"),
        pytest.param({"drain": {"node": "n1", "ignoreDaemonsets": True}}, "ignoreDaemonSets", id="a misspelt option"),
        pytest.param({"drain": {"force": True}}, "node", id="a drain without a node"),
        pytest.param({"drain": {"node": "n1", "force": "yes"}}, "force", id="an option of the wrong type"),
        pytest.param({"rollout": {"name": "web"}}, "image", id="a rollout of no image"),
        pytest.param({"undo": {"name": "web", "toRevision": "one"}}, "toRevision", id="a revision that is no number"),
        pytest.param({"restart": {"kind": "Deployment"}}, "nowhere", id="a restart of nothing"),
        pytest.param({"addTaint": {"node": "n1", "key": "k"}}, "effect", id="a taint without an effect"),
        pytest.param({"autoscale": {"name": "web"}}, "max", id="an autoscaler without a bound"),
        pytest.param({"createJob": {"name": "a", "from": "job/b"}}, "cronjob/NAME", id="a Job of a Job"),
        pytest.param({"createJob": {"name": "a", "from": "cronjob"}}, "cronjob/NAME", id="a Job of any CronJob"),
        pytest.param({"load": {"name": "a", "value": "much"}}, "quantity", id="a load that is no quantity"),
    ],
)
def test_a_wrong_step_is_refused(step, problem):
    """The error names what is wrong."""
    with pytest.raises(InputError, match=problem):
        parsed(step)


@pytest.mark.parametrize(
    ("step", "event"),
    [
        pytest.param({"nodeCrash": "n1"}, MachineLost("n1"), id="a machine without power"),
        pytest.param({"zoneLoss": "a"}, ZoneLost("a"), id="a zone without power"),
        pytest.param({"kubeProxyStale": "n1"}, KubeProxyStalled("n1"), id="one table that is stale"),
        pytest.param({"dnsDown": {}}, DnsStopped(), id="no DNS"),
        pytest.param({"dnsUp": None}, DnsStarted(), id="the DNS again"),
        pytest.param(
            {"networkPartition": {"one": ["n1"], "other": ["n2", "n3"]}},
            NetworkPartitioned(("n1",), ("n2", "n3")),
            id="two sides that do not reach each other",
        ),
        pytest.param({"networkPartition": {"one": ["n1"]}}, NetworkPartitioned(("n1",)), id="one node alone"),
        pytest.param(
            {"componentRestart": {"component": "kubelet", "instance": "n1"}},
            ComponentRestarted("kubelet", "n1"),
            id="a process that begins anew",
        ),
        pytest.param(
            {"leaderChange": {"component": "kube-scheduler", "to": "m2"}},
            LeaderMoved("kube-scheduler", "m2"),
            id="another leader",
        ),
        pytest.param({"crash": {"name": "p"}}, ContainerCrash(POD), id="a crash"),
        pytest.param(
            {"lookUp": {"from": {"name": "p"}, "for": "db"}},
            NameLookedUp(POD, "db"),
            id="a program that asks a name",
        ),
    ],
)
def test_a_step_stands_for_a_fault(step, event):
    """It is called as the budget of its fault."""
    (op,) = step

    assert parsed(step) == Act(op=op, event=event)


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        pytest.param({"dnsDown": {"node": "n1"}}, "unknown field 'node'", id="a fault of all that names one"),
        pytest.param({"nodeCrash": {}}, "no node", id="a fault of one that names none"),
        pytest.param({"diskLost": {}}, "claim is missing", id="a disk of nobody"),
        pytest.param({"leaderChange": {"component": "a"}}, "to is missing", id="a leader that goes nowhere"),
        pytest.param({"lookUp": {"from": {"name": "p"}}}, "for is missing", id="a name that is not said"),
        pytest.param({"backup": ""}, "no name of a backup", id="a backup without a name"),
        pytest.param({"dnsdown": {}}, "unknown operation", id="a misspelt step"),
    ],
)
def test_a_wrong_fault_is_refused(step, problem):
    """The error names what is wrong."""
    with pytest.raises(InputError, match=problem):
        parsed(step)


def test_every_fault_can_be_a_step():
    """But for deletions of pods, which are what people do."""
    known = [one for one in vars(faultsteps).values() if isinstance(one, type)]

    assert {one.event.__name__ for one in FAULTS if one.event not in known} == {"PodDeleted", "PodForceDeleted"}


def test_backups_and_exports_are_kept_and_brought_back():
    """Under a name; a cluster that comes between has nodes of its own, or the same."""
    assert parsed({"backup": "a"}) == Keep(op="backup", name="a")
    assert parsed({"import": "a"}) == Return(op="import", name="a")
    assert parsed({"newCluster": {}}) == NewCluster(op="newCluster")
    assert [one.name for one in parsed({"newCluster": {"nodes": [{"name": "m{i}", "count": 2}]}}).nodes] == ["m1", "m2"]
