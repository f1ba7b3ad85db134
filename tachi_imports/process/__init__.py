"""The processes of an installation: starting, supervising and stopping them."""
