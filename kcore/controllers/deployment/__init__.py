"""Deployments: ReplicaSets that follow one another as the template changes."""

from kcore.controllers.deployment.deployment_controller import DEPLOYMENT

__all__ = ["DEPLOYMENT"]
