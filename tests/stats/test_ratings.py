"""Ratings recover planted strengths, and say where the results do not suffice."""

from dataclasses import replace

import numpy as np
import pytest

from gamegrid.stats.davidson import COLUMNS, ELO, Davidson, Matches
from gamegrid.stats.groups import letters
from gamegrid.stats.intervals import Interval, MaybeInterval, NoInterval, Reason
from gamegrid.stats.observations import Fixed
from gamegrid.stats.ranks import Ranks
from gamegrid.stats.ratings import Anchor, Fit, differences, ladder, pairs_of_seats, rate, rate_sets
from stats_coverage import (
    Schedule,
    anchored_errors,
    both,
    everybody,
    opening_errors,
    played,
    ranking_errors,
    rating_errors,
)


def of(*rows: tuple[str, str, float], times: int = 1) -> Matches:
    """Return matches of one game from rows (first, second, score), each a separate deal."""
    names = sorted({name for row in rows for name in row[:2]})
    rows = rows * times
    zeros = np.zeros(len(rows), dtype=np.int64)
    return Matches(
        agents=tuple(names),
        game=zeros,
        family=zeros,
        first=np.array([names.index(row[0]) for row in rows]),
        second=np.array([names.index(row[1]) for row in rows]),
        score=np.array([row[2] for row in rows], dtype=np.float64),
        luck=zeros,
        deal=np.arange(len(rows)),
    )


def interval(found: MaybeInterval) -> Interval:
    assert isinstance(found, Interval), found
    return found


def points(fit: Fit) -> dict[str, float]:
    return {each.agent: each.rating for each in fit.ratings}


def test_two_agents_differ_by_their_odds() -> None:
    """a won 30 and lost 10 in each seat: 400 log10(3) = 190.8 points; no draws or first-move edge.

    The penalty, 1/33 against an information of 80 * 3/16, moves it by less than a point.
    """
    rows = [("a", "b", s) for s in (1, 1, 1, 0)] + [("b", "a", s) for s in (0, 0, 0, 1)]
    fit = rate(of(*rows, times=10))
    found = points(fit)
    assert found["a"] - found["b"] == pytest.approx(400 * np.log10(3), abs=1)
    assert found["a"] == pytest.approx(-found["b"])
    assert fit.games[0].first_mover == pytest.approx(0, abs=0.5)
    assert interval(fit.games[0].interval).covers(0)
    assert [each.group for each in fit.ratings] == ["a", "b"]


def test_the_gradient_and_the_curve_are_those_of_the_value() -> None:
    luck = np.random.default_rng(1)
    matches = played(np.array([80.0, 0, -80]), everybody(3), deals=4, luck=luck, games=2)
    model = Davidson.of(matches, anchors=np.array([0]))
    point = luck.normal(0, 0.5, model.size)
    for direction in np.eye(model.size):
        ends = [model.value(point + side * 1e-5 * direction) for side in (-1, 1)]
        assert model.gradient(point) @ direction == pytest.approx(
            (ends[1] - ends[0]) / 2e-5, abs=1e-5
        )
        slopes = [model.gradient(point + side * 1e-5 * direction) for side in (-1, 1)]
        curve = (slopes[0] - slopes[1]) / 2e-5
        assert model.hessian(point) @ direction == pytest.approx(curve, abs=1e-5)


def test_leaving_a_deal_out_in_one_step_is_nearly_refitting() -> None:
    luck = np.random.default_rng(2)
    matches = played(np.array([80.0, 0, -80]), everybody(3), deals=12, luck=luck)
    model = Davidson.of(matches)
    everything = np.eye(model.size)
    best = model.maximise(np.zeros(model.size), everything)
    steps, times = model.left_out(best, everything, matches.deal, matches.free)
    assert times.sum() == 12
    refits = []
    for deal in range(12):
        kept = matches.deal != deal
        rest = matches.where(kept)
        refits.append(Davidson.of(rest).maximise(best, everything) - best)
    one_step, refitted = ((moves[:, :3] ** 2).T for moves in (steps, np.array(refits)))
    assert one_step @ times == pytest.approx(refitted.sum(axis=1), rel=0.15)


