"""What the tests of the pages look at: imports in every state, and a reader's browser."""

from __future__ import annotations
