"""Permissions, rate limits and blocked clients, for API, pages, admin and commands."""
