"""The service accounts controller: each namespace has an account for pods that name none."""

from kcore.controllers.serviceaccount.serviceaccounts_controller import SERVICEACCOUNT

__all__ = ["SERVICEACCOUNT"]
