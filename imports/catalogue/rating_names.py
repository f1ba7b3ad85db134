"""What players call ratings and classes. Pure."""

from __future__ import annotations

from imports.games.spec import Playtype

# The games' own names, which are not translated.
_RATINGS = {
    "VF6": "VOLFORCE 6",
    "VF7": "VOLFORCE",
    "ProfileVF6": "VOLFORCE 6",
    "ProfileVF7": "VOLFORCE",
    # Naive ones are computed without regard to when a song was released; players compare no others here.
    "naiveRating": "Rating",
    "naiveRatingRefresh": "Rating (Re:Fresh)",
    "naiveRate": "Rate",
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


def rating_name(rating: str) -> str:
    """A rating as its players call it, else its ID with a capital: `KtLampRating`."""
    return _RATINGS.get(rating) or rating[:1].upper() + rating[1:]


def class_value_name(playtype: Playtype, class_set: str, class_id: str | None) -> str:
    """A class as its players call it: `Argento III`; the ID of one that is not declared any more; empty for none."""
    group = playtype.classes.get(class_set)
    if class_id is None:
        return ""
    return group.values[group.index(class_id)].name if group and class_id in group.ids else class_id