def test_sparse_and_unbalanced_schedules_keep_the_order_where_mean_scores_do_not() -> None:
    """The third strongest meets only the two weakest and has the best mean score of all."""
    strengths = np.array([300.0, 200.0, 100.0, 0.0, -150.0, -300.0])
    pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (3, 4), (3, 5), (4, 5), (2, 4), (2, 5)]
    weak_only = [pair for pair in pairs if pair not in ((0, 2), (1, 2))]
    matches = played(strengths, weak_only, deals=20, luck=np.random.default_rng(3))
    fit = rate(matches)
    found = np.array([each.rating for each in fit.ratings])
    sums, times = np.zeros(6), np.zeros(6)
    for players, scores in ((matches.first, matches.score), (matches.second, 1 - matches.score)):
        np.add.at(sums, players, scores)
        np.add.at(times, players, 1)
    assert (sums / times).argmax() == 2
    assert np.argsort(-found).tolist() == [0, 1, 2, 3, 4, 5]
    assert interval(fit.games[0].interval).covers(60.0)


def test_intervals_cover_and_equals_are_seldom_told_apart() -> None:
    found = rating_errors(Schedule("three", (100, 0, 0), 20), samples=40, seed=4)
    assert found.ratings >= 0.95 - 3 * (0.05 * 0.95 / 120) ** 0.5
    assert found.first_mover >= 0.95 - 3 * (0.05 * 0.95 / 40) ** 0.5
    assert found.false_claims <= 0.05 + 3 * (0.05 * 0.95 / 40) ** 0.5
    assert found.without == 0


def test_shared_luck_widens() -> None:
    """Repeat every match four times in its deal: there are more matches but no more information."""
    matches = played(np.array([60.0, -60]), everybody(2), deals=15, luck=np.random.default_rng(5))
    four = replace(matches, **{name: np.tile(getattr(matches, name), 4) for name in COLUMNS})
    once, again = (interval(rate(each).ratings[0].these_games) for each in (matches, four))
    assert again.half_width == pytest.approx(once.half_width, rel=0.1)


def test_a_disguise_adds_no_deal() -> None:
    """Bots without luck replay their matches in the disguise: twice the matches, no more known."""
    plain = played(np.array([60.0, -60]), everybody(2), deals=15, luck=np.random.default_rng(5))
    twice = {name: np.tile(getattr(plain, name), 2) for name in COLUMNS}
    games = np.repeat([0, 1], len(plain.score))
    disguised = replace(plain, **{**twice, "game": games})
    once, again = (interval(rate(each).ratings[0].these_games) for each in (plain, disguised))
    assert again.half_width == pytest.approx(once.half_width, rel=0.1)
    apart = interval(rate(replace(disguised, luck=games)).ratings[0].these_games)
    assert apart.half_width < 0.8 * once.half_width


@pytest.mark.parametrize("games", [1, 2])
def test_agents_without_luck_are_rated_by_draws_of_openings(games: int) -> None:
    """Six openings decide every match; the second game, if any, is a disguise of the first."""
    found = opening_errors(deals=20, games=games, samples=60, seed=1)
    assert found >= 0.95 - 3 * (0.05 * 0.95 / 60) ** 0.5


def test_without_sampling_error_the_order_is_known_and_no_interval_is_needed() -> None:
    rows = of(("a", "b", 1), ("b", "a", 0.5), ("b", "c", 1), ("c", "b", 0.5), ("a", "c", 0.5))
    every = replace(rows, fixed=np.full(5, Fixed.EVERY_DEAL, dtype=object))
    fit = rate(every)
    assert {each.these_games for each in fit.ratings} == {NoInterval(Reason.EVERY_DEAL)}
    assert [(each.rank, each.ranks) for each in fit.ratings] == [
        (rank, Ranks(rank, rank)) for rank in (1, 2, 3)
    ]
    assert [each.group for each in fit.ratings] == ["a", "b", "c"]


