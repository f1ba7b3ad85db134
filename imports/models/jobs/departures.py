"""Leaving: what players asked to have deleted, and what is put away until it is."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from imports.models.accounts import User

EVERYTHING = ""
"""The game of a departure that is of the whole account."""


class Departure(models.Model):
    """A game of a player, or the whole account: hidden, and deleted at `due_at` unless they change their mind.

    `counts`: how many rows of each kind were put away. `was_active`: whether the account was in use until then.
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
    """A row of another table that is put away: its columns as JSON, and those bytes that would double in size as such.

    It is in nobody's way there: no list, leaderboard, search or count looks here.
    """

    # `hidden_row_by_table` begins with it.
    departure = models.ForeignKey(Departure, on_delete=models.CASCADE, related_name="rows", db_index=False)
    table = models.CharField(max_length=40)
    row = models.JSONField()
    content = models.BinaryField(null=True)

    class Meta:
        indexes = (models.Index(fields=("departure", "table", "id"), name="hidden_row_by_table"),)

    def __str__(self) -> str:
        return f"{self.table} of departure {self.departure_id}"
