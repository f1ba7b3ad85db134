"""Endpoints below /users, /scores and /sessions."""