def test_matches_that_luck_cannot_move_add_nothing_to_the_width() -> None:
    """The matches of a and b are known exactly; only those with c vary."""
    luck = np.random.default_rng(4)
    matches = played(np.array([50.0, 0, -50]), everybody(3), deals=30, luck=luck)
    known = (matches.first != 2) & (matches.second != 2)
    fixed = np.where(known, Fixed.EVERY_DEAL, None)
    varying, part = (rate(each).ratings for each in (matches, replace(matches, fixed=fixed)))
    for code in (0, 1):
        one, other = (interval(each[code].these_games) for each in (varying, part))
        assert other.half_width < 0.9 * one.half_width


def test_a_share_is_that_part_of_a_win_and_the_rest_of_a_loss() -> None:
    """a gets 3/4 of every match: odds of 3 to 1, whether as shares or as wins and losses."""
    shares = rate(of(("a", "b", 0.75), ("b", "a", 0.25), times=40))
    rows = [("a", "b", s) for s in (1, 1, 1, 0)] + [("b", "a", s) for s in (0, 0, 0, 1)]
    for fit in (shares, rate(of(*rows, times=10))):
        found = points(fit)
        assert found["a"] - found["b"] == pytest.approx(400 * np.log10(3), abs=2)
    # The matches do not vary, so luck can move the rating by little.
    assert interval(shares.ratings[0].these_games).half_width < 40
    assert shares.expected_score(found["a"] - found["b"]) == pytest.approx(0.75, abs=0.002)


def test_an_expected_score_is_the_mean_score_of_a_pair() -> None:
    """Draws and moving first are in it: a difference in points alone does not say it."""
    luck = np.random.default_rng(4)
    for nu, first_mover in ((0.0, 0.0), (0.5, 200.0), (18.0, 60.0)):
        matches = played(
            np.array([120.0, -120]), everybody(2), deals=400, luck=luck, nu=nu,
            first_mover=first_mover,
        )  # fmt: skip
        mean = np.where(matches.first == 0, matches.score, 1 - matches.score).mean()
        fit = rate(matches)
        found = points(fit)
        assert fit.expected_score(found["agent0"] - found["agent1"]) == pytest.approx(
            mean, abs=0.002
        )
    assert mean < 0.55  # 240 points, where nearly every match is drawn
    assert [fit.expected_score(end) for end in (-np.inf, 0.0, np.inf)] == [0, 0.5, 1]


def test_ranks_come_with_those_that_are_possible() -> None:
    strengths = np.array([300.0, 20.0, 0.0, -300.0])
    matches = played(strengths, everybody(4), deals=30, luck=np.random.default_rng(8))
    fit = rate(matches)
    assert [each.rank for each in fit.ratings][0::3] == [1, 4]
    assert [(each.ranks.low, each.ranks.high) for each in fit.ratings] == [
        (1, 1), (2, 3), (2, 3), (4, 4)
    ]  # fmt: skip
    assert [each.group for each in fit.ratings] == ["a", "b", "b", "c"]


@pytest.mark.parametrize("seed", range(4))
def test_a_differences_interval_holds_0_exactly_if_the_two_share_a_letter(seed: int) -> None:
    strengths = np.array([150.0, 40.0, 0.0, -120.0])
    matches = played(strengths, everybody(4), deals=15, luck=np.random.default_rng(seed))
    fit = rate(matches)
    groups, ratings = {each.agent: set(each.group) for each in fit.ratings}, points(fit)
    found = list(differences(matches, fit))
    assert len(found) == fit.pairs == 6
    for each in found:
        assert each.difference == pytest.approx(ratings[each.one] - ratings[each.other])
        tied = bool(groups[each.one] & groups[each.other])
        assert interval(each.interval).covers(0) == tied
        assert each.turned().turned() == each


