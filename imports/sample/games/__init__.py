"""The games of the sample: one file each, with its invented songs, their charts, and how a play of it comes about."""

from __future__ import annotations

from imports.sample.form import Sample
from imports.sample.games import chunithm, iidx, sdvx

SAMPLES: tuple[Sample, ...] = (
    iidx.SAMPLE,
    chunithm.SAMPLE,
    sdvx.SAMPLE,
)
"""Every game's part, in the order that games are listed in."""
