"""The Deployment controller at work: sync after sync against an API server, its ReplicaSets obeying at once."""

from __future__ import annotations

import itertools

import attrs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kcore.api.convert import structure
from kcore.api.core.pod import Pod
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.meta.condition import Condition
from kcore.api.object import ObjectKey
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.changes import Change
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.client.component import Write
from kcore.client.turn import OnFailure
from kcore.client.view import View
from kcore.client.workqueue import BASE_DELAY
from kcore.controllers.deployment import DEPLOYMENT
from kcore.controllers.deployment.template import HASH_LABEL
from kcore.reconcile.templatehash import compute_hash

START = 946_684_800_000
WEB = ObjectKey("Deployment", "default", "web")
REVISION = "deployment.kubernetes.io/revision"
READS = frozenset({Verb.GET, Verb.LIST, Verb.WATCH})


class Cluster:
    """An API server with one Deployment controller, and ReplicaSets whose pods come and go as told."""

    def __init__(self, replicas=3, *, now=START, **spec):
        """Begin with a Deployment "web" that nobody has looked at."""
        self.now = now
        self.store = bootstrap(now)
        self.notes = []
        self.failures = []
        self.memory = None
        self.wake_at = None
        template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "web:1"}]}}
        content = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template, **spec}
        self.ask(Verb.CREATE, WEB, {"metadata": {"name": "web"}, "spec": content})

    def ask(self, verb, key, body=None, subresource="", **options):
        """Make a request that must be granted."""
        wire = Json.of(body) if isinstance(body, dict) else body
        outcome = self.handle(
            Request(verb=verb, key=key, subresource=subresource, body=wire, options=Options(**options))
        )
        assert outcome.response.ok, outcome.response.status
        return outcome.response.object

    def handle(self, request):
        """Make a request."""
        outcome = handle(self.store, request, Context(now=self.now))
        self.store = outcome.store
        return outcome

    def patch(self, **spec):
        """Change the spec of the Deployment."""
        self.ask(Verb.PATCH, WEB, {"spec": spec}, patch_type=PatchType.MERGE)

    def image(self, image):
        """Roll out another image."""
        self.patch(template={"spec": {"containers": [{"name": "c", "image": image}]}})

    def sync(self, seen=None):
        """Let the controller look at the Deployment, once or at what its cache has; return whether it wrote."""
        seen, before, answers = seen or self.store, self.store.revision, ()
        while True:
            turn = DEPLOYMENT.reconcile(self.memory, View(seen, self.now, answers), WEB)
            for call in turn.requests:
                request = call.request
                assert request.verb in READS or Write(request.verb, request.key.kind, request.subresource) in (
                    DEPLOYMENT.writes
                )
                response = self.handle(request).response
                answers += (response,)
                if not response.ok and response.reason not in call.accepts and call.on_failure is OnFailure.STOP:
                    self.failures.append(response.reason)
                    self.notes += turn.notes
                    return True
            self.notes += turn.notes
            if not turn.more:
                self.memory, self.wake_at = turn.memory, turn.wake_at
                return self.store.revision != before

    def obey(self, available=lambda replica_set: True, *, terminating=0):
        """Let the ReplicaSets have the pods that they want, all or none of them available."""
        for one in self.replica_sets:
            replicas = one.spec.replicas
            offered = replicas if available(one) else 0
            status = {
                "replicas": replicas,
                "fullyLabeledReplicas": replicas,
                "readyReplicas": offered,
                "availableReplicas": offered,
                "terminatingReplicas": terminating,
                "observedGeneration": one.metadata.generation,
                "conditions": None,
            }
            self.report(one, **status)

    def report(self, replica_set, **status):
        """Let a ReplicaSet have that status."""
        known = self.store.get(key_of(replica_set))
        self.ask(Verb.PATCH, key_of(known), {"status": status}, subresource="status", patch_type=PatchType.MERGE)

    def settle(self, available=lambda replica_set: True, limit=60):
        """Sync and obey until nothing changes any more."""
        for _ in range(limit):
            before = self.store.revision
            self.obey(available)
            if not self.sync() and self.store.revision == before:
                return
        pytest.fail(f"not settled after {limit} syncs")

    @property
    def deployment(self):
        """The Deployment."""
        return self.store.get(WEB)

    @property
    def replica_sets(self):
        """The ReplicaSets, the oldest first by revision."""
        found = self.store.list("ReplicaSet", "default")
        return sorted(found, key=lambda one: int(one.metadata.annotations.get(REVISION, "0")))

    @property
    def sizes(self):
        """How many pods the ReplicaSets want, by revision."""
        return [one.spec.replicas for one in self.replica_sets]

    def condition(self, kind):
        """Return status and reason of a condition."""
        found = [one for one in self.deployment.status.conditions if one.type == kind]
        return (found[0].status, found[0].reason) if found else None

    @property
    def events(self):
        """What the controller told."""
        return [f"{dict(note.fields)['type']} {note.name} {dict(note.fields)['message']}" for note in self.notes]


