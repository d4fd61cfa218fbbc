"""The DaemonSet controller: what one sync does, against a real API server."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.apps.daemonset import DaemonSet
from kcore.api.core.taint import Taint
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.meta.condition import Condition
from kcore.api.object import ObjectKey
from kcore.api.times import Time
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.changes import Change
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Options, PatchType, Request, Response, Verb
from kcore.apiserver.status import Cause, Status
from kcore.client.view import View
from kcore.controllers.daemonset import DAEMONSET
from kcore.controllers.daemonset.template import target_node
from kcore.reconcile.expectations import TIMEOUT
from kcore.reconcile.history import REVISION_LABEL

START = 946_684_800_000
AGENT = ObjectKey("DaemonSet", "default", "agent")
LABELS = {"app": "agent"}


def spec(image="i:v1", **more):
    """Return the spec of a DaemonSet."""
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "image": image}]}}
    return {"selector": {"matchLabels": LABELS}, "template": template, **more}


@attrs.define
class Cluster:
    """An API server, a clock, and a controller whose cache is what `seen` says, or up to date."""

    store: object = attrs.Factory(lambda: bootstrap(START))
    now: int = START
    memory: object = None
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

    def create(self, kind, name, content, namespace="default", api_version="v1", **metadata):
        body = Json.of({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **metadata}, **content})
        response = self.send(Request(verb=Verb.CREATE, key=ObjectKey(kind, namespace, name), body=body))
        assert response.ok, response.status
        return response.object

    def nodes(self, *names):
        """Create nodes, and take the taint off that says that they have not reported yet."""
        for name in names:
            node = self.create("Node", name, {}, namespace="")
            self.change(node, spec=attrs.evolve(node.spec, taints=()))

    def daemon_set(self, **more):
        return self.create("DaemonSet", "agent", {"spec": spec(**more)}, api_version="apps/v1")

    def template(self, image):
        """Give the DaemonSet a template with another image."""
        patch = Json.of({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": image}]}}}})
        self.change_by(Verb.PATCH, patch)

    def change_by(self, verb, body):
        options = Options(patch_type=PatchType.STRATEGIC)
        assert self.send(Request(verb=verb, key=AGENT, body=body, options=options)).ok

    def change(self, obj, **parts):
        """Put an object with some of its parts replaced, as if somebody had written it."""
        self.store = self.store.put(attrs.evolve(self.store.get(key_of(obj)), **parts))

    def phase(self, pod, phase):
        self.change(pod, status=attrs.evolve(pod.status, phase=phase))

    def bind_all(self, since=None):
        """Bring all pods to their nodes, and make them ready."""
        at = Time((self.now if since is None else since) // 1000)
        condition = Condition(type="Ready", status="True", last_transition_time=at)
        for pod in self.pods:
            status = attrs.evolve(pod.status, phase="Running", conditions=(condition,))
            self.change(pod, spec=attrs.evolve(pod.spec, node_name=target_node(pod)), status=status)

    def sync(self):
        """Take one turn, all its calls made, while the cache stands still; return the requests that it made."""
        cache = self.store if self.seen is None else self.seen
        answers, made = (), []
        while True:
            turn = DAEMONSET.reconcile(self.memory, View(cache, self.now, answers), AGENT)
            made += [call.request for call in turn.requests]
            answers += tuple(self.send(call.request) for call in turn.requests)
            if not turn.more:
                break
        self.memory, self.turn = turn.memory, turn
        return made

    def calm(self):
        """Sync until nothing more is written."""
        while self.sync():
            pass

    @property
    def agent(self):
        return self.store.get(AGENT)

    @property
    def pods(self):
        return self.store.list("Pod", "default")

    @property
    def revisions(self):
        return sorted(self.store.list("ControllerRevision", "default"), key=lambda one: one.revision)

    @property
    def on(self):
        """The nodes that pods are on or meant for."""
        return sorted(target_node(pod) for pod in self.pods)


@pytest.fixture
def cluster():
    return Cluster()


def shown(requests):
    """Return verb, kind and subresource of each request."""
    return [f"{one.verb.value} {one.key.kind} {one.subresource}".strip() for one in requests]


def refusing(status, verb, kind):
    """Return a refusal of all such requests."""
    return lambda request: status if (request.verb, request.key.kind) == (verb, kind) else None


QUOTA = Status(code=403, reason="Forbidden", message="pods are forbidden: exceeded quota")
ENDING = Status(code=403, reason="Forbidden", message="ends", causes=(Cause(reason="NamespaceTerminating"),))


def test_each_node_gets_a_pod_that_is_meant_for_it(cluster):
    """Bound by affinity to its node, with the tolerations and the hash of its revision, and owned."""
    cluster.nodes("n1", "n2")
    cluster.daemon_set()

    made = cluster.sync()

    assert shown(made) == ["create ControllerRevision", "create Pod", "create Pod", "update DaemonSet status"]
    assert cluster.on == ["n1", "n2"]
    pod = cluster.pods[0]
    assert pod.metadata.name.startswith("agent-")
    assert pod.metadata.controller.uid == cluster.agent.metadata.uid
    (revision,) = cluster.revisions
    assert pod.metadata.labels == FrozenMap(
        {**LABELS, REVISION_LABEL: revision.metadata.labels[REVISION_LABEL], "pod-template-generation": "1"}
    )
    tolerated = [(one.key.removeprefix("node.kubernetes.io/"), one.effect) for one in pod.spec.tolerations]
    assert tolerated == [
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    ]
    assert [note.name for note in cluster.turn.notes] == ["daemonset.SuccessfulCreate"] * 2


def test_a_controller_acts_on_its_own_result_only_by_its_status(cluster):
    """The second sync counts the new pods, the third has nothing to do and remembers nothing."""
    cluster.nodes("n1")
    cluster.daemon_set()
    cluster.sync()

    assert shown(cluster.sync()) == ["update DaemonSet status"]
    assert cluster.agent.status.current_number_scheduled == cluster.agent.status.updated_number_scheduled == 1
    assert cluster.sync() == []
    assert cluster.memory is None


def test_a_late_cache_makes_no_second_pod(cluster):
    """A cache that has not heard of the first sync is not judged."""
    cluster.nodes("n1")
    cluster.daemon_set()
    cluster.seen = cluster.store

    cluster.sync()

    assert cluster.sync() == []
    assert len(cluster.pods) == 1


def test_a_sync_creates_so_many_pods_at_most(cluster):
    """The rest comes with the next one."""
    cluster.nodes(*(f"n{at}" for at in range(251)))
    cluster.daemon_set()

    assert shown(cluster.sync()).count("create Pod") == 250
    assert shown(cluster.sync()).count("create Pod") == 1


def test_a_refused_creation_ends_the_batches_and_is_tried_again_later(cluster):
    """The status is written all the same, and each failure doubles the delay."""
    cluster.nodes("n1", "n2", "n3")
    cluster.daemon_set()
    cluster.refuse = refusing(QUOTA, Verb.CREATE, "Pod")

    made = cluster.sync()

    assert shown(made).count("create Pod") == 1
    assert cluster.agent.status.desired_number_scheduled == 3
    assert cluster.turn.wake_at == START + 5
    assert cluster.turn.notes[-1].name == "daemonset.FailedCreate"
    cluster.sync()
    assert cluster.turn.wake_at == START + 10


def test_creations_in_a_namespace_that_ends_are_no_error_and_not_repeated(cluster):
    """They are awaited in vain, for five minutes."""
    cluster.nodes("n1")
    cluster.daemon_set()
    cluster.refuse = refusing(ENDING, Verb.CREATE, "Pod")

    cluster.sync()

    assert cluster.memory.failures == 0
    assert "create Pod" not in shown(cluster.sync())
    cluster.now += TIMEOUT + 1
    assert "create Pod" in shown(cluster.sync())


def test_of_several_pods_on_a_node_the_oldest_stays(cluster):
    """The one that somebody else made, and the controller adopts, is the younger."""
    cluster.nodes("n1")
    cluster.daemon_set()
    cluster.calm()
    first = cluster.pods[0]
    cluster.bind_all()
    cluster.now += 1000
    pod = {"spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "i"}]}}
    cluster.create("Pod", "extra", pod, labels=LABELS)

    cluster.sync()
    cluster.calm()

    alive = [one for one in cluster.pods if one.metadata.deletion_timestamp is None]
    assert [one.metadata.name for one in alive] == [first.metadata.name]


def test_failed_pods_are_replaced_less_and_less_often(cluster):
    """At once, and after that when the node has waited, twice as long each time."""
    cluster.nodes("n1")
    cluster.daemon_set()
    cluster.calm()
    for delay in (0, 1_000, 2_000, 4_000):
        cluster.phase(cluster.pods[0], "Failed")
        if delay:
            assert "delete Pod" not in shown(cluster.sync())
            assert cluster.turn.wake_at == cluster.now + delay
            cluster.now += delay
        assert "delete Pod" in shown(cluster.sync())
        assert "daemonset.FailedDaemonPod" in [note.name for note in cluster.turn.notes]
        cluster.calm()
        assert [pod.status.phase for pod in cluster.pods] == ["Pending"]


def test_pods_that_ended_are_replaced_at_once(cluster):
    """However often."""
    cluster.nodes("n1")
    cluster.daemon_set()
    cluster.calm()
    for _ in range(3):
        cluster.phase(cluster.pods[0], "Succeeded")
        assert "delete Pod" in shown(cluster.sync())
        cluster.calm()


def test_a_pod_that_waits_for_a_node_that_is_gone_is_deleted(cluster):
    """Nobody else would; one that is on the node is left to the pod garbage collector."""
    cluster.nodes("n1", "n2")
    cluster.daemon_set()
    cluster.calm()
    cluster.store = cluster.store.remove(ObjectKey("Node", "", "n1"))

    assert "delete Pod" in shown(cluster.sync())
    assert cluster.on == ["n2"]


def test_a_template_change_makes_a_revision_and_replaces_one_node_after_the_other(cluster):
    """MaxUnavailable is 1, so the next waits until the new pod is available."""
    cluster.nodes("n1", "n2")
    cluster.daemon_set()
    cluster.calm()
    cluster.bind_all()
    cluster.template("i:v2")

    for left in (1, 0):
        cluster.calm()
        cluster.store = _swept(cluster.store)
        cluster.calm()
        assert [pod.spec.containers[0].image for pod in cluster.pods].count("i:v1") == left
        assert len(cluster.pods) == 2
        cluster.bind_all()
    cluster.calm()

    assert [one.revision for one in cluster.revisions] == [1, 2]
    status = cluster.agent.status
    assert (status.updated_number_scheduled, status.number_available, status.number_unavailable) == (2, 2, 0)


def _swept(store):
    """Return the store after kubelets have let deleted pods go."""
    for pod in store.list("Pod", "default"):
        if pod.metadata.deletion_timestamp is not None:
            store = store.remove(key_of(pod))
    return store


def test_on_delete_replaces_only_what_somebody_deletes(cluster):
    """The revision is there, and no pod of it."""
    cluster.nodes("n1", "n2")
    cluster.daemon_set(updateStrategy={"type": "OnDelete"})
    cluster.calm()
    cluster.bind_all()
    cluster.calm()
    cluster.template("i:v2")
    cluster.calm()
    assert {pod.spec.containers[0].image for pod in cluster.pods} == {"i:v1"}
    assert len(cluster.revisions) == 2

    cluster.store = cluster.store.remove(key_of(cluster.pods[0]))
    cluster.calm()

    assert sorted(pod.spec.containers[0].image for pod in cluster.pods) == ["i:v1", "i:v2"]


def test_going_back_to_an_old_template_brings_its_revision_to_the_top(cluster):
    """No new one is made for a template that there was."""
    cluster.daemon_set()
    for image in ("i:v2", "i:v1"):
        cluster.calm()
        cluster.template(image)
    cluster.calm()

    assert [one.revision for one in cluster.revisions] == [2, 3]
    assert "i:v1" in cluster.revisions[-1].data.text


def test_old_revisions_beyond_the_limit_go_the_earliest_first(cluster):
    """Those of which there is a pod stay."""
    cluster.nodes("n1")
    cluster.daemon_set(updateStrategy={"type": "OnDelete"}, revisionHistoryLimit=1)
    cluster.calm()
    for image in ("i:v2", "i:v3", "i:v4"):
        cluster.template(image)
        cluster.calm()

    assert [one.revision for one in cluster.revisions] == [1, 4]


def test_a_name_that_another_template_has_raises_the_collision_count(cluster):
    """The next sync finds another name."""
    daemon_set = cluster.daemon_set()
    cluster.calm()
    (taken,) = cluster.revisions
    cluster.store = cluster.store.put(attrs.evolve(taken, data=Json.of({"spec": {}})))

    cluster.sync()
    assert cluster.agent.status.collision_count == 1
    assert cluster.memory.failures == 1
    cluster.calm()

    assert len(cluster.revisions) == 2
    assert cluster.agent.metadata.uid == daemon_set.metadata.uid


def test_of_revisions_alike_the_latest_stays_and_pods_get_its_hash(cluster):
    """Two of one template are one too many."""
    cluster.nodes("n1")
    cluster.daemon_set()
    cluster.calm()
    (first,) = cluster.revisions
    labels = first.metadata.labels.set(REVISION_LABEL, "other")
    metadata = attrs.evolve(first.metadata, name="agent-other", uid="other", labels=labels)
    cluster.store = cluster.store.put(attrs.evolve(first, metadata=metadata, revision=5))

    cluster.calm()

    assert [one.metadata.name for one in cluster.revisions] == ["agent-other"]
    assert [pod.metadata.labels[REVISION_LABEL] for pod in cluster.pods] == ["other"]


def test_a_daemon_set_that_is_being_deleted_or_is_gone_is_left_alone(cluster):
    """Its pods are the garbage collector's."""
    cluster.nodes("n1")
    cluster.daemon_set()
    cluster.change(cluster.agent, metadata=attrs.evolve(cluster.agent.metadata, deletion_timestamp=Time(1)))
    assert cluster.sync() == []

    cluster.store = cluster.store.remove(AGENT)
    assert cluster.sync() == []


