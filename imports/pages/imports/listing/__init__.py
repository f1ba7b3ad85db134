"""The list of imports: its rows, the runs that single scores are folded into, and what narrows it."""
