"""Prints the servers that this installation embeds: `python -m tachi_imports.embedded`."""

from __future__ import annotations

from tachi_imports.embedded import services

if __name__ == "__main__":
    print(*services.to_embed())
