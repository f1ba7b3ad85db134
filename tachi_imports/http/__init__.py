"""Layers around every request: request IDs, buffering, worker slots, languages, errors."""
