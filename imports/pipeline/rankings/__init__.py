"""Players compared by their ratings and bests: read when a page asks, from what players have (`standings`)."""
