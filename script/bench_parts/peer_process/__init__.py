"""Other ways of storing scores, in a separate process and environment (requirements-peers.txt)."""
