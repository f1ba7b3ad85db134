"""Full-text search over the service and the client (User-Agent) of imports."""

from __future__ import annotations

import re

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import F, Func

BETWEEN_WORDS = r"[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+"
"""ASCII except letters and digits, as a regex for PostgreSQL and Python: `Barbatos/1.2` is three words."""


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
"""The words of an import, as in the index: the service has weight A, the client weight B."""


def words_of(text: str) -> list[str]:
    """Returns the words of a search."""
    return [word for word in re.split(rf"(?:{BETWEEN_WORDS}|\s|\x00)+", text) if word]


def search_query(text: str, *, clients: bool) -> SearchQuery:
    """Returns a query for imports that match each word of the text at the beginning of a word.

    Only words of the service count; with `clients` also those of the client.
    """
    where = "" if clients else "A"
    # Words contain no ASCII except letters and digits: input cannot end the quotes or add operators.
    return SearchQuery(" & ".join(f"'{word}':*{where}" for word in words_of(text)), config="simple", search_type="raw")
