"""The list of imports: its rows, the runs that imports of single scores are folded into, and its filters."""
