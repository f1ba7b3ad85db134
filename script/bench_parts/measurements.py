"""The measurements of `script/bench`, in order."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from script.bench_parts import (
    bulk,
    catalogue,
    costs,
    crowd,
    derivation,
    exports,
    growth,
    hooks,
    large_players,
    many_players,
    partitions,
    peers,
    polls,
    reading,
    small,
    streams,
)
from script.bench_parts.client import Client
from script.bench_parts.figures import Report
from script.bench_parts.installation import Installation
from script.bench_parts.options import Size

COPIED_SCORES = 1_000  # of the player that is copied for --reads with --large
LARGE_PLAYER = 1_000_000  # scores of one player, and no more than a fifth of --large
MANY_IMPORTS = 10_000  # of one player


class Measurements:
    """Measures one installation; each part adds its figures to the report."""

    def __init__(self, made: Installation, report: Report, size: Size) -> None:
        print_status("Loading an invented catalogue ...")
        self.made, self.report, self.size = made, report, size
        self.charts = catalogue.write_seeds(made.folder / "seeds")
        made.manage("load_seeds", str(made.folder / "seeds"))
        self.clients = self._players(players_needed(size))

    def _players(self, count: int) -> Iterator[Client]:
        """Yields clients with the tokens of new players."""
        output = self.made.manage("create_token", "--create-users", *(f"bench_{number}" for number in range(count)))
        for line in output.splitlines():
            yield Client(self.made.port, line.split()[2])

    def scores(self, count: int, *, seed: str, gpt: str = "sdvx:Single", days_later: int = 0) -> bytes:
        """Returns a document of scores on charts of the catalogue."""
        game = gpt.partition(":")[0]
        return catalogue.scores(gpt, self.charts[game], count, seed=seed, days_later=days_later)

    def imported(self, client: Client, document: bytes) -> str:
        """Returns the ID of the completed import of a document."""
        import_id = client.upload(document)
        bulk.wait_for(self.made.database, import_id)
        return import_id

    def run(self) -> None:
        """Runs the requested measurements."""
        size = self.size
        self.warm_up()
        if size.peer_sizes:
            self.measure_peers()
        if size.only in ("", "exports"):
            self.measure_exports()
        if size.only in ("", "hooks"):
            self.measure_hooks()
            self.measure_table()
        if size.only in ("polls", "streams"):
            import_id = small.send_one(self.made, next(self.clients), self.scores(1, seed="polled"))
            document = self.scores(size.scores, seed="beside polls")
            measure_one = self.measure_polls if size.only == "polls" else self.measure_streams
            measure_one(import_id, document)
        if size.only == "reads":
            self.measure_reads()
        if size.only == "partitions":
            self.measure_partitions()
        if size.only == "growth" or (size.others and not size.only):
            self.measure_growth()
        if not size.only:
            self.measure_all_others()

    def warm_up(self) -> None:
        """Runs every code path once on both workers."""
        print_status("Warming up ...")
        client = next(self.clients)
        for gpt in catalogue.NAMES:
            bulk.measure(self.made, client, self.scores(2_000, gpt=gpt, seed="warm-up"), count=2_000)
        small.one_by_one(self.made, client, self.scores(10, seed="warm-up"))

    def measure_all_others(self) -> None:
        """Runs the measurements of a complete run that are not parts of their own."""
        if self.size.others:
            self.measure_others()
        for gpt, rounds in (("sdvx:Single", self.size.rounds), ("chunithm:Single", 1)):
            self.measure_bulk(gpt, rounds=rounds)
        import_id = self.measure_small()
        self.measure_reading()
        self.measure_crowd()
        self.measure_growth_of_cost()
        if self.size.long_run:
            self.measure_long_run()
        document = self.scores(self.size.scores, seed="beside polls")
        self.measure_polls(import_id, document)
        self.measure_streams(import_id, document)

    def measure_peers(self) -> None:
        comparison = peers.Comparison(self.made, self.clients, self.charts["sdvx"])
        comparison.run(rounds=self.size.rounds, sizes=self.size.peer_sizes, status=print_status)
        for count in self.size.peer_sizes:
            heading = f"{peers.HEADING}: a document of {count:,} {'score' if count == 1 else 'scores'}"
            self.report.tables[heading] = peers.table_of(comparison.costs, count)
        self.report.curves += peers.curves(comparison.costs)

    def measure_exports(self) -> None:
        count = self.size.scores
        print_status(f"The export of a player with {count:,} scores ...")
        documents = [self.scores(each, seed="export") for each in (count // exports.SMALLER, count)]
        smaller, larger = (exports.measure(self.made, next(self.clients), document) for document in documents)
        heading = f"The export of a player with {count:,} scores"
        self.report.add(heading, exports.figures(smaller, larger, count=count))

    def measure_hooks(self) -> None:
        request = small.trivial_requests(next(self.clients), 200)
        for name in hooks.HOOKS:
            print_status(f"Scores of {name} ...")
            client = next(self.clients)
            hooks.one_by_one(self.made, client, name, hooks.some(name, self.charts, 10, seed="warm-up"))
            scores = hooks.some(name, self.charts, self.size.singles, seed="one by one")
            found = hooks.one_by_one(self.made, client, name, scores)
            self.report.add(f"A score of {name}, new player", hooks.figures(name, found, request))
        print_status(f"{crowd.PLAYERS} players of beatoraja ...")
        players = [next(self.clients) for _ in range(crowd.PLAYERS)]
        seconds = self.size.crowd_seconds
        passed, refused = hooks.crowd(players, self.charts, seconds=seconds)
        heading = f"{crowd.PLAYERS} players of beatoraja, a score every two seconds each, {seconds:.0f} s"
        self.report.add(heading, hooks.crowd_figures(self.made, passed, refused))

    def measure_table(self) -> None:
        print_status("Tables of e-amusement ...")
        folder = self.made.folder / "seeds"
        tables = [hooks.iidx_table(folder, seed=seed) for seed in ("warm-up", "first", "second")]
        hooks.send_table(self.made, next(self.clients), tables[0])
        first, later = [], []
        for _ in range(self.size.rounds):
            client = next(self.clients)
            first.append(hooks.send_table(self.made, client, tables[1]))
            later.append(hooks.send_table(self.made, client, tables[2]))
        heading = f"A table of e-amusement of {catalogue.SHEETS['iidx'].songs:,} songs"
        self.report.add(f"{heading}, new player", hooks.table_figures("table.new", first, aim=1.0))
        self.report.add(f"{heading}, player of another", hooks.table_figures("table.later", later, aim=1.0))

    def measure_polls(self, import_id: str, document: bytes) -> None:
        print_status("Polls ...")
        found = polls.figures(
            self.made,
            import_id,
            client=next(self.clients),
            document=document,
            rounds=self.size.poll_rounds,
            seconds=self.size.poll_seconds,
        )
        self.report.add("Polls a second", found)

    def measure_streams(self, import_id: str, document: bytes) -> None:
        print_status(f"{streams.STREAM_COUNT} open streams ...")
        seconds = self.size.poll_seconds
        found = streams.figures(self.made, import_id, client=next(self.clients), document=document, seconds=seconds)
        self.report.add(f"{streams.STREAM_COUNT} open streams of progress", found)

    def measure_reads(self) -> None:
        size = self.size
        for count in (size.read_scores, size.scores):
            print_status(f"An import of {count:,} scores ...")
            client = next(self.clients)
            import_id = self.imported(client, self.scores(count, seed="reads"))
            client.close()  # the server may have closed the idle connection
            self.made.rest()
            if count == size.read_scores:
                found = reading.figures_of_views(self.made, client, import_id)
                self.report.add(f"CPU time of the views of an import of {count:,} scores", found)
        heading = f"The document of an import of {count:,} scores"
        self.report.add(heading, reading.figures_of_document(self.made, client, import_id))
        if size.others:
            self.measure_among_players(import_id)

    def measure_among_players(self, large_import: str) -> None:
        """Measures pages of a large import's player, and of one with a thousand scores, with many copies."""
        print_status(f"Pages beside {self.size.others:,} scores of others ...")
        client, database = next(self.clients), self.made.database
        copied = self.imported(client, self.scores(COPIED_SCORES, seed="copied"))
        client.close()
        players = [many_players.of_import(database, import_id) for import_id in (copied, large_import)]
        copies = self.size.others // COPIED_SCORES
        many_players.multiply(database, players[0].key, times=copies)
        names, chart = [player.name for player in players], many_players.chart_of(database, players[0])
        found = reading.figures_among_players(self.made, client, names, chart, count=copies)
        self.report.add(f"CPU time of pages beside {self.size.others:,} scores of others", found)

    def measure_partitions(self) -> None:
        rows = self.size.others or COPIED_SCORES * 100
        import_id = self.imported(next(self.clients), self.scores(COPIED_SCORES, seed="copied"))
        player = many_players.of_import(self.made.database, import_id)
        found, plans = partitions.compare(self.made, player, rows=rows, status=print_status)
        self.report.tables[f"{rows:,} scores in one table, and in {partitions.PARTITIONS} partitions by user"] = found
        print_status(plans)

    def measure_growth(self) -> None:
        charts = self.charts["sdvx"]
        scores = min(LARGE_PLAYER, max(self.size.others // 5, self.size.scores))
        print_status(f"A player with {scores:,} scores ...")
        found = large_players.of_large_player(self.made, self.clients, charts, scores=scores, batch=self.size.scores)
        self.report.add(f"Beside {scores:,} scores of one player", found)
        count = min(MANY_IMPORTS, scores // 100)
        print_status(f"{count:,} imports of one player ...")
        found = large_players.of_many_imports(self.made, next(self.clients), charts, count=count)
        self.report.add(f"{count:,} imports of one player", found)

    def measure_others(self) -> None:
        print_status(f"Beside {self.size.others:,} scores of others ...")
        curve = growth.with_others(self.made, self.clients, self.charts["sdvx"], rows=self.size.others)
        self.report.add("An import of ten scores by a newcomer", growth.others_figures(curve))
        self.report.curves.append(curve)

    def measure_bulk(self, gpt: str, *, rounds: int) -> None:
        count = self.size.scores
        document = self.scores(count, gpt=gpt, seed="large")
        found = []
        for number in range(1, rounds + 1):
            print_status(f"{count:,} scores of {catalogue.NAMES[gpt]}, round {number} of {rounds} ...")
            found.append(bulk.measure(self.made, next(self.clients), document, count=count))
        heading = f"An import of {count:,} scores of {catalogue.NAMES[gpt]}, {len(document) / 1e6:.0f} MB of JSON"
        self.report.add(heading, bulk.figures(gpt, found))
        self.report.stages[f"Where its time goes: {catalogue.NAMES[gpt]}"] = bulk.middle_stages(found)

    def measure_small(self) -> str:
        """Returns the ID of an import of one score."""
        print_status("Imports of one score ...")
        singles = self.size.singles
        # As a hook sends it: newer than all scores of the player.
        document = self.scores(singles, seed="one by one", days_later=7)
        new_player, veteran = next(self.clients), next(self.clients)
        request = small.trivial_requests(new_player, 200)
        passed = small.one_by_one(self.made, new_player, document)
        self.report.add("An import of one score, new player", small.figures("single", passed, request, judged=True))
        passed = small.waiting_requests(next(self.clients), self.scores(singles, seed="waiting"))
        heading = "An import of one score whose request waits for it, new player"
        self.report.add(heading, small.waiting_request_figures(passed))
        self.imported(veteran, self.scores(self.size.scores, seed="large"))
        self.made.rest()
        heading = f"An import of one score, player with {self.size.scores:,} scores"
        passed = small.one_by_one(self.made, veteran, document)
        self.report.add(heading, small.figures("single.veteran", passed, request, judged=True))
        passed = small.one_by_one(self.made, veteran, self.scores(singles, seed="earlier"))
        heading += ", of an evening before the last"
        self.report.add(heading, small.figures("single.earlier", passed, request, judged=False))
        return small.send_one(self.made, next(self.clients), document)

    def measure_reading(self) -> None:
        print_status("The pages of an import ...")
        client, count = next(self.clients), self.size.page_scores
        import_id = self.imported(client, self.scores(count, seed="pages"))
        found = reading.figures(client, import_id, count=count)
        self.report.add(f"The pages of an import of {count:,} scores", found)

    def measure_crowd(self) -> None:
        print_status(f"{crowd.PLAYERS} players at once ...")
        seconds = self.size.crowd_seconds
        each = int(seconds / crowd.SCORE_INTERVAL_SECONDS) + 1
        singles = [list(small.singles(self.scores(each, seed=f"player {number}"))) for number in range(crowd.PLAYERS)]
        watch = crowd.measure(self.made, [next(self.clients) for _ in singles], singles, seconds=seconds)
        heading = f"{crowd.PLAYERS} players, a score every two seconds each, {seconds:.0f} s"
        self.report.add(heading, crowd.figures(watch))

    def measure_growth_of_cost(self) -> None:
        print_status("How cost grows ...")
        charts, most = self.charts["sdvx"], self.size.scores
        self.report.curves.append(growth.with_batch(self.made, self.clients, charts, most=most))
        steps = self.size.history_steps
        curve = growth.with_history(self.made, next(self.clients), charts, step=most // 2, steps=steps)
        self.report.curves.append(curve)

    def measure_long_run(self) -> None:
        print_status("A million scores ...")
        count, times = self.size.scores, self.size.long_run
        found = growth.long_run(self.made, self.clients, self.charts["sdvx"], count=count, times=times)
        self.report.add(f"{times} imports of {count:,} scores in a row", found)


def measure_without_installation(report: Report) -> None:
    """Adds the figures that need no server."""
    print_status("Judging invented scores of every playtype ...")
    report.add(derivation.HEADING, derivation.figures())
    print_status("Reading untrusted text ...")
    report.add(costs.HEADING, costs.figures())


def players_needed(size: Size) -> int:
    of_peers = 2 * len(size.peer_sizes) * (size.rounds + 1) + 1
    return 3 * size.rounds + size.long_run + 2 * crowd.PLAYERS + 30 + of_peers


def print_status(text: str) -> None:
    """Prints to standard error, so that standard output only has the report."""
    print(text, file=sys.stderr, flush=True)
