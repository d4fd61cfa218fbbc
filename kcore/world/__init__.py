"""The world: machines, sandboxes and containers as they are, whatever the API says of them."""
