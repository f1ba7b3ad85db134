"""The games give the same results as Tachi: formulas, IDs, classes, refusals; and the rules of 2026."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from imports.games import identity, judging
from imports.games.judging import Candidate
from imports.games.spec import Chart, Play, Playtype
from tests.games import factories
from tests.games import vectors as games_vectors
from tests.games.factories import MemoryBests, Row

pytestmark = games_vectors.needed

each_playtype = pytest.mark.parametrize("name", games_vectors.NAMES)


# --- formulas ---------------------------------------------------------------------------------------


@each_playtype
def test_formulas_give_the_values_of_the_vectors(name: str) -> None:
    """Compares derived metrics, ladder indexes and ratings of every row in calc/, under the rules of 2026."""
    _, playtype = games_vectors.named(name)
    document = games_vectors.of_playtype("calc", name)
    charts = games_vectors.charts_in(document)

    def rows() -> Iterator[str]:
        for i, row in enumerate(document["rows"]):
            if not _has_a_rating(name, row["metrics"]):
                continue
            play = Play(dict(row["metrics"]), {}, row.get("optional", {}))
            expected = games_vectors.rated_today(name, document["charts"][row["chart"]], row)
            yield from games_vectors.differences(expected, _computed(play, charts[row["chart"]], playtype), f"row {i}")

    assert len(document["rows"]) > 500
    games_vectors.assert_no_differences(rows())


def _has_a_rating(name: str, metrics: Mapping[str, Any]) -> bool:
    """Returns whether a play is possible in 2026: in arcaea ten million and PURE MEMORY go together."""
    return name != "arcaea:Touch" or (metrics["lamp"] == "PURE MEMORY") == (metrics["score"] >= 10_000_000)


of_2026 = pytest.mark.parametrize(
    "name", [name for name in games_vectors.NAMES if games_vectors.has_calc_of_2026(name)]
)


@of_2026
def test_formulas_of_2026_give_the_values_of_the_vectors(name: str) -> None:
    _, playtype = games_vectors.named(name)
    document = games_vectors.of_playtype("rules-2026/calc", name)
    charts = games_vectors.charts_in(document)

    def rows() -> Iterator[str]:
        for i, row in enumerate(document["rows"]):
            play = Play(dict(row["metrics"]), {}, row.get("optional", {}))
            yield from games_vectors.differences(
                _expected(row), _computed(play, charts[row["chart"]], playtype), f"row {i}"
            )

    games_vectors.assert_no_differences(rows())


@of_2026
def test_profiles_of_2026_give_the_values_of_the_vectors(name: str) -> None:
    _, playtype = games_vectors.named(name)

    def found() -> Iterator[str]:
        for i, profile in enumerate(games_vectors.of_playtype("rules-2026/calc", name).get("profiles", ())):
            bests = MemoryBests(
                [Row(best["calculatedData"], _chart_of_best(best, n)) for n, best in enumerate(profile["pbs"])]
            )
            ratings = {key: rating.compute(bests) for key, rating in playtype.profile_ratings.items()}
            yield from games_vectors.differences(
                profile["ratings"], {k: ratings[k] for k in profile["ratings"]}, f"{i}"
            )
            for class_set, expected in profile.get("classes", {}).items():
                derive = playtype.classes[class_set].derive
                assert derive is not None
                yield from games_vectors.differences(expected, derive(ratings), f"profile {i}: {class_set}")

    games_vectors.assert_no_differences(found())


@of_2026
def test_bests_of_2026_equal_those_of_the_vectors(name: str) -> None:
    _, playtype = games_vectors.named(name)
    document = games_vectors.of_playtype("rules-2026/calc", name)
    charts = games_vectors.charts_in(document)

    def found() -> Iterator[str]:
        for case in document.get("bests", ()):
            scores = [_brief(score, playtype) for score in case["scores"]]
            composed = factories.composed_best(scores, charts[case["chart"]], playtype)
            best = case["pb"]
            expected = {
                "metrics": {metric: best[metric] for metric in playtype.metrics},
                "judgements": {},
                "optional": best["optional"],
                "time": best["timeAchieved"],
                "ratings": best["calculatedData"],
                "composed": [(part["name"], part["id"]) for part in case["composedFrom"]],
            }
            yield from games_vectors.differences(expected, composed, case["name"])
            indexes = judging.ladder_indexes(composed["metrics"], playtype)
            yield from games_vectors.differences(best["enumIndexes"], indexes, case["name"])

    games_vectors.assert_no_differences(found())


def _chart_of_best(best: Mapping[str, Any], number: int) -> Chart:
    """Returns the chart of a best, which is primary unless the vector says otherwise."""
    return factories.chart(
        difficulty=best.get("difficulty", "ANY"),
        song={"displayVersion": best.get("displayVersion")},
        song_id=best.get("song", number),
        is_primary=best.get("isPrimary", True),
    )


def _brief(score: Mapping[str, Any], playtype: Playtype) -> Candidate:
    """Returns a score of a `bests` vector, which has no judgements."""
    return Candidate(
        score_id=score["id"],
        metrics={metric: score[metric] for metric in playtype.metrics},
        judgements={},
        optional=score["optional"],
        highlight=False,
        time_achieved=score["timeAchieved"],
    )


def _expected(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "metrics": row["metrics"] | row["derived"],
        "indexes": row["enumIndexes"],
        "ratings": row["calculatedData"],
    }


def _computed(play: Play, chart: Chart, playtype: Playtype) -> dict[str, Any]:
    judging.derive(play, chart, playtype)
    return {
        "metrics": play.metrics,
        "indexes": judging.ladder_indexes(play.metrics, playtype),
        "ratings": judging.rate(play, chart, playtype),
    }


@each_playtype
def test_derived_classes_equal_those_of_the_vectors(name: str) -> None:
    _, playtype = games_vectors.named(name)
    vectors = games_vectors.derived_classes(name)
    derived = {classes.name: classes.derive for classes in playtype.classes.values() if classes.derive}
    assert derived.keys() == vectors.keys()
    for class_set, vector in vectors.items():
        derive, rating = derived[class_set], vector["ratingAlg"]
        samples = [(None, vector["nullRating"]), *vector["samples"]]
        samples += [(threshold["from"], threshold["class"]) for threshold in vector["thresholds"]]
        games_vectors.assert_no_differences(
            f"{class_set} at {value}: expected {expected}, got {got}"
            for value, expected in samples
            if (got := derive({rating: value})) != expected
        )


def test_score_ids_equal_those_of_the_vectors() -> None:
    vectors = [
        vector for vector in games_vectors.read("scoreid.json")["scores"] if vector["gptString"] in games_vectors.NAMES
    ]
    assert vectors
    for vector in vectors:
        _, playtype = games_vectors.named(vector["gptString"])
        play = Play(vector["metrics"], {}, vector["optional"])
        assert identity.score_id(vector["userID"], vector["chartID"], play, playtype) == vector["scoreID"]


# --- refusals ---------------------------------------------------------------------------------------


@each_playtype
def test_refusals_equal_those_of_the_vectors(name: str) -> None:
    """Impossible scores have the exact messages, valid ones none, and scores that crashed Tachi a message of ours."""
    _, playtype = games_vectors.named(name)
    document = games_vectors.of_playtype("reject", name)
    charts = games_vectors.charts_in(document)
    seen = 0

    def found() -> Iterator[str]:
        nonlocal seen
        for case in games_vectors.as_of_today("reject", name, document["cases"], document):
            chart = _chart_of(case, [chart for chart in charts if chart.playtype == playtype.name])
            if chart is None or not _is_judged(case):
                continue
            seen += 1
            _, problems = judging.judge(_sent(case["batchManual"]["scores"][0], playtype), chart, playtype)
            yield from _refusal_differences(case, problems)

    games_vectors.assert_no_differences(found())
    assert seen


def _chart_of(case: Mapping[str, Any], charts: Sequence[Chart]) -> Chart | None:
    """Returns the chart of a case of one score, or None if it is ambiguous."""
    scores = (case.get("batchManual") or {}).get("scores")
    if not isinstance(scores, list) or len(scores) != 1:
        return None
    difficulty = scores[0].get("difficulty")
    fitting = [chart for chart in charts if difficulty is None or chart.difficulty == difficulty]
    return fitting[0] if len(fitting) == 1 else None


def _is_judged(case: Mapping[str, Any]) -> bool:
    """Returns whether the score reached the judging: it was stored, refused with a count of errors, or crashed."""
    if case["statusCode"] != 200:
        return False
    errors = case.get("errors") or []
    return not errors or bool(case.get("internalError")) or errors[0]["message"].startswith("Got ")


def _sent(score: Mapping[str, Any], playtype: Playtype) -> Play:
    optional = score.get("optional")
    return Play(
        {metric: score[metric] for metric in playtype.provided},
        score.get("judgements") or {},
        (optional if optional is not None else score.get("hitMeta")) or {},
    )


def _refusal_differences(case: Mapping[str, Any], problems: list[str]) -> Iterator[str]:
    if case.get("internalError") or any(error["type"] == "InternalError" for error in case.get("errors") or ()):
        if not problems:
            yield f"{case['name']}: accepted, expected any problem"
        return
    errors = case.get("errors") or []
    expected = errors[0]["message"] if errors else None
    yield from games_vectors.differences(expected, judging.message(problems) if problems else None, case["name"])
