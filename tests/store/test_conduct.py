"""Models whose moves are not their own: no rank, no rating, no test, and a plain sentence."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from gamegrid.records.failure_advice import ADVICE, WORDS
from gamegrid.records.record_types import EpisodeRecord, Failure
from gamegrid.report.figures.failures_figure import KINDS
from gamegrid.store import control_verdict, headline
from gamegrid.store.conduct_statements import Statement, read_conduct, statements
from gamegrid.store.tables import leaderboard_text, write_tables
from store_samples import AGENTS, GAMES, agent, call, database, decision, episode, query

MODEL = agent("m", type="llm", backend="hf", model="hf_tiny")
PLAYERS = (*AGENTS[:3], MODEL)


def played(
    own: int, of: int, game: str = "tic_tac_toe", deals: int = 6, failure: str = "truncated"
) -> list[EpisodeRecord]:
    """Let a, b, c and the model m meet in pairs: ``own`` of ``of`` moves of each deal of m are own.

    m wins every deal, so that only the gate keeps it from the first rank.
    """
    found = []
    for one, two in ("ab", "ac", "bc", "am", "bm", "cm"):
        for deal in range(deals):
            for seating, seated in enumerate((one + two, two + one)):
                scores = [1.0 if name == max(seated) else 0.0 for name in seated]
                if "m" not in seated:
                    scores = [0.5, 0.5] if deal % 2 else [1.0, 0.0]
                seat = seated.find("m")
                statuses = ["ok" if at < own else "fallback" for at in range(of)]
                moves = [decision("m", ply, seat, said) for ply, said in enumerate(statuses)]
                calls = [
                    call(ply, seat, None if said == "ok" else failure)
                    for ply, said in enumerate(statuses)
                ]
                found.append(
                    episode(
                        game, seated, deal, seating, scores=scores,
                        decisions=moves if seat >= 0 else (), calls=calls if seat >= 0 else (),
                    )
                )  # fmt: skip
    return found


def said_of(path: Path) -> list[Statement]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return statements(read_conduct(connection))


def built(folder: Path, episodes: Sequence[EpisodeRecord]) -> Path:
    return database(folder, episodes, PLAYERS, GAMES)


@pytest.mark.parametrize(
    ("own", "standing"), [(0, "provisional"), (4, "provisional"), (5, "mixed"), (9, "own")]
)
def test_the_share_of_own_moves_decides(tmp_path: Path, own: int, standing: str) -> None:
    path = built(tmp_path, played(own, 10, deals=2))
    found = query(path, "SELECT agent, game, standing, own_moves, moves FROM own_moves")
    moves = 3 * 2 * 2 * 10
    assert found == [
        ("m", None, standing, own * moves // 10, moves),
        ("m", "tic_tac_toe", standing, own * moves // 10, moves),
    ]
    [(rank, rating)] = query(path, "SELECT rank, rating FROM leaderboard WHERE agent = 'm'")
    assert ((rank, rating) == (None, None)) == (standing == "provisional")


@pytest.mark.parametrize("failure", Failure)
def test_every_kind_of_failure_has_a_column_a_panel_and_advice(
    tmp_path: Path, failure: Failure
) -> None:
    path = built(tmp_path, played(0, 2, deals=1, failure=failure))
    counts = query(path, f"SELECT {', '.join(KINDS)} FROM failures WHERE agent = 'm'")
    assert dict(zip(KINDS, counts[0], strict=True)) == {
        kind: 12 if kind == failure else 0 for kind in KINDS
    }
    [said] = said_of(path)
    assert f"12 of 12 replies {WORDS[failure]}. " in said.text
    assert said.text.endswith(ADVICE[failure])


def test_a_provisional_model_is_in_no_ranking_and_no_test(tmp_path: Path) -> None:
    path = built(tmp_path, played(0, 2))
    assert query(path, "SELECT agent, rating_reason, provisional FROM leaderboard LIMIT 4")[3] == (
        "m",
        "provisional",
        "fewer than half of its moves are its own",
    )
    assert query(
        path, "SELECT rank, rank_low, rank_high, rank_reason, score FROM per_game WHERE agent = 'm'"
    ) == [(None, None, None, "fewer than half of its moves are its own", 1.0)]
    assert query(path, "SELECT DISTINCT ranked_among FROM per_game WHERE agent <> 'm'") == [(3,)]
    assert query(path, "SELECT DISTINCT ranked_among FROM leaderboard WHERE agent <> 'm'") == [(3,)]
    assert query(path, "SELECT count(*) FROM rating_differences WHERE 'm' IN (agent, rival)") == [
        (0,)
    ]
    tested = "SELECT DISTINCT m, verdict IS NULL, reason FROM paired WHERE ('m' IN (agent, rival))"
    assert query(path, tested) == [(3, True, "provisional")]
    assert query(path, "SELECT count(*) FROM further_deals WHERE 'm' IN (agent, rival)") == [(0,)]
    assert query(path, "SELECT count(*) FROM between_games WHERE agent = 'm'") == [(0,)]
    marked = "SELECT DISTINCT provisional_agents FROM head_to_head WHERE 'm' IN (agent, opponent)"
    assert query(path, marked) == [("m",)]


def test_other_agents_stand_as_without_the_model(tmp_path: Path) -> None:
    """Ratings, ranks and tests of the others do not depend on what a random player did."""
    episodes = played(0, 2)
    others = [each for each in episodes if "m" not in {seat.agent for seat in each.seats}]
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    both = built(tmp_path / "with", episodes), built(tmp_path / "without", others)
    for sql in (
        "SELECT agent, rating, rating_low, rating_high, rank, rank_low, rank_high, tied_group "
        "FROM leaderboard WHERE agent <> 'm'",
        "SELECT agent, rival, difference, p_adjusted, verdict FROM rating_differences",
        "SELECT m FROM paired WHERE agent = 'a' AND rival = 'b'",
    ):
        with_model, without = (query(path, sql) for path in both)
        assert with_model == without


def test_one_failed_game_of_two_withholds_only_its_own_rank(tmp_path: Path) -> None:
    """Over both games the share is 1/2, which is enough."""
    path = built(tmp_path, played(2, 2, "tic_tac_toe") + played(0, 2, "hex_4"))
    ranks = dict(query(path, "SELECT game, rank FROM per_game WHERE agent = 'm'"))
    assert ranks == {"tic_tac_toe": 1, "hex_4": None}
    assert query(path, "SELECT rank, provisional FROM leaderboard WHERE agent = 'm'") == [(1, None)]
    [said] = [each for each in said_of(path) if each.bad]
    assert said.text.startswith("m in hex_4: 0 of 72 moves are its own; 72 of 72 replies trunc")


def test_errors_of_a_provider_make_results_provisional(tmp_path: Path) -> None:
    episodes = [
        each
        if deal < 4 or "m" not in {seat.agent for seat in each.seats}
        else episode(each.game, "".join(s.agent for s in each.seats), deal, each.seating,
                     status="error")
        for each in played(2, 2, deals=10)
        for deal in [each.deal]
    ]  # fmt: skip
    path = built(tmp_path, episodes)
    [(reason, rank)] = query(path, "SELECT provisional, rank FROM leaderboard WHERE agent = 'm'")
    assert (reason, rank) == ("fewer than half of its episodes could be finished", None)
    [said] = said_of(path)
    assert said.bad
    assert said.text.startswith("m: 24 of 60 episodes finished")


def test_bots_are_never_provisional(tmp_path: Path) -> None:
    """A bot has no replies to fail, and an opponent that errs is not its fault."""
    bots = [agent(name) for name in "abcm"]
    path = database(tmp_path, played(0, 2), bots, GAMES)
    assert query(path, "FROM own_moves") == []
    assert said_of(path) == []


def test_what_is_said_comes_first_and_is_never_green(tmp_path: Path) -> None:
    path = built(tmp_path, played(0, 2))
    [said] = said_of(path)
    assert said.text == (
        "m: 0 of 72 moves are its own; 72 of 72 replies truncated. Its results are provisional: no "
        "rank. Raise max_tokens of the agent, or let the model think less."
    )
    with duckdb.connect(str(path), read_only=True) as connection:
        first, second, *_ = headline.stored(connection)
    assert (first.sentence, first.severity) == (said.text, headline.Severity.BAD)
    assert "m" not in second.sentence.split()
    assert "Provisional, no rank: m" in leaderboard_text(path)
    write_tables(path, tmp_path / "tables")
    readme = (tmp_path / "tables/README.md").read_text("utf-8")
    assert readme.index(said.text) < readme.index("## leaderboard")
    verdict = control_verdict.read(path)
    assert verdict.provisional == ("m",)
    assert not verdict.green
    assert "all" not in control_verdict.ControlVerdict(3, (), ("m",)).text.split()


def test_a_model_with_some_failures_is_ranked_with_a_warning(tmp_path: Path) -> None:
    path = built(tmp_path, played(1, 2, failure="illegal"))
    [said] = said_of(path)
    assert not said.bad
    assert said.text.startswith("m: 36 of 72 moves are its own; 36 of 72 replies with an illegal")
    assert control_verdict.read(path).provisional == ()


def test_many_games_are_counted_not_listed(tmp_path: Path) -> None:
    path = built(
        tmp_path,
        [each for name in ("tic_tac_toe", "hex_4", "hex_5") for each in played(0, 2, name, 1)],
    )
    with_all = said_of(path)
    assert [each.text.split(":")[0] for each in with_all] == ["m"]
    assert statements([]) == []
