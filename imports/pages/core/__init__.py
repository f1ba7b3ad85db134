"""Shared parts of all pages: permissions, pagination, formatting of numbers and names, middleware."""
