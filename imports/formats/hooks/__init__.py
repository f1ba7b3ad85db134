"""The requests that games and their tools send: one module per hook, and none imports another. No database access."""
