"""Whole imports of Tachi, as far as games determine them: scores, bests, profiles, sessions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
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


@each_playtype
def test_scores_of_whole_imports_equal_those_of_tachi(name: str) -> None:
    """Every stored score is accepted, derived, rated and identified as in Tachi."""
    _, playtype = games_vectors.named(name)

    def found() -> Iterator[str]:
        for case, charts in _cases(name):
            for score in case["expect"]["scores"]:
                yield from _score_differences(score, charts[score["chartID"]], playtype, case["name"])

    games_vectors.assert_no_differences(found())


def _score_differences(score: Mapping[str, Any], chart: Chart, playtype: Playtype, case: str) -> Iterator[str]:
    data = score["scoreData"]
    play = Play({metric: data[metric] for metric in playtype.provided}, data["judgements"], _optional(data))
    ratings, problems = judging.judge(play, chart, playtype)
    yield from problems
    yield from games_vectors.differences(score["calculatedData"], ratings, f"{case}: ratings of {play.metrics}")
    yield from games_vectors.differences({m: data[m] for m in playtype.metrics}, play.metrics, case)
    yield from games_vectors.differences(data["enumIndexes"], judging.ladder_indexes(play.metrics, playtype), case)
    score_id = identity.score_id(score["userID"], score["chartID"], play, playtype)
    expected = games_vectors.tool().score_id(score, score["userID"], games_vectors.config()["gpts"][score_gpt(score)])
    yield from games_vectors.differences(expected, score_id, f"{case}: ID of {play.metrics}")


def score_gpt(score: Mapping[str, Any]) -> str:
    return f"{score['game']}:{score['playtype']}"


@each_playtype
def test_bests_of_whole_imports_equal_those_of_tachi(name: str) -> None:
    """A best is composed of the right scores, with the right metrics and ratings (unless it depends on a tie)."""
    _, playtype = games_vectors.named(name)

    def found() -> Iterator[str]:
        for case, charts in _cases(name):
            if case["name"] in games_vectors.unsettled().get(name, ()) or case["name"].startswith("fuzz"):
                continue
            by_chart = defaultdict(list)
            for score in case["expect"]["scores"]:
                by_chart[score["chartID"]].append(_candidate(score, playtype))
            for best in case["expect"]["pbs"]:
                chart = charts[best["chartID"]]
                composed = factories.composed_best(by_chart[best["chartID"]], chart, playtype)
                yield from games_vectors.differences(_best(best, playtype), composed, case["name"])

    games_vectors.assert_no_differences(found())


def _candidate(score: Mapping[str, Any], playtype: Playtype) -> Candidate:
    data = score["scoreData"]
    return Candidate(
        score_id=score["scoreID"],
        metrics={metric: data[metric] for metric in playtype.metrics},
        judgements=data["judgements"],
        optional=_optional(data),
        highlight=score["highlight"],
        time_achieved=score["timeAchieved"],
    )


def _best(best: Mapping[str, Any], playtype: Playtype) -> dict[str, Any]:
    data = best["scoreData"]
    return {
        "metrics": {metric: data[metric] for metric in playtype.metrics},
        "judgements": data["judgements"],
        "optional": _optional(data),
        "time": best["timeAchieved"],
        "ratings": best["calculatedData"],
        "composed": [(part["name"], part["scoreID"]) for part in best["composedFrom"]],
    }


@each_playtype
def test_profiles_of_whole_imports_equal_those_of_tachi(name: str) -> None:
    """Profile ratings and derived classes follow from the bests."""
    _, playtype = games_vectors.named(name)

    def found() -> Iterator[str]:
        for case, charts in _cases(name):
            stats = case["expect"]["gameStats"]
            if stats is None:
                continue
            bests = MemoryBests(
                [Row(best["calculatedData"], charts[best["chartID"]]) for best in case["expect"]["pbs"]]
            )
            ratings = {key: rating.compute(bests) for key, rating in playtype.profile_ratings.items()}
            yield from games_vectors.differences(stats["ratings"], ratings, case["name"])
            for class_set in playtype.classes.values():
                if class_set.derive is not None:
                    known = stats["classes"].get(class_set.name)
                    yield from games_vectors.differences(
                        known, class_set.derive(ratings), f"{case['name']}: {class_set.name}"
                    )

    games_vectors.assert_no_differences(found())


@each_playtype
def test_sessions_of_whole_imports_equal_those_of_tachi(name: str) -> None:
    _, playtype = games_vectors.named(name)

    def found() -> Iterator[str]:
        for case, _ in _cases(name):
            ratings_of = {score["scoreID"]: score["calculatedData"] for score in case["expect"]["scores"]}
            for session in case["expect"]["sessions"]:
                values = {
                    rating: [ratings_of[score_id][rating] for score_id in session["scoreIDs"]]
                    for rating in playtype.score_ratings
                }
                ratings = judging.session_ratings(values, playtype)
                yield from games_vectors.differences(session["calculatedData"], ratings, case["name"])

    games_vectors.assert_no_differences(found())


def _cases(name: str) -> Iterator[tuple[Any, dict[str, Chart]]]:
    for case in games_vectors.as_of_today("cases", name, games_vectors.of_playtype("cases", name)["cases"]):
        yield case, {chart.chart_id: chart for chart in games_vectors.charts_in(case)}


def _optional(data: Mapping[str, Any]) -> dict[str, Any]:
    return {metric: value for metric, value in data["optional"].items() if metric != "enumIndexes"}
