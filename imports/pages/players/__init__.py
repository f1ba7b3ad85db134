"""A player's page of a game, the players of a game by rating, and two players compared."""
