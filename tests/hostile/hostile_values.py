"""Values that a malicious or faulty client may put anywhere in a document."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

TIMES = (0, -1, 1, 999_999_999_999, 1_000_000_000_001, 1e308, 1_700_000_000_000.5)
VALUES: tuple[Any, ...] = (
    *(None, True, False, [], {}, [[]], [None], "", " ", "0", "-0", "1e3", "NaN", "null", "__proto__", "constructor"),
    *(0, -0.0, -1, 0.1, 1e-320, 2**31, 2**53, 2**53 + 1, 2**63, -(2**63), 2**64, 1e308, -1e308),
    *(
        "\0",
        "a\0b",
        "\ud800",
        "\udc00\ud800",
        "😀" * 200,
        "é" * 241,
        "x" * 5_001,
        "\u202e",
        "\ufeff",
        "../../etc/passwd",
    ),
    *TIMES,
    {"\0": 1},
    {"\ud800": None},
    [1e308] * 50,
    [0] * 1_001,
)
RESERVED_WORDS = ("1e400", "-1e400", "9" * 5_000, "-" + "9" * 5_000, "1e-400", "0." + "1" * 5_000, "0e999999999", "-0")
"""Literals that Python's JSON encoder cannot write."""

MARK = "⌘"
"""The placeholder of a literal in a document."""


def deep(levels: int) -> Any:
    """Returns nested lists of this depth."""
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


def spoilt(document: Any, chance: Random) -> bytes:
    """Returns the document's JSON with one value replaced by a hostile one, added, or removed."""
    whole = [copy.deepcopy(document)]
    holder, key = chance.choice(list(_places(whole)))
    operation = chance.randrange(6)
    if operation == 0 and holder is not whole:
        del holder[key]
    elif operation == 1 and isinstance(holder, dict):
        holder[chance.choice(("x", "\0", "__proto__", "constructor", "1", "é" * 99))] = chance.choice(VALUES)
    elif operation == 2:
        holder[key] = MARK
    elif operation == 3:
        holder[key] = deep(chance.choice((31, 33, 200)))
    else:
        holder[key] = chance.choice(VALUES)
    written = json.dumps(whole[0], ensure_ascii=chance.random() < 0.7)
    literal = chance.choice(RESERVED_WORDS)
    return written.replace(json.dumps(MARK), literal).replace(f'"{MARK}"', literal).encode("utf-8", "surrogatepass")


def _places(value: Any) -> Any:
    """Yields every container with each of its keys or indexes."""
    stack = [value]
    while stack:
        holder = stack.pop()
        for key, inner in holder.items() if isinstance(holder, dict) else enumerate(holder):
            yield holder, key
            if isinstance(inner, dict | list):
                stack.append(inner)
