"""The first page: what this is, for guests."""
