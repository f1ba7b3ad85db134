"""Display names of ratings and classes. No database access."""

from __future__ import annotations

from imports.games.spec import Playtype

# The games' own names, which are not translated. A name that only one game uses is in its file (`rating_names`).
_RATINGS = {
    "VF6": "VOLFORCE 6",
    "VF7": "VOLFORCE",
    "ProfileVF6": "VOLFORCE 6",
    "ProfileVF7": "VOLFORCE",
    # "Naive" ratings ignore the release dates of songs; there are no others here to distinguish them from.
    "naiveRating": "Rating",
    "naiveRatingRefresh": "Rating (Re:Fresh)",
    "naiveRate": "Rating",
    "rate": "Rating",
    "naiveSkill": "Skill",
    "naiveJubility": "Naive Jubility",
    "naiveClassPoints": "Class Points",
    "classPoints": "Class Points",
    "naivePotential": "Potential",
    "curatorSkill": "Curator Skill",
    "flareSkill": "Flare Skill",
    "scoreRating": "Score Rating",
    "starRating": "Star Rating",
    "blockRating": "Block Rating",
    "highestBlock": "Highest Block",
    "fastest32": "Fastest 32nds",
}


def rating_name(rating: str, playtype: Playtype) -> str:
    """Returns a rating's display name, by default its ID with a capital: `Sieglinde`."""
    return playtype.rating_names.get(rating) or _RATINGS.get(rating) or rating[:1].upper() + rating[1:]


def class_value_name(playtype: Playtype, class_set: str, class_id: str | None) -> str:
    """Returns a class's display name: `Argento III`; the ID of a class no longer declared; "" for None."""
    group = playtype.classes.get(class_set)
    if class_id is None:
        return ""
    return group.values[group.index(class_id)].name if group and class_id in group.ids else class_id
