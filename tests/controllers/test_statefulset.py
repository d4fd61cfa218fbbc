"""The StatefulSet controller at work: sync after sync against an API server, its pods obeying as told."""

from __future__ import annotations

import pytest

from kcore.api.core.pod import Pod
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.client.component import Write
from kcore.client.view import View
from kcore.controllers.statefulset import STATEFULSET
from kcore.controllers.statefulset.history import hash_of
from kcore.controllers.statefulset.stateful_set_utils import parent_and_ordinal
from kcore.reconcile.history import template_of

START = 946_684_800_000
DB = ObjectKey("StatefulSet", "default", "db")
READS = frozenset({Verb.GET, Verb.LIST, Verb.WATCH})
CLAIM = {
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


class Cluster:
    """An API server with one StatefulSet controller, and pods that run and go when they are told to."""

    def __init__(self, replicas=3, **spec):
        """Begin with a StatefulSet "db" that nobody has looked at."""
        self.now = START
        self.store = bootstrap(START)
        self.notes = []
        self.memory = None
        self.wake_at = None
        pod = {"nodeName": "n1", "containers": [{"name": "c", "image": "db:1"}]}
        template = {"metadata": {"labels": {"app": "db"}}, "spec": pod}
        content = {"replicas": replicas, "selector": {"matchLabels": {"app": "db"}}, "template": template}
        self.ask(Verb.CREATE, DB, {"metadata": {"name": "db"}, "spec": {**content, "serviceName": "db", **spec}})

    def ask(self, verb, key, body=None, subresource="", **options):
        """Make a request that must be granted."""
        wire = Json.of(body) if isinstance(body, dict) else body
        response = self.handle(
            Request(verb=verb, key=key, subresource=subresource, body=wire, options=Options(**options))
        )
        assert response.ok, response.status
        return response.object

    def handle(self, request):
        """Make a request and return the answer."""
        outcome = handle(self.store, request, Context(now=self.now))
        self.store = outcome.store
        return outcome.response

    def patch(self, **spec):
        """Change the spec of the StatefulSet."""
        self.ask(Verb.PATCH, DB, {"spec": spec}, patch_type=PatchType.MERGE)

    def image(self, image):
        """Roll out another image."""
        self.patch(template={"spec": {"containers": [{"name": "c", "image": image}]}})

    def sync(self, seen=None):
        """Let the controller look at the StatefulSet, now or as its cache has it; return whether it wrote."""
        seen, before, answers = seen or self.store, self.store.revision, ()
        while True:
            turn = STATEFULSET.reconcile(self.memory, View(seen, self.now, answers), DB)
            for call in turn.requests:
                request = call.request
                write = Write(request.verb, request.key.kind, request.subresource)
                assert request.verb in READS or write in STATEFULSET.writes
                answers += (self.handle(request),)
            if not turn.more:
                self.memory, self.wake_at = turn.memory, turn.wake_at
                self.notes += turn.notes
                return self.store.revision != before

    def run(self, *names):
        """Let the pods of these names be running and ready, or all if none is named."""
        names = names or self.names
        for pod in self.pods:
            if pod.metadata.name in names and pod.status.phase == "Pending":
                ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2000-01-01T00:00:00Z"}
                self.report(pod, phase="Running", conditions=[ready])

    def report(self, pod, **status):
        """Let a pod have that status."""
        self.ask(Verb.PATCH, key_of(pod), {"status": status}, subresource="status", patch_type=PatchType.MERGE)

    def settle(self, run=lambda cluster: cluster.run(), limit=80):
        """Sync and let pods run until nothing changes any more."""
        for _ in range(limit):
            before = self.store.revision
            run(self)
            if not self.sync() and self.store.revision == before:
                return
        pytest.fail(f"not settled after {limit} syncs")

    def remove(self, name):
        """Delete a pod at once."""
        self.ask(Verb.DELETE, ObjectKey("Pod", "default", name), grace_period_seconds=0)

    @property
    def pods(self):
        """The pods, by name."""
        return [one for one in self.store.list("Pod", "default") if isinstance(one, Pod)]

    @property
    def names(self):
        """The names of the pods."""
        return [one.metadata.name for one in self.pods]

    @property
    def images(self):
        """The image of each pod."""
        return {one.metadata.name: one.spec.containers[0].image for one in self.pods}

    @property
    def claims(self):
        """The owners of each claim, by kind."""
        found = self.store.list("PersistentVolumeClaim", "default")
        return {one.metadata.name: [owner.kind for owner in one.metadata.owner_references] for one in found}

    @property
    def revisions(self):
        """The image of each revision, the latest last."""
        found = sorted(self.store.list("ControllerRevision", "default"), key=lambda one: one.revision)
        return [template_of(one).spec.containers[0].image for one in found]

    @property
    def status(self):
        """The status of the StatefulSet."""
        return self.store.get(DB).status


def test_pods_are_made_one_after_the_other():
    """The next pod is made when the one before it is ready, and not earlier."""
    cluster = Cluster()

    cluster.sync()
    assert cluster.names == ["db-0"]
    cluster.sync()
    cluster.sync()
    assert cluster.names == ["db-0"]
    cluster.run()
    cluster.sync()
    assert cluster.names == ["db-0", "db-1"]


def test_a_parallel_set_makes_all_pods_at_once():
    """Nobody waits for anybody."""
    cluster = Cluster(podManagementPolicy="Parallel")

    cluster.sync()

    assert cluster.names == ["db-0", "db-1", "db-2"]


def test_a_pod_has_an_identity():
    """Name, hostname, subdomain, labels and owner are those of its ordinal."""
    cluster = Cluster(1)

    cluster.sync()
    (pod,) = cluster.pods
    labels = pod.metadata.labels

    assert (pod.metadata.name, pod.spec.hostname, pod.spec.subdomain) == ("db-0", "db-0", "db")
    assert labels["statefulset.kubernetes.io/pod-name"] == "db-0"
    assert labels["apps.kubernetes.io/pod-index"] == "0"
    assert labels["controller-revision-hash"] == cluster.status.update_revision
    assert pod.metadata.controller.name == "db"


def test_ordinals_begin_where_they_are_told_to():
    """The first pod has the ordinal ordinals.start, and a later start moves the pods."""
    cluster = Cluster(2, ordinals={"start": 3})
    cluster.settle()
    assert cluster.names == ["db-3", "db-4"]

    cluster.patch(ordinals={"start": 4})
    cluster.settle(run=lambda one: (one.run(), _bury(one)))
    assert cluster.names == ["db-4", "db-5"]


def test_scaling_down_takes_the_last_pod_first_and_one_at_a_time():
    """A pod that is going has to be gone before the next one goes."""
    cluster = Cluster(4)
    cluster.settle()

    cluster.patch(replicas=1)
    cluster.sync()
    cluster.sync()
    assert _going(cluster) == ["db-3"]
    cluster.remove("db-3")
    cluster.sync()
    assert _going(cluster) == ["db-2"]


def test_an_unready_pod_stops_scaling_up_and_down():
    """Neither does a new pod come nor a ready one go while an earlier one is not ready."""
    cluster = Cluster(3)
    cluster.settle()
    cluster.report(cluster.pods[0], conditions=[{"type": "Ready", "status": "False"}])

    cluster.patch(replicas=4)
    cluster.settle(run=lambda _: None)
    assert cluster.names == ["db-0", "db-1", "db-2"]
    cluster.patch(replicas=2)
    cluster.settle(run=lambda _: None)
    assert _going(cluster) == []


@pytest.mark.parametrize("phase", ["Failed", "Succeeded"])
def test_a_pod_at_its_end_is_made_anew_under_its_name(phase):
    """It is deleted, and once it is gone another has its name."""
    cluster = Cluster(2)
    cluster.settle()
    before = cluster.pods[1].metadata.uid

    cluster.report(cluster.pods[1], phase=phase)
    cluster.sync()
    if "db-1" in _going(cluster):
        cluster.remove("db-1")
    cluster.settle()

    assert cluster.names == ["db-0", "db-1"]
    assert cluster.pods[1].metadata.uid != before


def test_a_rolling_update_goes_from_the_last_pod_to_the_first():
    """One pod at a time is replaced, and each is waited for."""
    cluster = Cluster(3)
    cluster.settle()
    cluster.image("db:2")
    order = []
    for _ in range(30):
        cluster.sync()
        assert len(_going(cluster)) <= 1
        order += _going(cluster)
        _bury(cluster)
        cluster.run()

    assert order == ["db-2", "db-1", "db-0"]
    assert set(cluster.images.values()) == {"db:2"}
    assert cluster.status.current_revision == cluster.status.update_revision
    assert cluster.status.current_replicas == cluster.status.updated_replicas == 3


def test_pods_below_the_partition_keep_their_template():
    """They do so also when they are made anew."""
    cluster = Cluster(3, updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 2}})
    cluster.settle()
    cluster.image("db:2")
    cluster.settle(run=lambda one: (_bury(one), one.run()))
    assert cluster.images == {"db-0": "db:1", "db-1": "db:1", "db-2": "db:2"}

    cluster.remove("db-0")
    cluster.settle()
    assert cluster.images == {"db-0": "db:1", "db-1": "db:1", "db-2": "db:2"}
    assert (cluster.status.current_replicas, cluster.status.updated_replicas) == (2, 1)


