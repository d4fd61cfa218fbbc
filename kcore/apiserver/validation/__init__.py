"""Validators shared by the strategies, one file a topic; each check is a generator of field errors on the wire form."""
