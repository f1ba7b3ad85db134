"""The games agree with what the original really answered: formulas, IDs, bests, sessions, profiles, refusals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from imports.games import identity, judging
from imports.games.judging import Candidate
from imports.games.spec import Chart, Merge, Play, Playtype
from tests.games import golden
from tests.games.build import MemoryBests, Row

pytestmark = golden.needed

each_playtype = pytest.mark.parametrize("name", golden.NAMES)


def agree(found: Iterator[str]) -> None:
    """Fails with the first few differences."""
    first = [difference for difference, _ in zip(found, range(8), strict=False)]
    assert not first, "\n".join(first)


# --- formulas ---------------------------------------------------------------------------------------


@each_playtype
def test_formulas(name: str) -> None:
    """Derived metrics, ladder indexes and ratings of every row in calc/."""
    _, playtype = golden.named(name)
    document = golden.of_playtype("calc", name)
    charts = golden.charts_in(document)

    def rows() -> Iterator[str]:
        for i, row in enumerate(document["rows"]):
            play = Play(dict(row["metrics"]), {}, row.get("optional", {}))
            yield from golden.differences(_expected(row), _computed(play, charts[row["chart"]], playtype), f"row {i}")

    assert len(document["rows"]) > 500
    agree(rows())


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
def test_derived_classes(name: str) -> None:
    _, playtype = golden.named(name)
    vectors = golden.read("derived-classes.json").get(name, {})
    derived = {classes.name: classes.derive for classes in playtype.classes.values() if classes.derive}
    assert derived.keys() == vectors.keys()
    for class_set, vector in vectors.items():
        derive, rating = derived[class_set], vector["ratingAlg"]
        samples = [(None, vector["nullRating"]), *vector["samples"]]
        samples += [(threshold["from"], threshold["class"]) for threshold in vector["thresholds"]]
        agree(
            f"{class_set} at {value}: expected {expected}, got {got}"
            for value, expected in samples
            if (got := derive({rating: value})) != expected
        )


def test_score_ids() -> None:
    vectors = [vector for vector in golden.read("scoreid.json")["scores"] if vector["gptString"] in golden.NAMES]
    assert vectors
    for vector in vectors:
        _, playtype = golden.named(vector["gptString"])
        play = Play(vector["metrics"], {}, vector["optional"])
        assert identity.score_id(vector["userID"], vector["chartID"], play, playtype) == vector["scoreID"]


# --- whole imports, as far as games decide them -----------------------------------------------------


@each_playtype
def test_scores_of_whole_imports(name: str) -> None:
    """Every stored score is accepted, derived, rated and identified as in the original."""
    _, playtype = golden.named(name)

    def found() -> Iterator[str]:
        for case, charts in _cases(name):
            for score in case["expect"]["scores"]:
                yield from _score_differences(score, charts[score["chartID"]], playtype, case["name"])

    agree(found())


def _score_differences(score: Mapping[str, Any], chart: Chart, playtype: Playtype, case: str) -> Iterator[str]:
    data = score["scoreData"]
    play = Play({metric: data[metric] for metric in playtype.provided}, data["judgements"], _optional(data))
    ratings, problems = judging.judge(play, chart, playtype)
    yield from problems
    yield from golden.differences(score["calculatedData"], ratings, f"{case}: ratings of {play.metrics}")
    yield from golden.differences({m: data[m] for m in playtype.metrics}, play.metrics, case)
    yield from golden.differences(data["enumIndexes"], judging.ladder_indexes(play.metrics, playtype), case)
    score_id = identity.score_id(score["userID"], score["chartID"], play, playtype)
    yield from golden.differences(score["scoreID"], score_id, f"{case}: ID of {play.metrics}")


@each_playtype
def test_bests_of_whole_imports(name: str) -> None:
    """A best is composed of the right scores, with the right metrics and ratings (where no tie decides)."""
    _, playtype = golden.named(name)

    def found() -> Iterator[str]:
        for case, charts in _cases(name):
            if case["name"] in golden.unsettled().get(name, ()):
                continue
            by_chart = defaultdict(list)
            for score in case["expect"]["scores"]:
                by_chart[score["chartID"]].append(_candidate(score, playtype))
            for best in case["expect"]["pbs"]:
                chart = charts[best["chartID"]]
                composed = _composed(by_chart[best["chartID"]], chart, playtype)
                yield from golden.differences(_best(best, playtype), composed, case["name"])

    agree(found())


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


def _composed(scores: Sequence[Candidate], chart: Chart, playtype: Playtype) -> dict[str, Any]:
    primary = _chosen(scores, 0, playtype, smallest=False)
    assert primary is not None
    lenders: list[tuple[Merge, Candidate]] = []
    for place, merge in enumerate(playtype.merges, 1):
        lender = _chosen(scores, place, playtype, smallest=merge.smallest)
        if lender is not None:
            lenders.append((merge, lender))
    best = judging.compose(primary, lenders, chart, playtype)
    return {
        "metrics": best.metrics,
        "judgements": best.judgements,
        "optional": best.optional,
        "time": best.time_achieved,
        "ratings": best.ratings,
        "composed": list(best.composed_from),
    }


def _chosen(scores: Sequence[Candidate], place: int, playtype: Playtype, *, smallest: bool) -> Candidate | None:
    """The score that the pipeline's SQL would choose: largest key, then earliest, untimed first."""
    sign = 1 if smallest else -1
    keyed = [
        ((sign * key, score.time_achieved is not None, score.time_achieved or 0, score.score_id), score)
        for score in scores
        if (key := judging.best_keys(score.metrics, score.optional, playtype)[place]) is not None
    ]
    return min(keyed, key=lambda pair: pair[0])[1] if keyed else None


