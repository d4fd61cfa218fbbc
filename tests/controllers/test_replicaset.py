"""The ReplicaSet controller: what one sync does, against a real API server."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.convert import structure
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.meta.condition import Condition
from kcore.api.meta.labelselector import LabelSelector
from kcore.api.object import ObjectKey
from kcore.api.times import Time
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.changes import Change
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Options, Request, Response, Verb
from kcore.apiserver.status import Cause, Status
from kcore.client.view import View
from kcore.controllers.replicaset import REPLICASET
from kcore.machine import Note
from kcore.reconcile.expectations import TIMEOUT
from kcore.reconcile.opening import Memory

START = 946_684_800_000
WEB = ObjectKey("ReplicaSet", "default", "web")
LABELS = {"app": "web"}
LABELS_OF_NOBODY = FrozenMap({"app": "nobody"})
CONTAINERS = {"containers": [{"name": "c", "image": "i"}]}


@attrs.define
class Cluster:
    """An API server, a clock, and a controller whose cache is what `seen` says, or up to date."""

    store: object = attrs.Factory(lambda: bootstrap(START))
    now: int = START
    memory: Memory | None = None
    seen: object = None
    refuse: object = lambda _: None
    turn: object = None

    def send(self, request):
        """Make a request; `refuse` may say no in place of the API server."""
        refusal = self.refuse(request)
        if refusal is not None:
            return Response(code=refusal.code, status=refusal)
        outcome = handle(self.store, request, Context(now=self.now))
        self.store = outcome.store
        return outcome.response

    def create(self, kind, name, labels, spec, **metadata):
        api_version = "v1" if kind == "Pod" else "apps/v1"
        meta = {"name": name, "labels": labels, **metadata}
        body = Json.of({"apiVersion": api_version, "kind": kind, "metadata": meta, "spec": spec})
        response = self.send(Request(verb=Verb.CREATE, key=ObjectKey(kind, "default", name), body=body))
        assert response.ok, response.status
        return response.object

    def replica_set(self, replicas=3, name="web", **spec):
        template = {"metadata": {"labels": LABELS}, "spec": CONTAINERS}
        spec = {"replicas": replicas, "selector": {"matchLabels": LABELS}, "template": template, **spec}
        return self.create("ReplicaSet", name, LABELS, spec)

    def pod(self, name, labels=None, **metadata):
        return self.create("Pod", name, labels or LABELS, CONTAINERS, **metadata)

    def change(self, obj, **parts):
        """Put an object with some of its parts replaced, as if somebody had written it."""
        self.store = self.store.put(attrs.evolve(self.store.get(key_of(obj)), **parts))

    def scale(self, replicas):
        self.change(self.web, spec=attrs.evolve(self.web.spec, replicas=replicas))

    def ready(self, pod, since=None):
        at = Time((self.now if since is None else since) // 1000)
        condition = Condition(type="Ready", status="True", last_transition_time=at)
        self.change(pod, status=attrs.evolve(pod.status, phase="Running", conditions=(condition,)))

    def sync(self):
        """Take one turn, all its calls made, while the cache stands still; return the requests that it made."""
        cache = self.store if self.seen is None else self.seen
        answers, made = (), []
        while True:
            turn = REPLICASET.reconcile(self.memory, View(cache, self.now, answers), WEB)
            made += [call.request for call in turn.requests]
            answers += tuple(self.send(call.request) for call in turn.requests)
            if not turn.more:
                break
        self.memory, self.turn = turn.memory, turn
        return made

    @property
    def web(self):
        return self.store.get(WEB)

    @property
    def pods(self):
        return self.store.list("Pod", "default")


@pytest.fixture
def cluster():
    return Cluster()


def shown(requests):
    """Return verb, kind and subresource of each request."""
    return [f"{one.verb.value} {one.key.kind} {one.subresource}".strip() for one in requests]


def counts(status):
    return (
        status.replicas,
        status.fully_labeled_replicas,
        status.ready_replicas,
        status.available_replicas,
        status.terminating_replicas,
    )


def test_missing_pods_are_created_from_the_template(cluster):
    """Each has a name after its ReplicaSet, the template's labels, and its ReplicaSet as its controller."""
    cluster.replica_set(3)

    made = cluster.sync()

    assert shown(made) == ["create Pod"] * 3 + ["update ReplicaSet status"]
    assert all(one.metadata.name.startswith("web-") for one in cluster.pods)
    assert {tuple(one.metadata.labels.items()) for one in cluster.pods} == {(("app", "web"),)}
    owners = {owner for one in cluster.pods for owner in one.metadata.owner_references}
    assert [(one.kind, one.name, one.uid, one.controller, one.block_owner_deletion) for one in owners] == [
        ("ReplicaSet", "web", cluster.web.metadata.uid, True, True)
    ]
    assert cluster.turn.notes == tuple(
        Note("replicaset.SuccessfulCreate", object="ReplicaSet/web", message=f"Created pod: {one.metadata.name}")
        for one in sorted(cluster.pods, key=lambda pod: int(pod.metadata.resource_version))
    )


