-- Whether the results of a model are its own. The shares that decide it are stated here alone.
-- Below one half, most of what stands in a table was done by the random player that moves in the
-- model's place, or was never played, so a rank would say more about these than about the model.
CREATE MACRO least_own_share() AS 0.5;
-- From here on, a random move in the model's place is rarer than one in ten, and strict scores show
-- what those moves change.
CREATE MACRO mostly_own_share() AS 0.9;

-- One row for each model in each game, and one with game NULL for all its win_loss games together,
-- whose shares are means over families of means over games, as the scores of leaderboard are.
-- A table and not a view, because most tables use it.
CREATE TABLE model_conduct AS
WITH sat AS (
    SELECT
        agent, game,
        count(DISTINCT episode_id) AS episodes,
        count(DISTINCT episode_id) FILTER (WHERE status = 'error') AS unfinished
    FROM seats JOIN episodes USING (episode_id) JOIN agents USING (agent)
    WHERE model IS NOT NULL
    GROUP BY agent, game
),

made AS (
    SELECT
        agent, game,
        count(*) AS moves,
        count(*) FILTER (WHERE decision.status IN ('ok', 'rethought')) AS own_moves
    FROM decisions AS decision JOIN episodes AS episode USING (episode_id)
    WHERE episode.status <> 'error'
    GROUP BY agent, game
),

received AS (
    SELECT agent, game, coalesce(failure, '') AS failure, count(*) AS replies
    FROM calls JOIN seats USING (episode_id, seat) JOIN episodes USING (episode_id)
    WHERE status <> 'error'
    GROUP BY ALL
),

in_games AS (
    SELECT
        agent, game, scoring, family, episodes, unfinished,
        coalesce(moves, 0) AS moves,
        coalesce(own_moves, 0) AS own_moves,
        own_moves / moves AS own_share,
        unfinished / episodes AS unfinished_share
    FROM sat JOIN games USING (game) LEFT JOIN made USING (agent, game)
),

in_families AS (
    SELECT
        agent, family,
        sum(episodes) AS episodes, sum(unfinished) AS unfinished,
        sum(moves) AS moves, sum(own_moves) AS own_moves,
        avg(own_share) AS own_share, avg(unfinished_share) AS unfinished_share
    FROM in_games
    WHERE scoring = 'win_loss'
    GROUP BY agent, family
),

every_row AS (
    SELECT agent, game, episodes, unfinished, moves, own_moves, own_share, unfinished_share
    FROM in_games
    UNION ALL
    SELECT
        agent, NULL, sum(episodes), sum(unfinished), sum(moves), sum(own_moves),
        avg(own_share), avg(unfinished_share)
    FROM in_families
    GROUP BY agent
),

every_reply AS (
    SELECT agent, game, failure, replies FROM received
    UNION ALL
    SELECT agent, NULL, failure, sum(replies)
    FROM received JOIN games USING (game)
    WHERE scoring = 'win_loss'
    GROUP BY agent, failure
),

failed AS (
    SELECT
        agent, game,
        sum(replies) AS replies,
        sum(replies) FILTER (WHERE failure <> '') AS failed_replies,
        max_by(failure, (replies, failure)) FILTER (WHERE failure <> '') AS failure,
        max(replies) FILTER (WHERE failure <> '') AS failure_replies
    FROM every_reply
    GROUP BY agent, game
)

SELECT
    every_row.agent, every_row.game,
    moves::BIGINT AS moves, own_moves::BIGINT AS own_moves, own_share,
    coalesce(replies, 0)::BIGINT AS replies,
    coalesce(failed_replies, 0)::BIGINT AS failed_replies,
    failure,
    coalesce(failure_replies, 0)::BIGINT AS failure_replies,
    episodes::BIGINT AS episodes, unfinished::BIGINT AS unfinished, unfinished_share,
    CASE
        WHEN own_share < least_own_share() THEN 'few_own_moves'
        WHEN 1 - unfinished_share < least_own_share() THEN 'few_finished'
    END AS reason,
    CASE
        WHEN reason IS NOT NULL THEN 'provisional'
        WHEN own_share < mostly_own_share() THEN 'mixed'
        ELSE 'own'
    END AS standing
FROM every_row LEFT JOIN failed
    ON failed.agent = every_row.agent AND failed.game IS NOT DISTINCT FROM every_row.game;

-- The models that a game does not rank, and why.
CREATE VIEW provisional_in_game AS
SELECT game, agent, in_words(reason) AS provisional
FROM model_conduct
WHERE game IS NOT NULL AND standing = 'provisional';

-- The models that no ranking over games holds, and why.
CREATE VIEW provisional_over_games AS
SELECT agent, in_words(reason) AS provisional
FROM model_conduct
WHERE game IS NULL AND standing = 'provisional';

COMMENT ON TABLE model_conduct IS 'The rows of the view own_moves, which describes them.';
COMMENT ON COLUMN model_conduct.unfinished_share IS '0 to 1 | share of its episodes that ended in an error; with game NULL, the mean over families of the mean over games | episodes.status';
COMMENT ON COLUMN model_conduct.reason IS 'code | why the results are provisional: few_own_moves or few_finished; NULL if they are not | computed';

COMMENT ON VIEW provisional_in_game IS 'The models whose results in a game are provisional, so that the game does not rank them.';
COMMENT ON COLUMN provisional_in_game.game IS 'name | the game | games.game';
COMMENT ON COLUMN provisional_in_game.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN provisional_in_game.provisional IS 'words | why its results are provisional | own_moves.reason';

COMMENT ON VIEW provisional_over_games IS 'The models whose results over all win_loss games are provisional, so that they have no rating.';
COMMENT ON COLUMN provisional_over_games.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN provisional_over_games.provisional IS 'words | why its results are provisional | own_moves.reason';
