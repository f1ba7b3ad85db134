"""Endpoints for signing in and out, and for API tokens."""