def test_a_controller_acts_on_its_own_result_only_by_its_status(cluster):
    """The second sync counts the new pods, the third has nothing to do and remembers nothing."""
    cluster.replica_set(3)
    cluster.sync()

    assert shown(cluster.sync()) == ["update ReplicaSet status"]
    assert counts(cluster.web.status) == (3, 3, 0, 0, 0)
    assert cluster.sync() == []
    assert cluster.memory is None


def test_a_sync_creates_so_many_pods_at_most(cluster):
    """The rest comes with the next one."""
    cluster.replica_set(501)

    assert shown(cluster.sync()).count("create Pod") == 500
    assert shown(cluster.sync()).count("create Pod") == 1
    assert len(cluster.pods) == 501


QUOTA = Status(code=403, reason="Forbidden", message="pods are forbidden: exceeded quota")
ENDING = Status(code=403, reason="Forbidden", message="ends", causes=(Cause(reason="NamespaceTerminating"),))


def refusing(status, verb, kind, allowed=0):
    """Return a refusal of all such requests but the first few."""
    seen = []

    def refuse(request):
        if (request.verb, request.key.kind) != (verb, kind):
            return None
        seen.append(request)
        return status if len(seen) > allowed else None

    return refuse


def test_a_refused_creation_ends_the_slow_start_and_shows_in_the_status(cluster):
    """The batch is finished, the condition says why, and the sync comes back after a delay that doubles."""
    cluster.replica_set(100)
    cluster.refuse = refusing(QUOTA, Verb.CREATE, "Pod", allowed=2)

    made = cluster.sync()

    assert shown(made).count("create Pod") == 3
    assert len(cluster.pods) == 2
    (condition,) = cluster.web.status.conditions
    assert (condition.type, condition.status, condition.reason) == ("ReplicaFailure", "True", "FailedCreate")
    assert condition.message == "pods are forbidden: exceeded quota"
    assert cluster.turn.wake_at == START + 5
    assert cluster.turn.notes[-1] == Note(
        "replicaset.FailedCreate",
        object="ReplicaSet/web",
        message="Error creating: pods are forbidden: exceeded quota",
    )
    cluster.sync()
    assert cluster.turn.wake_at == START + 10


def test_the_failure_goes_when_a_sync_goes_well(cluster):
    """The condition is taken away, and the failures are forgotten."""
    cluster.replica_set(1)
    cluster.refuse = refusing(QUOTA, Verb.CREATE, "Pod")
    cluster.sync()
    cluster.refuse = lambda _: None

    cluster.sync()

    assert cluster.web.status.conditions == ()
    assert cluster.turn.wake_at is None
    assert cluster.memory.failures == 0


