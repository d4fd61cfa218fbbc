"""Images: whether a machine gets the image of a container, by its pull policy.

Models a registry that answers or does not, for all images alike. An image that is on the machine is used without asking
unless the policy is Always, which has to ask.

Not modelled: pull secrets, several registries, how long a pull takes for its size, and images that are removed for want
of room.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/images/image_manager.go
"""

from __future__ import annotations

from kcore.world.configuration import NEVER_PULL, PULL_ERROR, Failure

ALWAYS = "Always"
NEVER = "Never"


def pull_failure(image: str, policy: str, *, present: bool, registry_up: bool) -> Failure | None:
    """Return why the image can't be had, None if it can."""
    if policy == NEVER:
        missing = f'Container image "{image}" is not present with pull policy of Never'
        return None if present else Failure(NEVER_PULL, missing)
    if registry_up or (present and policy != ALWAYS):
        return None
    return Failure(PULL_ERROR, f'failed to pull image "{image}": the registry does not answer')
