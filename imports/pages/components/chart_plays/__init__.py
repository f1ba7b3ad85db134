"""What was played on a chart: a score with all that it holds, the player's scores over time, everybody's bests."""