def test_on_delete_waits_for_a_person():
    """Only the pod that somebody deletes gets the new template."""
    cluster = Cluster(2, updateStrategy={"type": "OnDelete"})
    cluster.settle()
    cluster.image("db:2")
    cluster.settle()
    assert set(cluster.images.values()) == {"db:1"}

    cluster.remove("db-0")
    cluster.settle()
    assert cluster.images == {"db-0": "db:2", "db-1": "db:1"}


def test_a_broken_revision_waits_for_a_person_even_after_it_was_mended():
    """The pod that never gets ready is waited for; once somebody deletes it all is well."""
    cluster = Cluster(2)
    cluster.settle()
    cluster.image("db:bad")
    cluster.settle(run=_all_but_the_broken)
    cluster.image("db:1")
    cluster.settle(run=_all_but_the_broken)
    assert cluster.images == {"db-0": "db:1", "db-1": "db:bad"}

    cluster.remove("db-1")
    cluster.settle(run=_all_but_the_broken)
    assert cluster.images == {"db-0": "db:1", "db-1": "db:1"}


def test_a_pod_counts_after_min_ready_seconds():
    """The next pod waits until the one before it is available, and the controller wakes for it."""
    cluster = Cluster(2, minReadySeconds=10)
    cluster.sync()
    cluster.run()
    cluster.sync()
    assert (cluster.names, cluster.status.ready_replicas, cluster.status.available_replicas) == (["db-0"], 1, 0)
    assert cluster.wake_at == START + 10_000

    cluster.now = cluster.wake_at
    cluster.sync()
    assert (cluster.names, cluster.status.available_replicas) == (["db-0", "db-1"], 1)


