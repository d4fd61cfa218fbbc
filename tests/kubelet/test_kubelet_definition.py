"""A container whose image in its pod is changed is run anew, whatever it did before."""

from __future__ import annotations

import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.apiserver.request import PatchType
from kcore.cluster.target import Target
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.users.apply import Apply
from kcore.users.patch import Patch
from kcore.world.behavior import Behavior

ROOM = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
POD = ObjectKey("Pod", "default", "p")


def changed(policy):
    """The pod after the image of one of its containers was changed while it ran, and what ran of it on its machine."""
    model = build_model()
    state = boot(model, Plan(nodes=[NodeSpec(name="n1", capacity=ROOM)], behaviors=(Behavior(image="app:*"),)))
    spec = {"restartPolicy": policy, "containers": [{"name": "c", "image": "app:v1"}, {"name": "d", "image": "app:v1"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    state = settle(model, model.step(state, Apply(objects=(Json.of(pod),))).state).state
    change = Json.of({"spec": {"containers": [{"name": "c", "image": "app:v2"}]}})
    target = Target(kind="Pod", namespace="default", name="p")
    patch = Patch(target=target, patch=change, type=PatchType.STRATEGIC)
    state = settle(model, model.step(state, patch).state, quiet=60_000).state
    return state.store.get(POD), next(iter(state.world.sandboxes.values()))


@pytest.mark.parametrize(
    ("policy", "restarts", "runs"),
    [
        pytest.param("Always", 1, True, id="it is started again"),
        pytest.param("OnFailure", 1, True, id="whatever its policy"),
        pytest.param("Never", 0, False, id="which is simplified for Never"),
    ],
)
def test_a_changed_image_is_run_instead(policy, restarts, runs):
    """It stops, and comes back from the new image, once; the container beside it goes on."""
    pod, sandbox = changed(policy)
    status = {one.name: one for one in pod.status.container_statuses}

    assert (status["c"].restart_count, sandbox.container("c").has_process) == (restarts, runs)
    assert status["c"].image == sandbox.container("c").image == ("app:v2" if runs else "app:v1")
    assert (status["d"].restart_count, sandbox.container("d").image) == (0, "app:v1")
