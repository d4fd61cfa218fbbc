"""The rules of what people do, in one table."""

from __future__ import annotations

from typing import Any, TypeAlias

from kcore.client.component import Components
from kcore.cluster.state import ClusterState
from kcore.machine import Rule
from kcore.users import (
    add_node,
    apply,
    autoscale,
    create_job,
    delete,
    drain,
    load,
    look_up,
    patch,
    restore,
    rollout,
    server_side_apply,
    taint,
    undo,
)
from kcore.users.act import act_rule

UserEvent: TypeAlias = (
    add_node.NodeAdded
    | apply.Apply
    | autoscale.Autoscale
    | create_job.CreateJob
    | patch.Patch
    | patch.Scale
    | patch.Label
    | patch.Cordon
    | patch.Taint
    | delete.Delete
    | delete.Evict
    | drain.Drain
    | load.LoadSet
    | look_up.NameLookedUp
    | restore.Restore
    | rollout.SetImage
    | rollout.RolloutRestart
    | rollout.RolloutPause
    | rollout.RolloutResume
    | server_side_apply.ServerSideApply
    | undo.RolloutUndo
    | taint.AddTaint
    | taint.RemoveTaint
)


def user_rules(components: Components) -> tuple[Rule[ClusterState, Any], ...]:
    """Return the rules of all acts, for a cluster whose processes are instances of `components`."""
    return (
        act_rule(apply.RULE, apply.Apply, apply.requests, components),
        act_rule(autoscale.RULE, autoscale.Autoscale, autoscale.autoscale_requests, components),
        act_rule(create_job.RULE, create_job.CreateJob, create_job.create_job_requests, components),
        act_rule(patch.PATCH_RULE, patch.Patch, patch.patch_requests, components),
        act_rule(patch.SCALE_RULE, patch.Scale, patch.scale_requests, components),
        act_rule(patch.LABEL_RULE, patch.Label, patch.label_requests, components),
        act_rule(patch.CORDON_RULE, patch.Cordon, patch.cordon_requests, components),
        act_rule(patch.TAINT_RULE, patch.Taint, patch.taint_requests, components),
        act_rule(delete.DELETE_RULE, delete.Delete, delete.delete_requests, components),
        act_rule(delete.EVICT_RULE, delete.Evict, delete.evict_requests, components),
        act_rule(rollout.IMAGE_RULE, rollout.SetImage, rollout.image_requests, components),
        act_rule(rollout.RESTART_RULE, rollout.RolloutRestart, rollout.restart_requests, components),
        act_rule(rollout.PAUSE_RULE, rollout.RolloutPause, rollout.pause_requests, components),
        act_rule(rollout.RESUME_RULE, rollout.RolloutResume, rollout.resume_requests, components),
        act_rule(
            server_side_apply.RULE,
            server_side_apply.ServerSideApply,
            server_side_apply.server_side_apply_requests,
            components,
        ),
        act_rule(undo.RULE, undo.RolloutUndo, undo.undo_requests, components),
        act_rule(taint.ADD_RULE, taint.AddTaint, taint.add_requests, components),
        act_rule(taint.REMOVE_RULE, taint.RemoveTaint, taint.remove_requests, components),
        drain.rule(components),
        add_node.rule(components),
        load.rule(),
        look_up.rule(),
        restore.rule(components),
    )
