"""How many workers are killed: TACHI_FAULT_ROUNDS, a dozen unless it says otherwise."""

from __future__ import annotations

import os

ROUNDS = int(os.environ.get("TACHI_FAULT_ROUNDS", "12"))
