"""The games of the sample: one file each, with its invented songs, their charts, and how a play of it comes about."""

from __future__ import annotations

from imports.sample.form import Sample
from imports.sample.games import arcaea, bms, chunithm, iidx, museca, pms, popn, sdvx, usc, wacca

SAMPLES: tuple[Sample, ...] = (
    iidx.SAMPLE,
    museca.SAMPLE,
    chunithm.SAMPLE,
    bms.SAMPLE,
    popn.SAMPLE,
    sdvx.SAMPLE,
    usc.SAMPLE,
    wacca.SAMPLE,
    pms.SAMPLE,
    arcaea.SAMPLE,
)
"""Every game's part, in the order that games are listed in."""
