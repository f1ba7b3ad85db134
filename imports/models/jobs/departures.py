"""Pending deletions that players requested, and the rows hidden until then."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from imports.models.accounts import User

EVERYTHING = ""
"""The game of a departure of the whole account."""


class Departure(models.Model):
    """A player's game, or the whole account: hidden, and deleted at `due_at` unless restored.

    `counts`: hidden rows by kind. `was_active`: whether the account was active before.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="departures", db_index=False)
    game = models.CharField(max_length=16, blank=True, default=EVERYTHING)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    counts = models.JSONField(default=dict, blank=True)
    was_active = models.BooleanField(default=True)
    requested_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "game"), name="one_departure_a_game"),)

    def __str__(self) -> str:
        return f"user {self.user_id} leaves {self.game or 'for good'}"


class HiddenRow(models.Model):
    """A hidden row of another table: its columns as JSON, and apart from them bytes that would double in size as JSON.

    No list, leaderboard, search or count reads this table.
    """

    # `hidden_row_by_table` begins with this column.
    departure = models.ForeignKey(Departure, on_delete=models.CASCADE, related_name="rows", db_index=False)
    table = models.CharField(max_length=40)
    row = models.JSONField()
    content = models.BinaryField(null=True)

    class Meta:
        indexes = (models.Index(fields=("departure", "table", "id"), name="hidden_row_by_table"),)

    def __str__(self) -> str:
        return f"{self.table} of departure {self.departure_id}"
