"""The peers' tables: copies of the tables of scores and bests, created by `peers.create_tables`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models


def reference(to: str) -> Any:
    """Returns a foreign key like those of the product, without its own index."""
    return models.ForeignKey(to, models.DO_NOTHING, related_name="+", db_index=False)


class Score(models.Model):
    objects: ClassVar[models.Manager[Score]] = models.Manager()

    score_id = models.CharField(max_length=65)
    user = reference("imports.User")
    chart = reference("imports.Chart")
    from_import = reference("imports.Import")
    game = models.CharField(max_length=16)
    playtype = models.CharField(max_length=16)
    service = models.CharField(max_length=80)
    import_type = models.CharField(max_length=40)
    comment = models.TextField(null=True, blank=True)  # noqa: DJ001 - as in the product
    highlight = models.BooleanField(default=False)
    time_achieved = models.FloatField(null=True, blank=True)
    time_added = models.DateTimeField()
    score_data = models.JSONField()
    score_meta = models.JSONField(blank=True)
    calculated_data = models.JSONField()
    best_keys = ArrayField(models.FloatField(null=True, blank=True))

    class Meta:
        app_label = "peer_process"
        managed = False
        db_table = "score"
        constraints = (models.UniqueConstraint(fields=("score_id",), name="peer_score_ids_are_unique"),)

    def __str__(self) -> str:
        return self.score_id


class Best(models.Model):
    objects: ClassVar[models.Manager[Best]] = models.Manager()

    user = reference("imports.User")
    chart = reference("imports.Chart")
    game = models.CharField(max_length=16)
    playtype = models.CharField(max_length=16)
    is_primary = models.BooleanField()
    score_id = models.CharField(max_length=65)
    highlight = models.BooleanField(default=False)
    time_achieved = models.FloatField(null=True, blank=True)
    score_data = models.JSONField()
    calculated_data = models.JSONField()
    composed_from = models.JSONField()
    rank_keys = ArrayField(models.FloatField())

    class Meta:
        app_label = "peer_process"
        managed = False
        db_table = "best"
        constraints = (models.UniqueConstraint(fields=("user", "chart"), name="peer_one_best_a_player_and_chart"),)

    def __str__(self) -> str:
        return self.score_id
