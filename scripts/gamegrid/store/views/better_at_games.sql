-- table: 57
CREATE VIEW better_at_games AS
WITH priors AS (
    SELECT agent, rival, min(better) AS better_lowest, max(better) AS better_highest
    FROM games_like_these
    WHERE rival IS NOT NULL
    GROUP BY agent, rival
)

-- A pair with one game has no comparison over games: the one in that game says it all.
SELECT
    games_like_these.agent, games_like_these.rival, games, families,
    mean AS difference,
    overall.low AS difference_low,
    overall.high AS difference_high,
    games_like_these.low AS like_low,
    games_like_these.high AS like_high,
    games_like_these.reason AS like_reason,
    better, better_lowest, better_highest, family_sd
FROM games_like_these
JOIN priors USING (agent, rival)
LEFT JOIN comparisons AS overall
    ON overall.agent = games_like_these.agent AND overall.rival = games_like_these.rival
    AND (overall.game IS NULL OR overall.game = games)
WHERE main
ORDER BY games_like_these.agent, games_like_these.rival;

COMMENT ON VIEW better_at_games IS
'Who is better at games like these, for each pair of agents that met the same opponents: the difference of their scores over other families of games like those played, and the probability that it is above 0. The table paired answers another question: who is better at exactly these games.';
COMMENT ON COLUMN better_at_games.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN better_at_games.rival IS 'name | the agent that it is compared with | agents.agent';
COMMENT ON COLUMN better_at_games.games IS 'names | the win_loss games in which both met the same opponents | games.game';
COMMENT ON COLUMN better_at_games.families IS 'families | number of families among them | games.family';
COMMENT ON COLUMN better_at_games.difference IS '-1 to 1 | the agent''s score minus the rival''s on the deals that both played: mean over families of the mean over games | seats.score';
COMMENT ON COLUMN better_at_games.difference_low IS '-1 to 1 | lower end of its 95 % interval over other deals of these games, from paired; NULL if the two have not the same games there | comparisons.low';
COMMENT ON COLUMN better_at_games.difference_high IS '-1 to 1 | upper end of the same interval | comparisons.high';
COMMENT ON COLUMN better_at_games.like_low IS '-1 to 1 | lower end of its 95 % interval over other families of games like these; NULL: see like_reason | games_like_these.low';
COMMENT ON COLUMN better_at_games.like_high IS '-1 to 1 | upper end of the same interval | games_like_these.high';
COMMENT ON COLUMN better_at_games.like_reason IS 'words | the reason there is no such interval: one family says nothing about others; NULL if there is one | games_like_these.reason';
COMMENT ON COLUMN better_at_games.better IS '0 to 1 | probability that the agent''s mean score over games like these is above the rival''s. Above 0.975 or below 0.025 if and only if the interval from like_low to like_high leaves out 0. NULL with one family | games_like_these.better';
COMMENT ON COLUMN better_at_games.better_lowest IS '0 to 1 | the lowest such probability under any prior of prior_sensitivity | games_like_these.better';
COMMENT ON COLUMN better_at_games.better_highest IS '0 to 1 | the highest such probability. If the two lie far apart, the families are too few for an answer | games_like_these.better';
COMMENT ON COLUMN better_at_games.family_sd IS '0 to 1 | standard deviation of the difference between families, the luck of the deals apart: the median of its posterior. NULL with one family | games_like_these.family_sd';