def test_an_available_pod_is_counted_when_it_has_been_ready_long_enough(cluster):
    """The sync asks to be woken then."""
    cluster.nodes("n1")
    cluster.daemon_set(minReadySeconds=10)
    cluster.calm()
    cluster.bind_all()

    cluster.calm()
    assert (cluster.agent.status.number_ready, cluster.agent.status.number_available) == (1, 0)
    assert cluster.turn.wake_at == START + 10_000

    cluster.now += 10_000
    cluster.calm()
    assert cluster.agent.status.number_available == 1
    assert cluster.turn.wake_at is None


def _tainted(node, effect):
    return attrs.evolve(node, spec=attrs.evolve(node.spec, taints=(Taint(key="k", value="v", effect=effect),)))


@pytest.mark.parametrize(
    ("effect", "stays"),
    [
        pytest.param("NoSchedule", True, id="a pod that is there stays through NoSchedule"),
        pytest.param("NoExecute", False, id="NoExecute drives it away"),
        pytest.param("PreferNoSchedule", True, id="PreferNoSchedule changes nothing"),
    ],
)
def test_taints_decide_who_stays(cluster, effect, stays):
    """As counted in the status too."""
    cluster.nodes("n1")
    cluster.daemon_set()
    cluster.calm()
    cluster.bind_all()
    node = cluster.store.get(ObjectKey("Node", "", "n1"))
    cluster.store = cluster.store.put(_tainted(node, effect))

    cluster.calm()

    alive = [pod for pod in cluster.pods if pod.metadata.deletion_timestamp is None]
    assert len(alive) == stays
    wanted = int(effect == "PreferNoSchedule")
    status = cluster.agent.status
    assert (status.desired_number_scheduled, status.number_misscheduled) == (wanted, 1 - wanted)


