-- Which moves agents choose, for the twelve that are chosen most in each game.

CREATE VIEW moves_chosen AS
WITH chosen AS (
    SELECT game, agent, label AS move, count(*) AS times
    FROM decisions JOIN episodes USING (episode_id)
    WHERE decisions.status IN ('ok', 'rethought') AND episodes.status <> 'error'
    GROUP BY ALL
),

often AS (
    SELECT game, move
    FROM chosen
    GROUP BY game, move
    QUALIFY row_number() OVER (PARTITION BY game ORDER BY sum(times) DESC, move) <= 12
),

totals AS (
    SELECT game, agent, sum(times)::BIGINT AS decisions
    FROM chosen
    GROUP BY game, agent
)

SELECT
    game, move, agent,
    coalesce(times, 0) / decisions AS share,
    coalesce(times, 0) AS times,
    decisions
FROM often JOIN totals USING (game) LEFT JOIN chosen USING (game, move, agent)
ORDER BY game, move, agent;

COMMENT ON VIEW moves_chosen IS
'Which moves each agent chose, of the twelve chosen most in each game. A move can be chosen only where it is legal.';
COMMENT ON COLUMN moves_chosen.game IS 'name | the game | games.game';
COMMENT ON COLUMN moves_chosen.move IS 'text | the label of the move | decisions.label';
COMMENT ON COLUMN moves_chosen.agent IS 'name | the agent | decisions.agent';
COMMENT ON COLUMN moves_chosen.share IS '0 to 1 | times by decisions | computed';
COMMENT ON COLUMN moves_chosen.times IS 'decisions | how often the agent chose the move itself | decisions';
COMMENT ON COLUMN moves_chosen.decisions IS 'decisions | the agent''s own decisions in the game | decisions';
