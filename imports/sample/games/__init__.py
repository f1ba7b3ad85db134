"""The games of the sample: one file each, with invented songs, their charts, and a function that generates a play."""

from __future__ import annotations

from imports.sample.form import Sample
from imports.sample.games import (
    arcaea,
    bms,
    chunithm,
    ddr,
    gitadora,
    iidx,
    itg,
    jubeat,
    maimai,
    maimaidx,
    museca,
    ongeki,
    pms,
    popn,
    sdvx,
    usc,
    wacca,
)

SAMPLES: tuple[Sample, ...] = (
    iidx.SAMPLE,
    museca.SAMPLE,
    chunithm.SAMPLE,
    bms.SAMPLE,
    gitadora.SAMPLE,
    jubeat.SAMPLE,
    maimai.SAMPLE,
    maimaidx.SAMPLE,
    popn.SAMPLE,
    sdvx.SAMPLE,
    usc.SAMPLE,
    wacca.SAMPLE,
    pms.SAMPLE,
    itg.SAMPLE,
    arcaea.SAMPLE,
    ongeki.SAMPLE,
    ddr.SAMPLE,
)
"""Every game's sample, in display order."""
