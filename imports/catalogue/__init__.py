"""The search for songs, and the display names of charts. The tables are in `imports.models.catalogue`."""
