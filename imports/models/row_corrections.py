"""Rows that an import left out, with the chart that the player chose for them."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef

from imports.models.documents import Import, ImportProblem


class RowCorrection(models.Model):
    """A row of an import that another import adds on a chosen chart. Rows count from 0 in both files.

    It is in effect while `score_id` is set: from the completion of the other import until its revert. Meanwhile
    `orphan` stores the orphan of the row, as values of `OrphanScore`.
    """

    job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="corrections", db_index=False)
    row = models.PositiveIntegerField()
    corrected_by = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="corrected_rows")
    corrected_row = models.PositiveIntegerField()
    score_id = models.CharField(max_length=65, blank=True, default="", db_default="")
    orphan = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("job", "row"), name="a_row_is_corrected_once"),)

    def __str__(self) -> str:
        return f"row {self.row} of import {self.job_id}"


def is_corrected() -> Exists:
    """Returns a condition on `ImportProblem`: its row was imported on a chart that the player chose."""
    in_effect = RowCorrection.objects.exclude(score_id="")
    return Exists(in_effect.filter(job=OuterRef("job"), row=OuterRef("row")))


def open_problems() -> models.QuerySet[ImportProblem]:
    """Returns the problems whose rows are still left out."""
    return ImportProblem.objects.exclude(is_corrected())
