"""The CronJob controller: Jobs made by the clock."""

from kcore.controllers.cronjob.cronjob_controllerv2 import CRONJOB

__all__ = ["CRONJOB"]