@each_playtype
def test_profiles_of_whole_imports(name: str) -> None:
    """Profile ratings and derived classes follow from the bests."""
    _, playtype = golden.named(name)

    def found() -> Iterator[str]:
        for case, charts in _cases(name):
            stats = case["expect"]["gameStats"]
            if stats is None:
                continue
            bests = MemoryBests(
                [Row(best["calculatedData"], charts[best["chartID"]]) for best in case["expect"]["pbs"]]
            )
            ratings = {key: rating.compute(bests) for key, rating in playtype.profile_ratings.items()}
            yield from golden.differences(stats["ratings"], ratings, case["name"])
            for class_set in playtype.classes.values():
                if class_set.derive is not None:
                    known = stats["classes"].get(class_set.name)
                    yield from golden.differences(known, class_set.derive(ratings), f"{case['name']}: {class_set.name}")

    agree(found())


@each_playtype
def test_sessions_of_whole_imports(name: str) -> None:
    _, playtype = golden.named(name)

    def found() -> Iterator[str]:
        for case, _ in _cases(name):
            ratings_of = {score["scoreID"]: score["calculatedData"] for score in case["expect"]["scores"]}
            for session in case["expect"]["sessions"]:
                values = {
                    rating: [ratings_of[score_id][rating] for score_id in session["scoreIDs"]]
                    for rating in playtype.score_ratings
                }
                ratings = judging.session_ratings(values, playtype)
                yield from golden.differences(session["calculatedData"], ratings, case["name"])

    agree(found())


def _cases(name: str) -> Iterator[tuple[Any, dict[str, Chart]]]:
    for case in golden.of_playtype("cases", name)["cases"]:
        yield case, {chart.chart_id: chart for chart in golden.charts_in(case)}


def _optional(data: Mapping[str, Any]) -> dict[str, Any]:
    return {metric: value for metric, value in data["optional"].items() if metric != "enumIndexes"}


# --- refusals ---------------------------------------------------------------------------------------


@each_playtype
def test_refusals(name: str) -> None:
    """The exact words for impossible scores, none for near misses, and words of ours where the original crashed."""
    _, playtype = golden.named(name)
    document = golden.of_playtype("reject", name)
    charts = golden.charts_in(document)
    seen = 0

    def found() -> Iterator[str]:
        nonlocal seen
        for case in document["cases"]:
            chart = _chart_of(case, [chart for chart in charts if chart.playtype == playtype.name])
            if chart is None or not _is_judged(case):
                continue
            seen += 1
            _, problems = judging.judge(_sent(case["batchManual"]["scores"][0], playtype), chart, playtype)
            yield from _refusal_differences(case, problems)

    agree(found())
    assert seen


def _chart_of(case: Mapping[str, Any], charts: Sequence[Chart]) -> Chart | None:
    """The chart of a case of one score, where there is no doubt about it."""
    scores = (case.get("batchManual") or {}).get("scores")
    if not isinstance(scores, list) or len(scores) != 1:
        return None
    difficulty = scores[0].get("difficulty")
    fitting = [chart for chart in charts if difficulty is None or chart.difficulty == difficulty]
    return fitting[0] if len(fitting) == 1 else None


def _is_judged(case: Mapping[str, Any]) -> bool:
    """Whether the score came as far as being judged: stored, refused with a count of errors, or crashed."""
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
    if case.get("internalError"):
        if not problems:
            yield f"{case['name']}: accepted, expected any problem"
        return
    errors = case.get("errors") or []
    expected = errors[0]["message"] if errors else None
    yield from golden.differences(expected, judging.message(problems) if problems else None, case["name"])