# Rolling out


def test_a_new_deployment_gets_a_replica_set_of_its_template():
    """It is owned, labelled and named by the hash, and as large as desired."""
    cluster = Cluster(replicas=3)

    cluster.settle()

    (made,) = cluster.replica_sets
    value = compute_hash(cluster.deployment.spec.template, None)
    assert made.metadata.name == f"web-{value}"
    assert made.spec.selector.match_labels == {"app": "web", HASH_LABEL: value}
    assert made.spec.template.metadata.labels == made.metadata.labels == {"app": "web", HASH_LABEL: value}
    assert made.metadata.controller.uid == cluster.deployment.metadata.uid
    assert cluster.sizes == [3]
    assert cluster.deployment.metadata.annotations[REVISION] == "1"
    assert cluster.condition("Available") == ("True", "MinimumReplicasAvailable")
    assert cluster.condition("Progressing") == ("True", "NewReplicaSetAvailable")
    assert cluster.events == [f"Normal deployment.ScalingReplicaSet Scaled up replica set web-{value} from 0 to 3"]


def test_the_second_write_of_a_sync_is_outdated_and_the_next_sync_makes_it():
    """The controller goes on with the Deployment that it had, as upstream does, and is refused."""
    cluster = Cluster()

    assert cluster.sync()
    assert cluster.failures == ["Conflict"]
    assert cluster.condition("Progressing") == ("True", "NewReplicaSetCreated")
    assert cluster.condition("Available") is None

    cluster.sync()
    assert cluster.condition("Available") == ("False", "MinimumReplicasUnavailable")
    assert cluster.failures == ["Conflict"]


def test_a_rollout_leaves_one_revision_with_all_pods():
    """The old ReplicaSet stays, empty, for going back."""
    cluster = Cluster(replicas=5)
    cluster.settle()
    cluster.image("web:2")
    cluster.settle()

    assert cluster.sizes == [0, 5]
    assert [one.metadata.annotations[REVISION] for one in cluster.replica_sets] == ["1", "2"]
    assert cluster.deployment.metadata.annotations[REVISION] == "2"
    assert cluster.deployment.status.updated_replicas == 5


def test_going_back_makes_the_old_replica_set_the_newest():
    """No third one is made, and the old revision is remembered."""
    cluster = Cluster()
    for image in ("web:1", "web:2", "web:1"):
        cluster.image(image)
        cluster.settle()

    assert cluster.sizes == [0, 3]
    newest = cluster.replica_sets[-1].metadata.annotations
    assert newest[REVISION] == "3"
    assert newest["deployment.kubernetes.io/revision-history"] == "1"


def test_a_bad_rollout_stops_within_its_bounds():
    """With 4 desired, 1 more and 1 less: new pods that never come up leave 3 good ones."""
    cluster = Cluster(replicas=4)
    cluster.settle()
    cluster.image("web:bad")
    good = cluster.replica_sets[0].metadata.name

    cluster.settle(lambda one: one.metadata.name == good)

    assert cluster.sizes == [3, 2]
    assert cluster.condition("Available") == ("True", "MinimumReplicasAvailable")


def test_old_pods_that_are_not_available_go_first():
    """They could not be missed; the good ones stay."""
    cluster = Cluster(replicas=4)
    cluster.settle()
    cluster.image("web:2")
    cluster.settle(lambda one: False)
    sick = [one for one in cluster.replica_sets if one.spec.replicas]
    cluster.image("web:3")
    cluster.settle(lambda one: one.metadata.name not in {each.metadata.name for each in sick})

    assert cluster.sizes == [0, 0, 4]


