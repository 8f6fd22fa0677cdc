-- Which agents draw luck: what their files declare, checked against the answers to repeated
-- questions. layers.sql builds on it.

-- How often the same question was answered, and how often in another way.
--
-- A question is everything that happened before a decision, hidden events included, and what the
-- seat observes. Two equal questions thus differ in nothing but the agent's luck. That luck depends
-- on deal and seating alone, so a bot meets the same luck against every opponent: equal answers
-- with equal luck count once.
CREATE TABLE repeated_answers AS
WITH played AS (
    SELECT
        episode_id, game, deal, seating,
        -- The opening is not among the decisions. A forfeit is a decision without a step.
        CASE WHEN NOT chance THEN hash(
            (trajectory::JSON[])[
                :json_array_length(trajectory)::BIGINT - plies + (status = 'forfeited')::BIGINT
            ]
        ) END AS opening
    FROM episodes JOIN games USING (game)
    UNION ALL
    SELECT
        episode_id, game, sample AS deal,
        CASE task WHEN 'probe' THEN number ELSE 0 END AS seating,
        hash(task, number) AS opening
    FROM single_moves
),

told AS (
    SELECT
        episode_id, ply, seat, agent, coalesce(action, -1) AS answer, hash(observation) AS seen,
        hash(ply, seat, seen, answer) AS step
    FROM decisions
),

asked AS (
    SELECT
        episode_id, agent, answer,
        -- Seats that move at once do not see each other's moves: the steps of earlier plies only.
        hash(
            seat, seen,
            sum(step) OVER (
                PARTITION BY episode_id ORDER BY ply
                RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            )
        ) AS question
    FROM told
),

answered AS (
    SELECT DISTINCT game, agent, hash(opening, question) AS question, deal, seating, answer
    FROM asked JOIN played USING (episode_id)
),

counted AS (
    SELECT game, agent, question, answer, count(*) AS times
    FROM answered
    GROUP BY game, agent, question, answer
),

questions AS (
    SELECT game, agent, question, sum(times) AS times, max(times) AS most
    FROM counted
    GROUP BY game, agent, question
    HAVING sum(times) > 1
)

SELECT
    game, agent,
    count(*) AS questions,
    sum(times - 1)::BIGINT AS repeats,
    sum(times - most)::BIGINT AS differed
FROM questions
GROUP BY game, agent;

COMMENT ON TABLE repeated_answers IS 'How often each agent was asked the same question again, and how often it answered otherwise. The view luck explains its columns.';
COMMENT ON COLUMN repeated_answers.game IS 'name | the game | games.game';
COMMENT ON COLUMN repeated_answers.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN repeated_answers.questions IS 'questions | questions that the agent was asked more than once | decisions';
COMMENT ON COLUMN repeated_answers.repeats IS 'answers | its answers to them beyond the first | decisions.action';
COMMENT ON COLUMN repeated_answers.differed IS 'answers | answers that are not the most frequent one to their question | decisions.action';

-- How many repeated answers must be equal before they count as evidence against luck. After 100
-- equal ones, at most 3 % of all could differ (1 - 0.05 ** (1 / 100), with 95 % confidence; Hanley
-- and Lippman-Hand, "If nothing goes wrong, is everything all right?", 1983).
CREATE MACRO enough_repeats(repeats) AS repeats >= 100;

-- Whether each agent draws luck in each game. A different answer speaks against every declaration
-- and in every game. Equal answers decide only where nothing is declared.
CREATE VIEW agent_luck AS
WITH seen AS (
    SELECT agent, sum(differed) > 0 AS differs
    FROM repeated_answers
    GROUP BY agent
)

SELECT
    game, agent, agents.draws_luck AS declared,
    coalesce(differs, false)
        OR coalesce(agents.draws_luck, NOT coalesce(enough_repeats(repeats), false)) AS draws_luck
FROM agents CROSS JOIN games
LEFT JOIN seen USING (agent)
LEFT JOIN repeated_answers USING (game, agent);

COMMENT ON VIEW agent_luck IS 'Whether each agent draws luck in each game, for all intervals. An answer that differs in any game outweighs every declaration.';
COMMENT ON COLUMN agent_luck.game IS 'name | the game | games.game';
COMMENT ON COLUMN agent_luck.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN agent_luck.declared IS 'true or false | whether the agent''s file declares that it draws luck; NULL if the settings do not tell | agents.draws_luck';
COMMENT ON COLUMN agent_luck.draws_luck IS 'true or false | whether the agent counts as one that draws luck | computed';