def test_sets_that_no_match_links_share_no_letter_and_have_their_own_zero() -> None:
    three = [(x, y, s) for x, y in (("a", "b"), ("b", "c"), ("c", "a")) for s in (1, 0, 0.5)]
    sets = rate_sets(of(*three, ("x", "y", 1), ("x", "y", 0), ("y", "x", 0.5), times=4))
    assert [each.matches.agents for each in sets] == [("a", "b", "c"), ("x", "y")]
    for number, each in enumerate(sets):
        assert {one.component for one in each.fit.ratings} == {number}
        assert {one.group for one in each.fit.ratings} == {"ab"[number]}
        assert sum(one.rating for one in each.fit.ratings) == pytest.approx(0, abs=1e-6)
        assert min(one.rank for one in each.fit.ratings) == 1


def test_rankings_of_four_recover_planted_strengths_and_their_intervals_cover() -> None:
    found = ranking_errors(matches=60, samples=25, seed=2)
    assert found.ratings >= 0.95 - 3 * (0.05 * 0.95 / 100) ** 0.5
    assert found.false_claims <= 0.05 + 3 * (0.05 * 0.95 / 25) ** 0.5


def test_who_always_won_has_an_open_end_and_can_be_told_apart() -> None:
    even = [("b", "c", 1), ("c", "b", 1), ("b", "c", 0), ("c", "b", 0)]
    fit = rate(of(*even, *[("a", "b", 1), ("b", "a", 0), ("a", "c", 1)] * 2, times=5))
    best = interval(fit.ratings[0].these_games)
    assert best.high == np.inf
    assert best.low > max(fit.ratings[1].rating, fit.ratings[2].rating)
    assert interval(fit.ratings[1].these_games).covers(0)
    assert [each.group for each in fit.ratings] == ["a", "b", "b"]


@pytest.mark.parametrize("seed", [6, 9, 16, 17])
def test_every_difference_is_computed_where_one_agent_wins_nearly_always(seed: int) -> None:
    """With few deals, the spread of such an agent's estimate reaches beyond any rating."""
    luck = np.random.default_rng(seed)
    strengths = luck.normal(0, 150, 8)
    strengths[0] = luck.choice([800, 2000, 4000])
    pairs = [pair for pair in everybody(8) if pair[1] == 0 or luck.random() < 0.7]
    matches = played(strengths, pairs, deals=2, luck=luck, games=int(luck.integers(1, 5)))
    found = list(differences(matches, rate(matches)))
    assert len(found) == 28
    for each in found:
        assert interval(each.interval).covers(each.difference)


def test_games_only_won_by_moving_first_say_nothing_of_strength() -> None:
    fit = rate(of(("a", "b", 1), ("b", "a", 1), times=20))
    assert fit.games[0].first_mover > 300
    assert interval(fit.games[0].interval).high == np.inf
    assert [each.group for each in fit.ratings] == ["a", "a"]


def test_what_no_match_links_is_not_compared() -> None:
    three = [(x, y, s) for x, y in (("a", "b"), ("b", "c"), ("c", "a")) for s in (1, 0, 0.5)]
    fit = rate(of(*three, ("x", "y", 1), ("x", "y", 0), times=4))
    components = [each.component for each in fit.ratings]
    assert len(set(components[:3])) == len(set(components[3:])) == 1
    assert components[0] != components[3]
    assert fit.ratings[3].these_games == NoInterval(Reason.NOT_CONNECTED)
    assert fit.pair_p[0, 3] == 1
    assert fit.pairs == 3 + 1
    letters_of = [set(each.group) for each in fit.ratings]
    assert not (letters_of[0] | letters_of[1] | letters_of[2]) & (letters_of[3] | letters_of[4])


def test_a_ladders_ratings_stay_and_carry_their_errors() -> None:
    strengths = np.array([100.0, 0.0, -100.0])
    matches = played(strengths, everybody(3), deals=20, luck=np.random.default_rng(6))
    sure = rate(matches, {"agent2": Anchor(1000.0)})
    unsure = rate(matches, {"agent2": Anchor(1000.0, se=80.0)})
    assert points(sure)["agent2"] == pytest.approx(1000)
    assert sure.ratings[2].these_games == NoInterval(Reason.ANCHORED)
    # One anchor shifts everything: its variance adds to that of every other rating.
    for known, carried in zip(sure.ratings[:2], unsure.ratings[:2], strict=True):
        one, other = interval(known.these_games), interval(carried.these_games)
        assert carried.rating == pytest.approx(known.rating)
        centre = known.rating
        assert other.high - centre == pytest.approx(
            np.hypot(one.high - centre, 1.96 * 80), rel=0.01
        )
    plain = points(rate(matches))
    assert plain["agent0"] - plain["agent2"] == pytest.approx(
        points(sure)["agent0"] - 1000, rel=0.02
    )
    with pytest.raises(ValueError, match="nobody"):
        rate(matches, {"nobody": Anchor(0.0)})


