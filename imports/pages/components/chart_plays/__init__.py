"""Scores on a chart: a score with all metrics, the player's scores over time, the leaderboard."""
