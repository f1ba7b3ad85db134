"""The scores in an import's file that already belonged to other imports."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models

from imports.models.documents import Import

ID_SIZE = 32  # bytes of a packed score ID, which is a letter and a SHA-256


class CarriedScores(models.Model):
    """The IDs of an import's scores that were already stored: one row per import that has any.

    By ID, as those scores are deleted and recreated with other imports. Packed into one value: 100,000 rows of a
    separate table would take half as long to write as the import itself.
    """

    job = models.OneToOneField(Import, on_delete=models.CASCADE, primary_key=True, related_name="carried")
    score_ids = models.BinaryField()

    def __str__(self) -> str:
        return f"{len(self.score_ids) // ID_SIZE} scores carried by import {self.job_id}"


def pack_score_ids(score_ids: Iterable[str]) -> bytes:
    """Returns the distinct IDs in the format of `CarriedScores`."""
    return bytes.fromhex("".join([score_id[1:] for score_id in dict.fromkeys(score_ids)]))


def unpack_score_ids(packed: bytes | memoryview) -> set[str]:
    digits = bytes(packed).hex()
    return {f"T{digits[start : start + 2 * ID_SIZE]}" for start in range(0, len(digits), 2 * ID_SIZE)}