# Revisions


def test_a_rollback_takes_up_the_old_revision():
    """No third revision is made of a template that there has been; the first one becomes the latest."""
    cluster = Cluster(1)
    cluster.settle()
    cluster.image("db:2")
    cluster.settle(run=lambda one: (_bury(one), one.run()))
    assert cluster.revisions == ["db:1", "db:2"]

    cluster.image("db:1")
    cluster.settle(run=lambda one: (_bury(one), one.run()))
    assert cluster.revisions == ["db:2", "db:1"]
    assert cluster.images == {"db-0": "db:1"}


@pytest.mark.parametrize(("limit", "left"), [(0, 1), (1, 2), (10, 5)])
def test_old_revisions_are_kept_up_to_the_limit(limit, left):
    """The one in use comes on top, and the latest are those that stay."""
    cluster = Cluster(1, revisionHistoryLimit=limit)
    images = [f"db:{number}" for number in range(1, 6)]
    for image in images:
        cluster.image(image)
        cluster.settle(run=lambda one: (_bury(one), one.run()))

    assert cluster.revisions == images[-left:]


def test_a_name_that_is_taken_counts_as_a_collision():
    """The revision gets another name, and the status says how often that was so."""
    cluster = Cluster(1)
    cluster.sync()
    (first,) = cluster.store.list("ControllerRevision", "default")
    clash = Cluster(1)
    body = {"metadata": {"name": first.metadata.name}, "data": {"spec": {}}, "revision": 7}
    clash.ask(Verb.CREATE, ObjectKey("ControllerRevision", "default", first.metadata.name), body)

    clash.sync()

    assert clash.status.collision_count == 1
    assert clash.status.update_revision == f"db-{hash_of(first.data, 1)}"


