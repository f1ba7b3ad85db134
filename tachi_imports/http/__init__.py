"""What surrounds every request: its ID, and its body read before a worker is taken."""