def test_nobody_tries_again_and_again_in_a_namespace_that_ends(cluster):
    """The creations count as made, and are waited for in vain, for five minutes."""
    cluster.replica_set(3)
    cluster.refuse = refusing(ENDING, Verb.CREATE, "Pod")

    assert shown(cluster.sync()).count("create Pod") == 3
    assert cluster.web.status.conditions == ()
    cluster.now += TIMEOUT
    assert "create Pod" not in shown(cluster.sync())
    cluster.now += 1
    assert "create Pod" in shown(cluster.sync())


def test_pods_that_are_too_many_are_deleted_by_rank(cluster):
    """Those that are not ready go before those that are."""
    cluster.replica_set(4)
    cluster.sync()
    kept = cluster.pods[:2]
    for one in kept:
        cluster.change(one, spec=attrs.evolve(one.spec, node_name="n1"))
        cluster.ready(cluster.store.get(key_of(one)))
    cluster.scale(2)

    made = cluster.sync()

    assert shown(made) == ["delete Pod", "delete Pod", "update ReplicaSet status"]
    assert [one.metadata.name for one in cluster.pods] == [one.metadata.name for one in kept]


def test_pods_spread_from_those_of_related_replica_sets(cluster):
    """Of two alike pods, the one whose node has more pods of the same Deployment goes first."""
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d", "uid": "d", "controller": True}
    cluster.replica_set(2)
    cluster.sync()
    old = cluster.create(
        "ReplicaSet",
        "old",
        {"app": "old"},
        {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "old"}},
            "template": {"metadata": {"labels": {"app": "old"}}, "spec": CONTAINERS},
        },
        ownerReferences=[reference],
    )
    cluster.change(
        cluster.web, metadata=attrs.evolve(cluster.web.metadata, owner_references=old.metadata.owner_references)
    )
    first, second = cluster.pods
    related = cluster.pod("x", {"app": "old"})
    for one, node in ((first, "n1"), (second, "n2"), (related, "n2")):
        cluster.change(one, spec=attrs.evolve(one.spec, node_name=node))
        cluster.ready(cluster.store.get(key_of(one)))
    cluster.scale(1)

    (deleted, _) = cluster.sync()

    assert deleted.key == key_of(second)


@pytest.mark.parametrize(
    ("refusal", "fails"),
    [
        pytest.param("NotFound", False, id="what is gone is no failure"),
        pytest.param("Conflict", True, id="anything else is a failure"),
    ],
)
def test_a_refused_deletion(cluster, refusal, fails):
    """A failure shows in the status and brings the sync back."""
    cluster.replica_set(1)
    cluster.sync()
    cluster.scale(0)
    cluster.refuse = refusing(Status(code=400, reason=refusal, message="no"), Verb.DELETE, "Pod")

    cluster.sync()

    found = [(one.reason, one.message) for one in cluster.web.status.conditions]
    assert found == [("FailedDelete", "unable to delete pods: no")] * fails
    assert (cluster.turn.wake_at is not None) is fails


def test_pods_that_nobody_controls_are_adopted_and_counted(cluster):
    """One that is selected is taken over instead of a new one being made."""
    cluster.replica_set(2)
    cluster.pod("stray")
    cluster.pod("other", {"app": "db"})

    made = cluster.sync()

    assert shown(made) == ["get ReplicaSet", "patch Pod", "create Pod", "update ReplicaSet status"]
    assert cluster.store.get(ObjectKey("Pod", "default", "stray")).metadata.controller.name == "web"
    assert cluster.store.get(ObjectKey("Pod", "default", "other")).metadata.controller is None


def test_a_pod_whose_labels_no_longer_match_is_released_and_replaced(cluster):
    """It lives on by itself."""
    cluster.replica_set(2)
    cluster.sync()
    stray = cluster.pods[0]
    cluster.change(stray, metadata=attrs.evolve(stray.metadata, labels=stray.metadata.labels.set("app", "debug")))

    made = cluster.sync()

    assert shown(made) == ["patch Pod", "create Pod", "update ReplicaSet status"]
    assert cluster.store.get(key_of(stray)).metadata.owner_references == ()
    assert len(cluster.pods) == 3


