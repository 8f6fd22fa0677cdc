-- table: 130
-- paper: by game; agent, decisions, ok, rethought, fallback, forfeit, replies, illegal, unparsable, truncated, context_overflow, empty, refused
CREATE VIEW failures AS
WITH ways AS (
    SELECT
        agent,
        CASE WHEN model IS NOT NULL THEN coalesce(params ->> 'decode', 'generate') END AS decode,
        params ->> 'decode' IS NOT NULL AS held
    FROM agents
),

pairs AS (
    SELECT
        agent, game,
        count(DISTINCT episode_id) FILTER (WHERE status = 'error') AS error_episodes
    FROM seats JOIN episodes USING (episode_id)
    GROUP BY agent, game
),

made AS (
    SELECT
        agent, game,
        count(*) AS decisions,
        count(*) FILTER (WHERE decision.status = 'ok') AS ok,
        count(*) FILTER (WHERE decision.status = 'rethought') AS rethought,
        count(*) FILTER (WHERE decision.status = 'fallback') AS fallback,
        count(*) FILTER (WHERE decision.status = 'forfeit') AS forfeit
    FROM decisions AS decision JOIN episodes AS episode USING (episode_id)
    WHERE episode.status <> 'error'
    GROUP BY agent, game
),

received AS (
    SELECT
        agent, game,
        count(*) AS replies,
        count(*) FILTER (WHERE failure = 'truncated') AS truncated,
        count(*) FILTER (
            WHERE failure = 'truncated'
            -- Thinking that was cut off is the end of the reply, unless it came apart from it.
            AND (
                NOT regexp_matches(reply, '\S')
                OR ends_with(
                    regexp_replace(reply, '\s+$', ''),
                    regexp_extract(regexp_replace(reasoning, '\s+$', ''), '[^\n]*$')
                )
            )
            AND reasoning IS NOT NULL
        ) AS cut_in_thinking,
        count(*) FILTER (WHERE failure = 'context_overflow') AS context_overflow,
        count(*) FILTER (WHERE failure = 'empty') AS empty,
        count(*) FILTER (WHERE failure = 'refused') AS refused,
        count(*) FILTER (WHERE failure = 'unparsable') AS unparsable,
        count(*) FILTER (WHERE failure = 'illegal') AS illegal
    FROM calls JOIN seats USING (episode_id, seat) JOIN episodes USING (episode_id)
    WHERE status <> 'error'
    GROUP BY agent, game
)

SELECT
    agent, game, decode,
    coalesce(decisions, 0) AS decisions,
    coalesce(ok, 0) AS ok,
    coalesce(rethought, 0) AS rethought,
    coalesce(fallback, 0) AS fallback,
    coalesce(forfeit, 0) AS forfeit,
    coalesce(replies, 0) AS replies,
    coalesce(truncated, 0) AS truncated,
    coalesce(cut_in_thinking, 0) AS cut_in_thinking,
    coalesce(context_overflow, 0) AS context_overflow,
    coalesce(empty, 0) AS empty,
    coalesce(refused, 0) AS refused,
    -- Held to the legal moves or scored, a model cannot fail so: that says nothing of its skill.
    CASE WHEN held THEN NULL ELSE coalesce(unparsable, 0) END AS unparsable,
    CASE WHEN held THEN NULL ELSE coalesce(illegal, 0) END AS illegal,
    error_episodes
FROM pairs
LEFT JOIN made USING (agent, game)
LEFT JOIN received USING (agent, game)
LEFT JOIN ways USING (agent)
ORDER BY game, agent;

COMMENT ON VIEW failures IS
'Who made each move, and what was wrong with replies. Everything that was played to the end counts, self-play included. Episodes with a transport error count in error_episodes only.';
COMMENT ON COLUMN failures.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN failures.game IS 'name | the game | games.game';
COMMENT ON COLUMN failures.decode IS 'word | how the model states a move: generate, constrained (its words are restricted to the legal moves) or score (the likelihoods of the moves); NULL for bots | agents.params';
COMMENT ON COLUMN failures.decisions IS 'decisions | decisions that the agent was asked for | decisions';
COMMENT ON COLUMN failures.ok IS 'decisions | decided by the first reply; for bots, all decisions | decisions.status';
COMMENT ON COLUMN failures.rethought IS 'decisions | decided by a later reply, after the agent was told what was wrong | decisions.status';
COMMENT ON COLUMN failures.fallback IS 'decisions | random moves made in place of the agent | decisions.status';
COMMENT ON COLUMN failures.forfeit IS 'decisions | given up because no reply was usable | decisions.status';
COMMENT ON COLUMN failures.replies IS 'replies | all replies of the model; 0 for bots | calls';
COMMENT ON COLUMN failures.truncated IS 'replies | replies cut off by the token limit | calls.failure';
COMMENT ON COLUMN failures.cut_in_thinking IS 'replies | truncated replies that were cut off before their thinking ended: the token limit is too low | calls.reply';
COMMENT ON COLUMN failures.context_overflow IS 'replies | requests whose prompt does not fit the model''s context, alone or with the reply: another prompt is needed, or another model | calls.failure';
COMMENT ON COLUMN failures.empty IS 'replies | replies without text | calls.failure';
COMMENT ON COLUMN failures.refused IS 'replies | replies refused by the model or stopped by a content filter | calls.failure';
COMMENT ON COLUMN failures.unparsable IS 'replies | replies that name no move in the requested form, or can be read in two ways; NULL if decode makes every reply legal | calls.failure';
COMMENT ON COLUMN failures.illegal IS 'replies | replies that name an illegal move; NULL if decode makes every reply legal | calls.failure';
COMMENT ON COLUMN failures.error_episodes IS 'episodes | episodes with this agent that a transport error, of any agent, kept from ending. They are in no other number, and the next run plays them again | episodes.status';
