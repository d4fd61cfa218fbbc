"""Defaulting shared by the strategies, one file a topic; each function changes the wire form that it is given."""