def test_orphaned_revisions_are_adopted():
    """One that the set selects and nobody controls is its own from then on, and is not made again."""
    cluster = Cluster(1)
    cluster.sync()
    (first,) = cluster.store.list("ControllerRevision", "default")
    cluster.ask(Verb.PATCH, key_of(first), {"metadata": {"ownerReferences": None}}, patch_type=PatchType.MERGE)

    cluster.settle()

    (adopted,) = cluster.store.list("ControllerRevision", "default")
    assert adopted.metadata.controller.name == "db"


# Claims


@pytest.mark.parametrize(
    ("policy", "before", "scaled"),
    [
        pytest.param(None, [], [], id="claims stay for good"),
        pytest.param(
            {"whenDeleted": "Delete", "whenScaled": "Retain"}, ["StatefulSet"], ["StatefulSet"], id="with set"
        ),
        pytest.param({"whenDeleted": "Retain", "whenScaled": "Delete"}, [], ["Pod"], id="with the size"),
        pytest.param({"whenDeleted": "Delete", "whenScaled": "Delete"}, ["StatefulSet"], ["Pod"], id="with both"),
    ],
)
def test_claims_belong_to_whom_the_policy_says(policy, before, scaled):
    """A claim goes with its owner: the set, or the pod that is too many, by the time that the pod goes."""
    spec = {"persistentVolumeClaimRetentionPolicy": policy} if policy else {}
    cluster = Cluster(2, volumeClaimTemplates=[CLAIM], **spec)
    cluster.settle()
    assert cluster.claims == {"data-db-0": before, "data-db-1": before}
    assert [one.spec.volumes[0].persistent_volume_claim.claim_name for one in cluster.pods] == [*cluster.claims]

    cluster.patch(replicas=1)
    cluster.sync()
    assert cluster.claims == {"data-db-0": before, "data-db-1": scaled}
    assert _going(cluster) == ["db-1"]


def test_a_claim_outlives_its_pod():
    """The pod that takes the place of another gets its claim."""
    cluster = Cluster(1, volumeClaimTemplates=[CLAIM])
    cluster.settle()
    uid = cluster.store.list("PersistentVolumeClaim", "default")[0].metadata.uid

    cluster.remove("db-0")
    cluster.settle()

    (claim,) = cluster.store.list("PersistentVolumeClaim", "default")
    assert claim.metadata.uid == uid
    assert cluster.names == ["db-0"]


def test_a_pod_that_waits_for_a_lost_claim_gets_another():
    """While a pod is pending its claims are made."""
    cluster = Cluster(1, volumeClaimTemplates=[CLAIM])
    cluster.sync()
    key = ObjectKey("PersistentVolumeClaim", "default", "data-db-0")
    cluster.ask(Verb.DELETE, key)
    if cluster.store.get(key) is not None:
        cluster.ask(Verb.PATCH, key, {"metadata": {"finalizers": None}}, patch_type=PatchType.MERGE)
    assert cluster.claims == {}

    cluster.sync()
    assert [*cluster.claims] == ["data-db-0"]


# Ownership and late caches