def test_a_refused_adoption_ends_the_sync(cluster):
    """Nothing is created and no status is written, until the sync comes back."""
    cluster.replica_set(2)
    cluster.pod("stray")
    cluster.refuse = refusing(Status(code=409, reason="Conflict", message="no"), Verb.PATCH, "Pod")

    assert shown(cluster.sync()) == ["get ReplicaSet", "patch Pod"]
    assert cluster.turn.wake_at == START + 5


def test_a_replica_set_that_is_being_deleted_only_keeps_its_status(cluster):
    """It neither creates nor deletes, adopts nor releases."""
    cluster.replica_set(2)
    cluster.sync()
    released, kept = cluster.pods
    cluster.change(released, metadata=attrs.evolve(released.metadata, labels=LABELS_OF_NOBODY))
    cluster.pod("stray")
    options = Options(propagation_policy="Foreground")
    cluster.send(Request(verb=Verb.DELETE, key=WEB, options=options))
    cluster.scale(5)

    assert shown(cluster.sync()) == ["update ReplicaSet status"]
    assert cluster.web.status.replicas == 1
    assert cluster.store.get(key_of(kept)).metadata.controller is not None


def test_the_status_counts_pods_by_what_they_are(cluster):
    """Ended pods don't count and are replaced; those that terminate count apart."""
    cluster.replica_set(4, minReadySeconds=10)
    cluster.sync()
    fresh, old, going, ended = cluster.pods
    cluster.ready(fresh, START - 9_000)
    cluster.ready(old, START - 10_000)
    cluster.change(going, metadata=attrs.evolve(going.metadata, deletion_timestamp=Time(START // 1000)))
    cluster.change(ended, status=attrs.evolve(ended.status, phase="Failed"))

    made = cluster.sync()

    assert shown(made) == ["create Pod"] * 2 + ["update ReplicaSet status"]
    assert counts(cluster.web.status) == (2, 2, 2, 1, 1)
    cluster.sync()
    assert counts(cluster.web.status) == (4, 4, 2, 1, 1)


def test_a_sync_comes_back_when_the_next_pod_is_available(cluster):
    """The first of those that are ready and not available decides; when all are, nobody is waited for."""
    cluster.replica_set(2, minReadySeconds=10)
    cluster.sync()
    first, second = cluster.pods
    cluster.ready(first, START - 4_000)
    cluster.ready(second, START - 1_000)

    cluster.sync()
    assert cluster.turn.wake_at == START + 6_000
    cluster.now = START + 6_000
    cluster.sync()
    assert cluster.web.status.available_replicas == 1
    assert cluster.turn.wake_at == START + 9_000
    cluster.now = START + 9_000
    cluster.sync()
    assert cluster.web.status.available_replicas == 2
    assert cluster.turn.wake_at is None


def test_a_status_is_written_on_the_latest_object_when_the_first_write_is_refused(cluster):
    """The cache was late about something else; the counts are written all the same."""
    cluster.replica_set(0)
    cluster.seen = cluster.store
    cluster.change(cluster.web, metadata=attrs.evolve(cluster.web.metadata, annotations=LABELS_OF_NOBODY))

    made = cluster.sync()

    assert shown(made) == ["update ReplicaSet status", "get ReplicaSet", "update ReplicaSet status"]
    assert cluster.web.status.observed_generation == 1
    assert cluster.turn.wake_at is None


def test_a_second_refusal_of_the_status_ends_the_sync_and_nothing_is_forgotten(cluster):
    """The pods were created, and that is still awaited when the sync comes back."""
    cluster.replica_set(1)
    cluster.refuse = refusing(Status(code=500, reason="InternalError", message="no"), Verb.UPDATE, "ReplicaSet")
    stale = cluster.store
    cluster.sync()
    cluster.seen = stale

    assert len(cluster.pods) == 1
    assert cluster.turn.wake_at == START + 5
    assert cluster.sync() == []


def test_a_late_cache_does_not_make_a_controller_create_twice(cluster):
    """Until its cache has come as far as its own writes, it does nothing."""
    cluster.replica_set(3)
    cluster.seen = cluster.store
    cluster.sync()

    assert cluster.sync() == []
    assert len(cluster.pods) == 3
    cluster.seen = None
    assert shown(cluster.sync()) == ["update ReplicaSet status"]


def test_a_late_cache_does_not_make_a_controller_delete_twice(cluster):
    """While a deleted pod still looks alive, no more are deleted, and the status goes on."""
    cluster.replica_set(3)
    cluster.sync()
    cluster.sync()
    cluster.scale(1)
    stale = cluster.store
    cluster.memory = None
    cluster.sync()
    cluster.seen = attrs.evolve(stale, revision=cluster.store.revision)

    assert "delete Pod" not in shown(cluster.sync())
    assert len(cluster.pods) == 1
    cluster.now += TIMEOUT + 1
    assert "delete Pod" in shown(cluster.sync())


def test_a_new_replica_set_of_the_same_name_starts_clean(cluster):
    """What was awaited for the one before is forgotten with it."""
    cluster.replica_set(1)
    cluster.sync()
    cluster.memory = attrs.evolve(cluster.memory, uid="the one before")
    cluster.scale(2)

    assert "create Pod" in shown(cluster.sync())


def test_a_replica_set_that_is_gone_is_forgotten(cluster):
    """Its memory goes with it."""
    cluster.memory = Memory(uid="u1")

    assert cluster.sync() == []
    assert cluster.memory is None


def test_a_selector_that_is_none_makes_a_controller_do_nothing(cluster):
    """The API server would not take it; an old object may have it."""
    cluster.replica_set(1)
    selector = structure(LabelSelector, {"matchExpressions": [{"key": "app", "operator": "Maybe"}]})
    cluster.change(cluster.web, spec=attrs.evolve(cluster.web.spec, selector=selector))

    assert cluster.sync() == []


def concerned(cluster, old, new):
    """Return the names of the ReplicaSets that a change of a pod is news for."""
    change = Change(revision=1, key=key_of(new or old), old=old, new=new)
    return sorted(work.key[2] for work in REPLICASET.watches["Pod"](change, cluster.store))


def test_a_change_of_a_pod_is_news_for_its_controller_or_for_who_may_adopt_it(cluster):
    """Both when it changed hands, nobody when it is not selected, and nobody when it was nobody's and went."""
    web = cluster.replica_set(1)
    cluster.replica_set(1, name="twin")
    cluster.sync()
    (owned,) = cluster.pods
    orphan = attrs.evolve(owned, metadata=attrs.evolve(owned.metadata, owner_references=()))
    other = attrs.evolve(orphan, metadata=attrs.evolve(orphan.metadata, labels=LABELS_OF_NOBODY))
    going = attrs.evolve(orphan, metadata=attrs.evolve(orphan.metadata, deletion_timestamp=Time(1)))
    moved = attrs.evolve(orphan, status=attrs.evolve(orphan.status, phase="Running"))
    found = {
        "added": concerned(cluster, None, owned),
        "removed": concerned(cluster, owned, None),
        "let go": concerned(cluster, owned, orphan),
        "taken": concerned(cluster, orphan, owned),
        "orphan added": concerned(cluster, None, orphan),
        "orphan selected anew": concerned(cluster, other, orphan),
        "orphan moved": concerned(cluster, orphan, moved),
        "orphan goes": concerned(cluster, orphan, going),
        "orphan removed": concerned(cluster, orphan, None),
        "stranger": concerned(cluster, None, other),
    }

    assert isinstance(web, ReplicaSet)
    assert found == {
        "added": ["web"],
        "removed": ["web"],
        "let go": ["twin", "web"],
        "taken": ["web"],
        "orphan added": ["twin", "web"],
        "orphan selected anew": ["twin", "web"],
        "orphan moved": [],
        "orphan goes": [],
        "orphan removed": [],
        "stranger": [],
    }
