-- table: 60
CREATE VIEW seat_effect AS
WITH per_matchup AS (
    SELECT
        game, matchup, agent, seat,
        sum(episodes)::BIGINT AS episodes,
        avg(score) AS score,
        avg(mean_return) AS mean_return
    FROM seat_values
    GROUP BY game, matchup, agent, seat
),

per_seat AS (
    SELECT
        game, agent, seat,
        sum(episodes)::BIGINT AS episodes,
        avg(score) AS score,
        avg(mean_return) AS mean_return
    FROM per_matchup
    GROUP BY game, agent, seat
),

drops AS (
    SELECT game, agent, seat, count(*) AS dropped_deals
    FROM dropped_sittings
    GROUP BY game, agent, seat
)

SELECT
    game, agent, seat, episodes, score, mean_return, low, high, reason,
    coalesce(dropped_deals, 0) AS dropped_deals,
    worst_low, worst_high
FROM per_seat
LEFT JOIN drops USING (game, agent, seat)
LEFT JOIN seat_intervals USING (game, agent, seat)
ORDER BY game, agent, seat;

COMMENT ON VIEW seat_effect IS
'Each agent in each seat: the means of per_game split by seat, over the same deals.';
COMMENT ON COLUMN seat_effect.game IS 'name | the game | games.game';
COMMENT ON COLUMN seat_effect.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN seat_effect.seat IS 'number from 0 | the seat, in the order of the game''s players | seats.seat';
COMMENT ON COLUMN seat_effect.episodes IS 'episodes | how often the agent sat in this seat, in deals that count | seats';
COMMENT ON COLUMN seat_effect.score IS '0 to 1 | mean score in this seat; NULL outside win_loss games | seats.score';
COMMENT ON COLUMN seat_effect.mean_return IS 'the game''s own units | mean return in this seat over the deals in which every episode was played to the end | seats.return';
COMMENT ON COLUMN seat_effect.low IS 'as score in win_loss games, else mean_return | lower end of its 95 % interval over deals; NULL: see reason | seat_intervals.low';
COMMENT ON COLUMN seat_effect.high IS 'as low | upper end of the same interval | seat_intervals.high';
COMMENT ON COLUMN seat_effect.reason IS 'words | the reason there is no interval; NULL if there is one | seat_intervals.reason';
COMMENT ON COLUMN seat_effect.dropped_deals IS 'deals | deals without a value in this seat, once per matchup: they do not count or, outside win_loss games, an episode was not played to the end | episodes.status';
COMMENT ON COLUMN seat_effect.worst_low IS 'as low | lower end of the 95 % interval if each missing result of the dropped deals had been the agent''s lowest that the rules allow; NULL if no deal was dropped | seat_intervals.worst_low';
COMMENT ON COLUMN seat_effect.worst_high IS 'as low | upper end of the interval if each missing result had been the highest that the rules allow; NULL like worst_low | seat_intervals.worst_high';
