"""Sessions as the pages of players list them."""
