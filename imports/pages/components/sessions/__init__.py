"""Sessions as rows of lists."""
