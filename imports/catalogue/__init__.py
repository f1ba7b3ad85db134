"""Searching songs, and the names of charts. The catalogue's tables are in `imports.models.catalogue`."""
