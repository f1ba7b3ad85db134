"""Endpoints about the instance: /api/v1/status and /api/v1/config."""
