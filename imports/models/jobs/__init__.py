"""Rows of background jobs: the state of work that takes longer than a request."""
