"""What if: what the scheduler would say of a pod now, with whom it would send away.

Models a scheduling cycle that changes nothing. A pod that has a node is asked for as if it had none and were not there.

Upstream: none; the real scheduler says why a pod has no place, and in its log how it scored the nodes.
"""

from __future__ import annotations

import attrs

from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.scheduler.cache import snapshots
from kcore.scheduler.executor import Asking, chosen, post_filter
from kcore.scheduler.explain import Explanation, explain
from kcore.scheduler.framework import Profile
from kcore.scheduler.nominations import promises_to
from kcore.scheduler.podinfo import pod_info
from kcore.scheduler.podvolumes import pod_volumes
from kcore.scheduler.preemption import Candidate
from kcore.scheduler.profile import DEFAULT_PROFILES, Profiles
from kcore.scheduler.schedule_one import schedule


@attrs.frozen(kw_only=True)
class Prospect:
    """What is said of each node, why none will do ("" where one will), and who would go where that helps.

    `candidates` are all nodes on which it would help, `preemption` the one of them that would be chosen.
    """

    explanation: Explanation
    message: str = ""
    preemption: Candidate | None = None
    candidates: tuple[Candidate, ...] = ()


def prospect(store: Store, pod: Pod, profiles: Profiles = DEFAULT_PROFILES) -> Prospect | None:
    """Return what the scheduler would say of `pod` in `store`; None if it is another scheduler's."""
    profile = profiles.of(pod)
    return None if profile is None else _prospect(store, pod, profiles, profile)


def _prospect(store: Store, pod: Pod, profiles: Profiles, profile: Profile) -> Prospect:
    without = store.remove(key_of(pod)) if store.get(key_of(pod)) is not None else store
    asking = evolve(pod, spec=evolve(pod.spec, node_name=""))
    view, snapshot = View(without, 0), snapshots(profiles)(without)
    info = pod_info(asking, snapshot.owners, pod_volumes(without, asking))
    promises = promises_to(view, snapshot, asking)
    explanation = explain(info, snapshot, profile, promises, asking.status.nominated_node_name)
    if not explanation.message:
        return Prospect(explanation=explanation)
    decision = schedule(info, snapshot, profile, promises)
    found = post_filter(Asking(view, snapshot, profile, asking, info, promises), decision.rejections)
    message = f"{explanation.message} {found.message}".rstrip()
    return Prospect(
        explanation=explanation, message=message, preemption=chosen(found), candidates=tuple(found.candidates)
    )
