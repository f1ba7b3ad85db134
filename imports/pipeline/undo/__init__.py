"""Reverting imports: the revert itself, its preview, and what a later restore needs."""
