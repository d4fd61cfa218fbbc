"""The Job controller: pods that run to completion, each counted once."""

from kcore.controllers.job.job_controller import JOB

__all__ = ["JOB"]
