"""One import from bytes to statistics, and back.

`run.py` is the story; each other module is one stage. Stages take ids and dataclasses, never a request, a queue or
settings, and are refreshes: running one twice changes nothing. Only `run` and `revert` open transactions.
"""