def test_a_pod_of_another_name_is_let_go():
    """Selected and owned, but without a name of the set: it is released and left alone."""
    cluster = Cluster(1)
    cluster.settle()
    owner = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "name": "db",
        "uid": cluster.store.get(DB).metadata.uid,
        "controller": True,
    }
    metadata = {"name": "other-0", "labels": {"app": "db"}, "ownerReferences": [owner]}
    body = {"metadata": metadata, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    cluster.ask(Verb.CREATE, ObjectKey("Pod", "default", "other-0"), body)

    cluster.settle()

    assert cluster.store.get(ObjectKey("Pod", "default", "other-0")).metadata.controller is None
    assert cluster.status.replicas == 1


def test_an_orphan_of_the_right_name_is_adopted():
    """It is given the labels of its identity as well."""
    cluster = Cluster(1)
    spec = {"nodeName": "n1", "containers": [{"name": "c", "image": "db:1"}]}
    body = {"metadata": {"name": "db-0", "labels": {"app": "db"}}, "spec": spec}
    cluster.ask(Verb.CREATE, ObjectKey("Pod", "default", "db-0"), body)

    cluster.sync()
    assert cluster.pods[0].metadata.controller.name == "db"
    cluster.run()
    cluster.sync()
    assert cluster.pods[0].metadata.labels["statefulset.kubernetes.io/pod-name"] == "db-0"


def test_a_late_cache_is_waited_for():
    """The controller does nothing until it has heard of its own last write."""
    cluster = Cluster(2)
    stale = cluster.store
    cluster.sync()

    assert not cluster.sync(stale)
    assert cluster.sync()
    assert cluster.names == ["db-0"]
    assert cluster.status.replicas == 1


def test_a_refused_write_is_tried_again_later():
    """A claim that is being deleted holds up its pod; the waits get longer each time."""
    cluster = Cluster(1, volumeClaimTemplates=[CLAIM])
    body = {**CLAIM, "metadata": {"name": "data-db-0", "finalizers": ["x/y"]}}
    key = ObjectKey("PersistentVolumeClaim", "default", "data-db-0")
    cluster.ask(Verb.CREATE, key, body)
    cluster.ask(Verb.DELETE, key)

    waits = []
    for _ in range(3):
        cluster.sync()
        waits.append(cluster.wake_at - cluster.now)

    assert cluster.names == []
    assert waits == [5, 10, 20]
    assert cluster.notes[-1].name == "statefulset.FailedCreate"
    assert cluster.status.observed_generation == 1


def test_a_set_that_is_being_deleted_only_tells_its_status():
    """No pod comes or goes by its hand any more."""
    cluster = Cluster(2)
    cluster.sync()
    cluster.ask(Verb.DELETE, DB, propagation_policy="Foreground")
    cluster.run()

    cluster.settle()

    assert cluster.names == ["db-0"]
    assert _going(cluster) == []
    assert cluster.status.ready_replicas == 1


def _going(cluster):
    """Return the names of the pods that are being deleted."""
    return [one.metadata.name for one in cluster.pods if one.metadata.deletion_timestamp is not None]


def _all_but_the_broken(cluster):
    """Let pods go that are to go, and those run whose image can."""
    _bury(cluster)
    cluster.run(*(name for name, image in cluster.images.items() if image != "db:bad"))


def _bury(cluster):
    """Let the pods that are being deleted be gone."""
    for name in _going(cluster):
        cluster.remove(name)


# Names


@pytest.mark.parametrize(
    ("name", "parent", "ordinal"),
    [
        pytest.param("db-0", "db", 0, id="the first pod of db"),
        pytest.param("my-db-12", "my-db", 12, id="the last hyphen parts name and ordinal"),
        pytest.param("db-007", "db", 7, id="leading zeros count for nothing"),
        pytest.param("db-x", "", -1, id="letters are no ordinal"),
        pytest.param("db", "", -1, id="a name without a hyphen is none of a set"),
        pytest.param("db-4294967296", "db", -1, id="more than 31 bits are no ordinal"),
    ],
)
def test_a_name_says_set_and_ordinal(name, parent, ordinal):
    """The name of a pod is that of its set, a hyphen and the ordinal."""
    assert parent_and_ordinal(Pod(metadata=ObjectMeta(name=name))) == (parent, ordinal)