def test_a_ladders_errors_are_carried_as_they_hang_together() -> None:
    strengths = np.array([0.0, 100, 200, 300, 150])
    found = anchored_errors(strengths, deals=20, samples=40, seed=1)
    assert found >= 0.95 - 3 * (0.05 * 0.95 / 40) ** 0.5


def test_a_ladders_ratings_share_the_error_of_its_zero() -> None:
    """If errors counted as independent, they would average out over the anchors."""
    luck = np.random.default_rng(2)
    matches = played(np.array([0.0, 100, 200, 300, 150]), everybody(5), deals=20, luck=luck)
    anchors = ladder(matches.among(np.arange(4)), "agent0")
    assert anchors["agent0"] == Anchor(0.0)
    assert min(anchors["agent1"].correlations.values()) > 0.2
    assert anchors["agent1"].correlations["agent2"] == anchors["agent2"].correlations["agent1"]
    alone = {name: replace(each, correlations={}) for name, each in anchors.items()}
    whole, naive = (
        interval(rate(matches, each).ratings[4].these_games) for each in (anchors, alone)
    )
    assert whole.half_width > 1.15 * naive.half_width


def test_who_is_not_bounded_against_zero_is_no_anchor() -> None:
    even = [("b", "c", 1), ("c", "b", 1), ("b", "c", 0), ("c", "b", 0)]
    matches = of(*even, ("a", "b", 1), ("b", "a", 0), ("x", "y", 1), ("y", "x", 1), times=5)
    assert set(ladder(matches, "b")) == {"b", "c"}


def test_a_bot_under_another_name_rates_as_its_anchor_where_games_disagree() -> None:
    """a is strong in the game that all play, and no better than the rest in the one three play.

    Games have the same weights as in the ladder's fit, so equal results give equal ratings.
    """
    luck = np.random.default_rng(3)
    strengths = np.array([300.0, 100, 0, -100, -200])
    first = played(strengths, everybody(5), deals=40, luck=luck)
    second = played(np.zeros(3), everybody(3), deals=40, luck=luck)
    ones = np.ones(len(second.score), dtype=np.int64)
    frozen = both(first, replace(second, agents=first.agents, game=ones, family=ones, luck=ones))
    anchors = ladder(frozen, "agent4")
    twin = {0: 5}
    mine = frozen.where((frozen.first == 0) | (frozen.second == 0))
    own = replace(
        mine,
        agents=(*frozen.agents, "twin"),
        first=np.array([twin.get(code, code) for code in mine.first]),
        second=np.array([twin.get(code, code) for code in mine.second]),
    )
    found = rate(both(frozen, own), anchors)
    apart = {each.agent: each for each in found.ratings}
    assert apart["agent0"].rating == pytest.approx(anchors["agent0"].rating)
    assert interval(apart["agent0"].these_games).half_width == pytest.approx(
        1.96 * anchors["agent0"].se, rel=0.001
    )
    others = {name: each for name, each in anchors.items() if name != "agent0"}
    alone = {each.agent: each.rating for each in rate(own, others).ratings}
    twins = (apart["twin"].rating, alone["twin"])
    off, naive = (abs(each - anchors["agent0"].rating) for each in twins)
    assert off < 10 < 20 < naive


