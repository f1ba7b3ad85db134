"""What the service says of itself: /api/v1/status and /api/v1/config."""