def _watched(kind, old, new, store):
    change = Change(revision=1, key=key_of(new if new is not None else old), old=old, new=new)
    return [work.key for work in DAEMONSET.watches[kind](change, store)]


def test_a_node_is_news_where_something_is_to_do(cluster):
    """A new one, and one whose labels or taints change; not one that goes, or only reports."""
    cluster.nodes("n1")
    cluster.daemon_set()
    node = cluster.store.get(ObjectKey("Node", "", "n1"))
    assert _watched("Node", None, node, cluster.store) == [AGENT]
    assert _watched("Node", node, None, cluster.store) == []
    assert _watched("Node", node, attrs.evolve(node, status=attrs.evolve(node.status)), cluster.store) == []

    cluster.calm()
    cluster.bind_all()
    assert _watched("Node", node, _tainted(node, "NoSchedule"), cluster.store) == []
    assert _watched("Node", node, _tainted(node, "NoExecute"), cluster.store) == [AGENT]
    assert isinstance(cluster.agent, DaemonSet)


def test_pods_and_revisions_are_news_for_their_controller_or_for_who_may_adopt_them(cluster):
    """An orphan that is selected may be adopted; one that goes concerns nobody."""
    cluster.nodes("n1")
    cluster.daemon_set()
    cluster.calm()
    (pod,) = cluster.pods
    orphan = attrs.evolve(pod, metadata=attrs.evolve(pod.metadata, owner_references=()))
    stranger = attrs.evolve(orphan, metadata=attrs.evolve(orphan.metadata, labels=FrozenMap({"app": "x"})))

    assert _watched("Pod", None, pod, cluster.store) == [AGENT]
    assert _watched("Pod", pod, None, cluster.store) == [AGENT]
    assert _watched("Pod", pod, orphan, cluster.store) == [AGENT]
    assert _watched("Pod", None, orphan, cluster.store) == [AGENT]
    assert _watched("Pod", orphan, None, cluster.store) == []
    assert _watched("Pod", None, stranger, cluster.store) == []
    assert _watched("ControllerRevision", None, cluster.revisions[0], cluster.store) == [AGENT]
    assert _watched("DaemonSet", None, cluster.agent, cluster.store) == [AGENT]
