"""Full-text search over what sent an import: its service, and its client (the User-Agent)."""

from __future__ import annotations

import re

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import F, Func

BETWEEN_WORDS = r"[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+"
"""ASCII that is neither letter nor digit, for PostgreSQL and Python alike: `Barbatos/1.2` is three words."""


def _words(column: str, *, weight: str) -> Func:
    template = (
        f"setweight(to_tsvector('simple', regexp_replace(%(expressions)s, '{BETWEEN_WORDS}', ' ', 'g')), '{weight}')"
    )
    return Func(F(column), template=template, output_field=SearchVectorField())


SEARCHED = Func(
    _words("service", weight="A"),
    _words("client", weight="B"),
    template="(%(expressions)s)",
    arg_joiner=" || ",
    output_field=SearchVectorField(),
)
"""The words of an import, as its index holds them: those of the service weigh A, those of the client B."""


def words_of(text: str) -> list[str]:
    """The words that somebody searches for."""
    return [word for word in re.split(rf"(?:{BETWEEN_WORDS}|\s|\x00)+", text) if word]


def search_query(text: str, *, clients: bool) -> SearchQuery:
    """Every word of the text, as the beginning of a word of the service or, with `clients`, of either."""
    where = "" if clients else "A"
    return SearchQuery(" & ".join(f"'{word}':*{where}" for word in words_of(text)), config="simple", search_type="raw")
