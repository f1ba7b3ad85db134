"""Other ways of storing scores, in a process and an environment of their own (requirements-peers.txt)."""
