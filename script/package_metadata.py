"""The dependencies of the sdist and the wheel: those of requirements.txt, and `embedded` for the embedded servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface  # type: ignore[import-not-found]


class Requirements(MetadataHookInterface):  # type: ignore[misc]
    def update(self, metadata: dict[str, Any]) -> None:
        metadata["dependencies"] = pinned(Path(self.root, "requirements.txt"))
        metadata["optional-dependencies"] = {"embedded": pinned(Path(self.root, "requirements-embedded.txt"))}


def pinned(path: Path) -> list[str]:
    """Returns the requirements that a file names directly."""
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("-r ")]
