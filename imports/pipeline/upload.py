"""An upload to be imported, before anything of it is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from imports.formats import kept_rows
from imports.formats.base import ParseOptions
from imports.games.spec import Game


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An uploaded file. `fields`: the other form fields; values from headers have separate members."""

    content: bytes
    import_type: str
    file_name: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    user_intent: bool = False
    infer_time_achieved: bool = False
    client: str = ""

    @property
    def holds_kept_rows(self) -> bool:
        """Whether the content is not a file of the format, but stored rows with picked charts."""
        return kept_rows.FIELD in self.fields

    def options(self, games: Sequence[Game], *, now: int) -> ParseOptions:
        """Returns the options for parsing. `now`: the time of receipt in Unix milliseconds."""
        return ParseOptions(
            games=games,
            now=now,
            infer_time_achieved=self.infer_time_achieved,
            skip_invalid=self.fields.get("invalid") == "skip",
            fields=self.fields,
            file_name=self.file_name,
        )
