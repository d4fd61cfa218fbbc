"""Spec files and what is asked of a model with them: scenarios now, checks and searches later."""
