"""Full-text search over what sent an import: its service, and its client (the User-Agent)."""

from __future__ import annotations

import re

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import F, Func

BETWEEN_WORDS = r"[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+"
"""ASCII that is neither letter nor digit, for PostgreSQL and Python alike: `Barbatos/1.2` is three words."""


def _weighted_vector(column: str, *, weight: str) -> Func:
    template = (
        f"setweight(to_tsvector('simple', regexp_replace(%(expressions)s, '{BETWEEN_WORDS}', ' ', 'g')), '{weight}')"
    )
    return Func(F(column), template=template, output_field=SearchVectorField())


SEARCH_VECTOR = Func(
    _weighted_vector("service", weight="A"),
    _weighted_vector("client", weight="B"),
    template="(%(expressions)s)",
    arg_joiner=" || ",
    output_field=SearchVectorField(),
)
"""The words of an import, as its index holds them: those of the service weigh A, those of the client B."""


def words_of(text: str) -> list[str]:
    """Returns the words of a search."""
    return [word for word in re.split(rf"(?:{BETWEEN_WORDS}|\s|\x00)+", text) if word]


def search_query(text: str, *, clients: bool) -> SearchQuery:
    """Returns a query for every word of the text, as the beginning of one of the service; with `clients` of either."""
    where = "" if clients else "A"
    # Words hold no ASCII but letters and digits: nothing typed can end the quotes or act as an operator.
    return SearchQuery(" & ".join(f"'{word}':*{where}" for word in words_of(text)), config="simple", search_type="raw")