def test_a_family_of_many_variants_weighs_as_one_game() -> None:
    """a wins 3 of 4 of one game; b wins 3 of 4 of each of nine variants of another: equal."""
    rows, games, families = [], [], []
    for game in range(10):
        rows += [("a", "b", s) for s in ((1, 1, 1, 0) if game == 0 else (0, 0, 0, 1))] * 2
        rows += [("b", "a", s) for s in ((0, 0, 0, 1) if game == 0 else (1, 1, 1, 0))] * 2
        games += [game] * 16
        families += [min(game, 1)] * 16
    one = replace(of(*rows), game=np.array(games), luck=np.array(games))
    weighed = points(rate(replace(one, family=np.array(families))))
    assert weighed["a"] == pytest.approx(0, abs=1)
    assert points(rate(replace(one, family=np.array(games))))["a"] < -50


def test_games_like_these_vary_more_than_deals_of_these() -> None:
    """a is 300 points better in one half of the families and 300 worse in the other."""
    luck = np.random.default_rng(7)
    parts = [
        played(np.array([side * 150.0, -side * 150.0]), everybody(2), deals=20, luck=luck)
        for side in (1, -1, 1, -1, 1, -1)
    ]
    columns = ("first", "second", "score", "deal")
    numbers = np.repeat(np.arange(6), [len(part.score) for part in parts])
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in columns}
    found = rate(replace(parts[0], game=numbers, family=numbers, luck=numbers, **joined)).ratings[0]
    assert interval(found.games_like_these).half_width > 3 * interval(found.these_games).half_width
    alone = rate(parts[0]).ratings[0]
    assert alone.games_like_these == NoInterval(Reason.TOO_FEW)


def test_a_match_of_three_is_its_three_pairs() -> None:
    assert pairs_of_seats([2.0, -1.0, 2.0]) == [(0, 1, 1.0), (0, 2, 0.5), (1, 2, 0.0)]


def test_agents_share_a_letter_exactly_if_they_cannot_be_told_apart() -> None:
    """Of five in order, agents up to two places apart are tied: abc, bcd, cde."""
    places = np.arange(5)
    differ = np.abs(places[:, None] - places) > 2
    assert letters([5, 4, 3, 2, 1], differ) == ["a", "ab", "abc", "bc", "c"]
    luck = np.random.default_rng(8)
    for _ in range(20):
        upper = np.triu(luck.random((7, 7)) < 0.4, 1)
        texts = letters(luck.random(7).tolist(), upper | upper.T)
        for one in range(7):
            for other in range(one):
                assert bool(set(texts[one]) & set(texts[other])) is not upper[other, one]


def test_wrong_matches_are_refused() -> None:
    good = of(("a", "b", 1), ("b", "a", 0))
    for column, values, message in (
        ("score", np.array([1.3, 1.0]), "a score is"),
        ("score", np.array([-0.1, 1.0]), "a score is"),
        ("score", np.array([np.nan, 1.0]), "a score is"),
        ("score", np.array([1.0]), "one length"),
        ("second", good.first, "itself"),
        ("second", good.first + 7, "no name"),
        ("family", np.array([0, 1]), "one family"),
    ):
        with pytest.raises(ValueError, match=message):
            replace(good, **{column: values})


def test_a_hundred_thousand_matches_are_counted_once() -> None:
    """The fit's time depends on the number of cells, not of matches."""
    strengths = np.linspace(200, -200, 6)
    matches = played(strengths, everybody(6), deals=3400, luck=np.random.default_rng(9))
    model = Davidson.of(matches)
    assert len(matches.score) > 100_000
    assert len(model.index) == 30
    best = model.maximise(np.zeros(model.size), np.eye(model.size))
    assert best[:6] * ELO == pytest.approx(strengths, abs=12)


def test_always_won_is_bounded_as_wilson_bounds_it_on_deals() -> None:
    """Both seatings of 5 deals won: p >= n/(n + t^2) with n = 5 and t(4) = 2.776, which is .393.

    As rating points: 400 log10(.393/.607) = -75.4; the little weight on draws moves it by a few.
    """
    matches = replace(of(("a", "b", 1), ("b", "a", 0), times=5), deal=np.repeat(np.arange(5), 2))
    found = rate(matches, {"b": Anchor(0.0)}).ratings[0]
    assert interval(found.these_games).high == np.inf
    assert interval(found.these_games).low == pytest.approx(-75.4, abs=8)
