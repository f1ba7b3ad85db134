"""Rows that background jobs work through: the state of work that takes longer than a request."""
