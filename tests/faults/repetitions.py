"""How often something is killed: TACHI_FAULT_ROUNDS, else a dozen times in CI and six locally; 200 is the full test.

TACHI_FAULT_PAUSE: for how many seconds something is gone; the full test says 60.
"""

from __future__ import annotations

import os

ROUNDS = int(os.environ.get("TACHI_FAULT_ROUNDS", "12" if os.environ.get("CI") else "6"))
PAUSE = float(os.environ.get("TACHI_FAULT_PAUSE", "3"))
