"""The group batch: Jobs and what makes them by the clock."""