STRATEGIES = st.tuples(
    st.integers(0, 6) | st.sampled_from(["0%", "25%", "50%", "100%"]),
    st.integers(0, 6) | st.sampled_from(["0%", "25%", "50%", "100%"]),
)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 12), STRATEGIES, st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=3))
def test_a_step_of_a_rolling_update_keeps_to_its_bounds(replicas, strategy, olds):
    """It wants no more pods than allowed, and takes no available pod below the minimum, whatever there was."""
    surge, unavailable = strategy
    assume(str(surge).strip("%") != "0" or str(unavailable).strip("%") != "0")
    cluster = Cluster(replicas, strategy={"rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}})
    for at in range(len(olds)):
        cluster.image(f"web:{at + 2}")
        cluster.sync()
        cluster.sync()
    for one, (size, offered) in itertools.zip_longest(cluster.replica_sets, olds, fillvalue=(0, 0)):
        kept = attrs.evolve(one, spec=attrs.evolve(one.spec, replicas=size))
        cluster.store = cluster.store.put(kept)
        cluster.report(kept, replicas=size, availableReplicas=min(size, offered), readyReplicas=min(size, offered))
    before = cluster.replica_sets

    cluster.sync()

    def offered_by(sets):
        return sum(min(one.spec.replicas, one.status.available_replicas) for one in sets)

    def share(value, up):
        return -(-replicas * int(value[:-1]) // 100) if up else replicas * int(value[:-1]) // 100

    more = surge if isinstance(surge, int) else share(surge, up=True)
    less = unavailable if isinstance(unavailable, int) else replicas - share(f"{100 - int(unavailable[:-1])}%", up=True)
    less = max(less, 1) if more == 0 else less
    assert sum(cluster.sizes) <= max(replicas + more, sum(one.spec.replicas for one in before))
    assert offered_by(cluster.replica_sets) >= min(offered_by(before), max(replicas - less, 0))


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.sampled_from(["web:1", "web:2", "web:3"]) | st.integers(0, 9) | st.sampled_from([True, False]),
        min_size=3,
        max_size=6,
    ),
    st.sampled_from(["RollingUpdate", "Recreate"]),
)
def test_whatever_was_asked_for_comes_about_and_then_nothing_is_written(changes, kind):
    """All pods are of the last template, as many as last desired; a further sync writes nothing and plans nothing."""
    cluster = Cluster(strategy={"type": kind})
    for change in changes:
        match change:
            case bool():
                cluster.patch(paused=change)
            case int():
                cluster.patch(replicas=change)
            case _:
                cluster.image(change)
        cluster.sync()
        cluster.obey()
    cluster.patch(paused=False)
    cluster.settle()

    newest = max(cluster.replica_sets, key=lambda one: one.spec.replicas)
    wish = cluster.deployment.spec
    assert sorted(cluster.sizes) == [*[0] * (len(cluster.sizes) - 1), wish.replicas]
    assert not wish.replicas or newest.spec.template.spec == wish.template.spec
    assert not cluster.sync()
    assert (cluster.wake_at, cluster.memory) == (None, None)


def test_recreate_waits_until_the_last_old_pod_is_gone():
    """A pod on its way out is still there; one at its end is not."""
    cluster = Cluster(strategy={"type": "Recreate"})
    cluster.settle()
    old = cluster.replica_sets[0]
    wire = {
        "metadata": {
            "name": "p",
            "namespace": "default",
            "uid": "p",
            "ownerReferences": [{"kind": "ReplicaSet", "name": "x", "uid": old.metadata.uid, "controller": True}],
        },
        "spec": {"containers": [{"name": "c", "image": "web:1"}]},
        "status": {"phase": "Running"},
    }
    pod = structure(Pod, wire)
    cluster.store = cluster.store.put(pod)
    cluster.image("web:2")
    cluster.settle()
    assert cluster.sizes == [0]

    cluster.store = cluster.store.put(attrs.evolve(pod, status=attrs.evolve(pod.status, phase="Failed")))
    cluster.settle()
    assert cluster.sizes == [0, 3]


# Pausing and scaling


def test_a_paused_deployment_is_scaled_but_not_rolled_out():
    """Once resumed it goes on."""
    cluster = Cluster()
    cluster.settle()
    cluster.patch(paused=True, replicas=5)
    cluster.image("web:2")
    cluster.settle()

    assert cluster.sizes == [5]
    assert cluster.condition("Progressing") == ("Unknown", "DeploymentPaused")

    cluster.patch(paused=False)
    cluster.settle()
    assert cluster.sizes == [0, 5]


def test_scaling_in_the_middle_of_a_rollout_keeps_its_proportions():
    """Eight old and five new ones of 10 + 3 become eleven and seven of 15 + 3."""
    cluster = Cluster(10, strategy={"rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}})
    cluster.settle()
    cluster.image("web:2")
    good = cluster.replica_sets[0].metadata.name
    cluster.settle(lambda one: one.metadata.name == good)
    assert cluster.sizes == [8, 5]

    cluster.patch(replicas=15)
    cluster.sync()

    assert cluster.sizes == [11, 7]


def test_old_revisions_beyond_the_limit_are_deleted_once_the_rollout_is_complete():
    """Those of the lowest revisions go."""
    cluster = Cluster(revisionHistoryLimit=1)
    for image in ("web:1", "web:2", "web:3", "web:4"):
        cluster.image(image)
        cluster.settle()

    assert [one.metadata.annotations[REVISION] for one in cluster.replica_sets] == ["3", "4"]


def test_min_ready_seconds_reach_the_new_replica_set():
    """No new template is made of it."""
    cluster = Cluster()
    cluster.settle()
    cluster.patch(minReadySeconds=7)
    cluster.settle()

    assert [one.spec.min_ready_seconds for one in cluster.replica_sets] == [7]


# Progress


def test_a_rollout_that_stands_still_times_out_at_its_deadline():
    """The controller looks again one second after it."""
    cluster = Cluster(progressDeadlineSeconds=600)
    cluster.settle(lambda one: False)
    assert cluster.wake_at == START + 601_000

    cluster.now = START + 600_000
    assert not cluster.sync()
    assert cluster.wake_at == START + 600_001

    cluster.now = cluster.wake_at
    assert cluster.sync()
    assert cluster.condition("Progressing") == ("False", "ProgressDeadlineExceeded")
    assert not cluster.sync()
    assert cluster.wake_at is None


def test_progress_moves_the_deadline():
    """A pod that becomes available is progress."""
    cluster = Cluster(replicas=2, progressDeadlineSeconds=600)
    cluster.settle(lambda one: False)
    cluster.now += 300_000
    cluster.report(cluster.replica_sets[0], replicas=2, readyReplicas=1, availableReplicas=1, observedGeneration=1)
    cluster.sync()
    cluster.sync()

    assert cluster.condition("Progressing") == ("True", "ReplicaSetUpdated")
    assert cluster.wake_at == START + 901_000


def test_without_a_deadline_progress_is_not_watched():
    """The largest number stands for none."""
    cluster = Cluster(progressDeadlineSeconds=2**31 - 1)
    cluster.settle(lambda one: False)

    assert cluster.condition("Progressing") is None
    assert cluster.wake_at is None


def test_a_replica_set_that_cannot_make_its_pods_shows_in_the_deployment():
    """The condition comes and goes with that of the ReplicaSet."""
    cluster = Cluster()
    cluster.settle(lambda one: False)
    (one,) = cluster.replica_sets
    failure = Condition(type="ReplicaFailure", status="True", reason="FailedCreate", last_transition_time=7)
    cluster.store = cluster.store.put(attrs.evolve(one, status=attrs.evolve(one.status, conditions=(failure,))))
    cluster.sync()
    assert cluster.condition("ReplicaFailure") == ("True", "FailedCreate")

    cluster.settle()
    assert cluster.condition("ReplicaFailure") is None


# What goes wrong


def test_a_name_that_is_taken_by_another_template_is_a_collision():
    """The Deployment counts it, comes back at once, and the next hash is another one."""
    cluster = Cluster()
    value = compute_hash(cluster.deployment.spec.template, None)
    labels = {"app": "other"}
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}
    spec["template"]["spec"] = {"containers": [{"name": "c", "image": "other"}]}
    key = ObjectKey("ReplicaSet", "default", f"web-{value}")
    cluster.ask(Verb.CREATE, key, {"metadata": {"name": key.name}, "spec": spec})

    cluster.sync()
    assert cluster.deployment.status.collision_count == 1
    assert (cluster.memory, cluster.wake_at) == (1, START + BASE_DELAY)

    cluster.sync()
    cluster.sync()
    assert cluster.deployment.metadata.annotations[REVISION] == "1"
    assert {one.metadata.name for one in cluster.replica_sets} == {
        key.name,
        f"web-{compute_hash(cluster.deployment.spec.template, 1)}",
    }
    assert cluster.memory is None


def test_a_stale_cache_makes_no_second_replica_set():
    """The name is the template's, so the second creation finds it taken; once the cache has it, it is the new one."""
    cluster = Cluster()
    stale = cluster.store
    cluster.sync()
    after = cluster.store

    cluster.sync(seen=stale)
    assert len(cluster.replica_sets) == 1
    assert cluster.store is after
    assert cluster.memory == 1

    cluster.settle()
    assert cluster.sizes == [3]
    assert cluster.deployment.status.collision_count is None


def test_a_creation_that_is_refused_becomes_a_condition_and_is_tried_again():
    """The back-off doubles with each refusal."""
    cluster = Cluster()
    cluster.store = cluster.store.remove(ObjectKey("Namespace", "", "default"))
    cluster.sync()
    cluster.sync()

    assert cluster.condition("Progressing") == ("False", "ReplicaSetCreateError")
    assert (cluster.memory, cluster.wake_at) == (2, START + 2 * BASE_DELAY)
    assert cluster.events[0].startswith("Warning deployment.ReplicaSetCreateError Failed to create new replica set")


def test_a_namespace_on_its_way_out_is_no_failure_of_the_deployment():
    """Nothing is written, as nothing can come of it."""
    cluster = Cluster()
    space = cluster.store.get(ObjectKey("Namespace", "", "default"))
    cluster.store = cluster.store.put(attrs.evolve(space, status=attrs.evolve(space.status, phase="Terminating")))

    assert not cluster.sync()
    assert cluster.memory == 1
    assert not cluster.notes


@pytest.mark.parametrize("refused", range(6))
def test_a_refusal_anywhere_only_delays(refused):
    """Whichever write of a rollout finds the object changed, the rollout comes about."""
    cluster = Cluster(4)
    cluster.settle()
    cluster.image("web:2")
    count = itertools.count()
    plain = cluster.handle

    def meddle(request):
        if request.verb not in READS and next(count) == refused:
            found = cluster.store.get(request.key)
            if found is not None:
                cluster.store = cluster.store.put(found)
        return plain(request)

    cluster.handle = meddle
    cluster.settle()

    assert cluster.sizes == [0, 4]


# Ownership


def test_a_matching_replica_set_that_nobody_owns_is_adopted():
    """One of the same template becomes the new one, and one whose labels no longer match is let go."""
    cluster = Cluster()
    cluster.settle()
    (one,) = cluster.replica_sets
    cluster.store = cluster.store.put(attrs.evolve(one, metadata=attrs.evolve(one.metadata, owner_references=())))
    cluster.settle()
    assert [each.metadata.controller.uid for each in cluster.replica_sets] == [cluster.deployment.metadata.uid]

    (one,) = cluster.replica_sets
    labels = one.metadata.labels.set("app", "debug")
    cluster.store = cluster.store.put(attrs.evolve(one, metadata=attrs.evolve(one.metadata, labels=labels)))
    cluster.sync()
    (one,) = cluster.replica_sets
    assert one.metadata.controller is None


def test_a_deployment_that_is_being_deleted_changes_nothing_but_its_status():
    """Its ReplicaSets are the garbage collector's."""
    cluster = Cluster()
    cluster.settle()
    cluster.ask(Verb.DELETE, WEB, propagation_policy="Foreground")
    sizes = cluster.sizes
    cluster.sync()

    assert cluster.sizes == sizes
    assert cluster.deployment.status.observed_generation == cluster.deployment.metadata.generation


def test_a_deployment_that_selects_everything_is_left_alone():
    """It is only said to have been seen."""
    cluster = Cluster()
    wish = cluster.deployment
    everything = attrs.evolve(wish.spec, selector=attrs.evolve(wish.spec.selector, match_labels=FrozenMap()))
    cluster.store = cluster.store.put(attrs.evolve(wish, spec=everything))
    cluster.sync()

    assert not cluster.replica_sets
    assert cluster.events[0].startswith("Warning deployment.SelectingAll")


def test_a_deployment_that_is_gone_needs_nothing():
    """There is nothing to remember either."""
    turn = DEPLOYMENT.reconcile(3, View(bootstrap(START), START), WEB)

    assert (turn.requests, turn.memory, turn.more) == ((), None, False)


# Rollback


@pytest.mark.parametrize(
    ("wish", "image", "told"),
    [
        pytest.param("1", "web:1", "Normal deployment.DeploymentRollback Rolled back", id="to a revision by number"),
        pytest.param("0", "web:2", "Normal deployment.DeploymentRollback Rolled back", id="to the last one before"),
        pytest.param("3", "web:3", "Warning deployment.DeploymentRollbackTemplateUnchanged", id="to where it is"),
        pytest.param("9", "web:3", "Warning deployment.DeploymentRollbackRevisionNotFound", id="to where it never was"),
    ],
)
def test_a_rollback_that_is_asked_for_by_annotation(wish, image, told):
    """Whatever comes of it, the wish is gone."""
    cluster = Cluster()
    for each in ("web:1", "web:2", "web:3"):
        cluster.image(each)
        cluster.settle()
    annotations = {"deprecated.deployment.rollback.to": wish}
    cluster.ask(Verb.PATCH, WEB, {"metadata": {"annotations": annotations}}, patch_type=PatchType.MERGE)
    before = len(cluster.events)
    cluster.settle()

    (container,) = cluster.deployment.spec.template.spec.containers
    assert container.image == image
    assert "deprecated.deployment.rollback.to" not in cluster.deployment.metadata.annotations
    assert HASH_LABEL not in cluster.deployment.spec.template.metadata.labels
    assert cluster.events[before].startswith(told)


# What it looks at


def looks(kind, old, new, store):
    """Return the keys that a change makes worth a look."""
    change = Change(revision=1, key=key_of(new or old), old=old, new=new)
    return [work.key for work in DEPLOYMENT.watches[kind](change, store)]


def test_a_replica_set_wakes_its_deployment_and_an_orphan_those_that_may_adopt_it():
    """One that changes hands wakes both; an orphan that only changes its status wakes nobody."""
    cluster = Cluster()
    cluster.settle()
    (one,) = cluster.replica_sets
    orphan = attrs.evolve(one, metadata=attrs.evolve(one.metadata, owner_references=()))
    stranger = attrs.evolve(orphan, metadata=attrs.evolve(orphan.metadata, labels=FrozenMap({"app": "other"})))
    busy = attrs.evolve(orphan, status=attrs.evolve(orphan.status, replicas=9))
    store = cluster.store

    assert looks("ReplicaSet", None, one, store) == [WEB]
    assert looks("ReplicaSet", one, one, store) == [WEB]
    assert looks("ReplicaSet", one, None, store) == [WEB]
    assert looks("ReplicaSet", None, orphan, store) == [WEB]
    assert looks("ReplicaSet", stranger, orphan, store) == [WEB]
    assert looks("ReplicaSet", one, stranger, store) == [WEB]
    assert looks("ReplicaSet", orphan, busy, store) == []
    assert looks("ReplicaSet", orphan, None, store) == []
    assert looks("ReplicaSet", None, stranger, store) == []
    assert looks("Deployment", cluster.deployment, None, store) == [WEB]


@pytest.mark.parametrize(
    ("kind", "left", "woken"),
    [
        pytest.param("Recreate", 0, [WEB], id="the last pod of a Deployment that recreates them wakes it"),
        pytest.param("Recreate", 1, [], id="one before the last does not"),
        pytest.param("RollingUpdate", 0, [], id="a rolling update does not care"),
    ],
)
def test_a_pod_that_is_gone_wakes_a_deployment_that_waits_for_it(kind, left, woken):
    """Pods that come or change are the ReplicaSet's business."""
    cluster = Cluster(strategy={"type": kind})
    cluster.settle()
    (one,) = cluster.replica_sets
    owner = {"kind": "ReplicaSet", "name": one.metadata.name, "uid": one.metadata.uid, "controller": True}
    pods = [
        structure(Pod, {"metadata": {"name": f"p{at}", "namespace": "default", "ownerReferences": [owner]}})
        for at in range(left + 1)
    ]
    store = cluster.store
    for pod in pods[1:]:
        store = store.put(pod)

    assert looks("Pod", pods[0], None, store) == woken
    assert looks("Pod", None, pods[0], store) == []
    assert looks("Pod", pods[0], pods[0], store) == []
