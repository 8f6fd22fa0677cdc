-- The tables of the database. Unknown is NULL everywhere; timestamps are UTC.
-- checks.sql asserts uniqueness: an index would be larger than the data it guards.

-- The cost in USD, at prices per million tokens; NULL if tokens or price are unknown. Prompt tokens
-- that the provider read from its cache cost the cached price if that is known.
CREATE MACRO usd(prompt, cached, completion, input_price, cached_price, output_price) AS (
    prompt * input_price
    - least(coalesce(cached, 0), prompt) * (input_price - coalesce(cached_price, input_price))
    + completion * output_price
) / 1e6;

-- The value that counts in a game of this scoring. Payoff and solo games take the last one.
CREATE MACRO by_scoring(scoring, win_loss, margin, other) AS
CASE scoring WHEN 'win_loss' THEN win_loss WHEN 'margin' THEN margin ELSE other END;

-- What people read for the codes of reasons.
CREATE MACRO in_words(code) AS CASE code
    WHEN 'too_large' THEN 'too large to enumerate'
    WHEN 'cut_off' THEN 'can be cut off'
    WHEN 'no_best_play' THEN 'best play is not computed'
    WHEN 'no_gain' THEN 'best play gains nothing'
    WHEN 'opponent_unknown' THEN 'an opponent''s policy is not known'
    WHEN 'not_computed' THEN 'not computed'
    WHEN 'not_win_loss' THEN 'not a win_loss game'
    WHEN 'no_oracle' THEN 'no oracle'
    WHEN 'not_played' THEN 'not played'
    WHEN 'no_value_function' THEN 'no value function'
    WHEN 'value_function_late' THEN 'played before the value function was recorded'
    WHEN 'value_function_changed' THEN 'the value function changed after the first deal'
    WHEN 'few_own_moves' THEN 'fewer than half of its moves are its own'
    WHEN 'few_finished' THEN 'fewer than half of its episodes could be finished'
    WHEN 'policy_contradicted' THEN 'an agent made a move that its stated policy rules out'
END;

CREATE TABLE agents (
    agent VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    backend VARCHAR,
    model VARCHAR,
    hosted BOOLEAN, -- whether a provider or a server runs the model; NULL for agents without one
    params JSON NOT NULL,
    sweep VARCHAR, -- the entry whose sweep made the agent; NULL if none did
    -- What the agent's file declares for its settings.
    draws_luck BOOLEAN, -- NULL if the settings do not tell; the table luck says what counts
    policy_known BOOLEAN NOT NULL,
    baseline VARCHAR CHECK (baseline IN ('random', 'optimal')),
    ladder VARCHAR, -- the ladder of bots that it stands on; NULL if none
    ladder_setting DOUBLE,
    ladder_scale VARCHAR CHECK (ladder_scale IN ('linear', 'log')),
    ladder_rising BOOLEAN, -- whether a higher setting plays stronger
    input_price DOUBLE,
    output_price DOUBLE,
    cached_price DOUBLE,
    price_source VARCHAR
);

-- The bots of the suite that the grid names, rated by their frozen games alone.
CREATE TABLE ladder (
    suite VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    rating DOUBLE, -- rating points against the ladder's first bot; NULL if these games do not rate it
    se DOUBLE, -- standard error of the rating
    correlations JSON -- of its error with the errors of other bots
);

CREATE TABLE games (
    game VARCHAR NOT NULL,
    load_string VARCHAR NOT NULL,
    players INTEGER NOT NULL,
    scoring VARCHAR NOT NULL CHECK (scoring IN ('win_loss', 'margin', 'payoff', 'solo')),
    luck VARCHAR NOT NULL, -- what keys the deals: games with the same luck share them
    opening_plies INTEGER NOT NULL, -- random plies that open each deal; 0 if none do
    different_deals INTEGER, -- in balanced grids, how many deals a round holds: each deal once
    family VARCHAR NOT NULL,
    hidden_information BOOLEAN NOT NULL,
    chance BOOLEAN NOT NULL,
    oracle VARCHAR NOT NULL,
    generic BOOLEAN NOT NULL,
    disguise_of VARCHAR,
    lowest_return DOUBLE,
    highest_return DOUBLE,
    cooperate INTEGER -- the action that cooperates; NULL if the game is no dilemma
);

-- Computed from the rules of the games, never from episodes.
CREATE TABLE return_scales (
    game VARCHAR NOT NULL,
    seat INTEGER NOT NULL,
    random_return DOUBLE,
    reference_return DOUBLE,
    reason VARCHAR CHECK (reason IN ('too_large', 'cut_off', 'no_best_play', 'no_gain')),
    value DOUBLE,
    every_time BOOLEAN NOT NULL,
    best_joint_return DOUBLE
);

COMMENT ON TABLE return_scales IS 'What is known about each seat of each game without playing it. The scale of normalized returns runs from random_return (0) to reference_return (1).';
COMMENT ON COLUMN return_scales.game IS 'name | the game | games.game';
COMMENT ON COLUMN return_scales.seat IS 'number from 0 | the seat | seats.seat';
COMMENT ON COLUMN return_scales.random_return IS 'the game''s own units | expected return if every seat moves at random, over all possible deals; NULL if the game is too large to enumerate | enumeration';
COMMENT ON COLUMN return_scales.reference_return IS 'the game''s own units | expected return if this seat plays its best against the random moves of the others: no player can expect more. NULL if that is not computed | enumeration';
COMMENT ON COLUMN return_scales.reason IS 'code | why there is no scale: too_large, cut_off, no_best_play, or no_gain (against random moves, best play gets no more than random play); NULL if there is one | enumeration';
COMMENT ON COLUMN return_scales.value IS '0 to 1 in win_loss games, else the game''s own units | the mean that best play guarantees, whoever the opponent; NULL without an oracle | oracle';
COMMENT ON COLUMN return_scales.every_time IS 'true or false | whether best play guarantees the value in every single episode: the oracle is exact and nothing depends on luck | oracle';
COMMENT ON COLUMN return_scales.best_joint_return IS 'the game''s own units | in payoff games, the largest expected sum of all returns if the seats were one player; NULL if unknown | enumeration';

CREATE TABLE expectations (
    game VARCHAR NOT NULL,
    matchup VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    seat INTEGER NOT NULL,
    result DOUBLE NOT NULL,
    chance DOUBLE NOT NULL
);

COMMENT ON TABLE expectations IS 'The probability of each result of bots with known policies, by enumeration. The controls compare results with it.';
COMMENT ON COLUMN expectations.game IS 'name | the game | games.game';
COMMENT ON COLUMN expectations.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN expectations.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN expectations.seat IS 'number from 0 | the seat it sits in | seats.seat';
COMMENT ON COLUMN expectations.result IS 'as score in win_loss games, else as return | a result of an episode | enumeration';
COMMENT ON COLUMN expectations.chance IS '0 to 1 | its probability; the probabilities of an agent in a seat add up to 1 | enumeration';

CREATE TABLE best_responses (
    game VARCHAR NOT NULL,
    matchup VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    best_return DOUBLE,
    reason VARCHAR CHECK (
        reason IN ('too_large', 'cut_off', 'no_best_play', 'opponent_unknown')
    )
);

COMMENT ON TABLE best_responses IS 'What each agent of a matchup could have expected if it had known how all others there play: in payoff and solo games.';
COMMENT ON COLUMN best_responses.game IS 'name | the game | games.game';
COMMENT ON COLUMN best_responses.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN best_responses.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN best_responses.best_return IS 'the game''s own units | expected return of the best response to the others'' policies, averaged over the seats that the agent takes. The response sees only what its seat may see. NULL: see reason | enumeration';
COMMENT ON COLUMN best_responses.reason IS 'code | why best_return is NULL: opponent_unknown (a model or a search), too_large, cut_off or no_best_play; NULL if it is known | enumeration';

CREATE TABLE runs (
    run_id VARCHAR NOT NULL,
    started_at TIMESTAMP NOT NULL,
    config JSON NOT NULL,
    code_version VARCHAR NOT NULL,
    interpreter VARCHAR NOT NULL,
    packages JSON NOT NULL,
    host JSON NOT NULL,
    wall_s DOUBLE,
    gpus INTEGER,
    models JSON,
    prompts JSON,
    -- The value function on record for the game before its first deal; NULL if there was none.
    value_function VARCHAR
);

-- The views that become files in tables/, by their place in the order.
CREATE TABLE result_tables (
    name VARCHAR NOT NULL,
    place INTEGER NOT NULL
);

-- What the tables need from the configuration; one row.
CREATE TABLE grid (
    usd_per_gpu_hour DOUBLE,
    interim VARCHAR -- how much of the grid is here, in words; NULL if all of it is
);

CREATE TABLE control_plays (
    game VARCHAR NOT NULL,
    matchup VARCHAR NOT NULL,
    baseline VARCHAR NOT NULL CHECK (baseline IN ('random', 'optimal')),
    seat INTEGER NOT NULL,
    deal INTEGER NOT NULL,
    result DOUBLE NOT NULL
);

COMMENT ON TABLE control_plays IS 'Self-play of the baselines beside the grid, with the grid''s luck. Only the controls use it.';
COMMENT ON COLUMN control_plays.game IS 'name | the game | games.game';
COMMENT ON COLUMN control_plays.matchup IS 'name | stands for a matchup; the same in expectations.matchup | computed';
COMMENT ON COLUMN control_plays.baseline IS 'random or optimal | the baseline that plays itself | agents.baseline';
COMMENT ON COLUMN control_plays.seat IS 'number from 0 | the seat | seats.seat';
COMMENT ON COLUMN control_plays.deal IS 'number from 0 | the deal | episodes.deal';
COMMENT ON COLUMN control_plays.result IS 'as score in win_loss games, else as return | what it got in that seat | played';

CREATE TABLE control_draws (
    game VARCHAR NOT NULL,
    event INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    chance DOUBLE NOT NULL,
    times INTEGER NOT NULL,
    deals INTEGER NOT NULL
);

COMMENT ON TABLE control_draws IS 'The luck of many deals, drawn beside the grid and counted. Only the controls use it. Games of the same luck have one set of rows.';
COMMENT ON COLUMN control_draws.game IS 'name | the game | games.game';
COMMENT ON COLUMN control_draws.event IS 'number from 0 | a chance event before the first decision, or a ply of the opening | computed';
COMMENT ON COLUMN control_draws.outcome IS 'action | an outcome of the event | computed';
COMMENT ON COLUMN control_draws.chance IS '0 to 1 | its probability by the rules; the probabilities of an event add up to 1 | enumeration';
COMMENT ON COLUMN control_draws.times IS 'deals | deals with this outcome | drawn';
COMMENT ON COLUMN control_draws.deals IS 'deals | deals drawn | drawn';

-- Whole games. Single moves are not among them, so a query that joins episodes counts games alone.
CREATE TABLE episodes (
    episode_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    matchup VARCHAR NOT NULL,
    game VARCHAR NOT NULL,
    deal INTEGER NOT NULL,
    seating INTEGER NOT NULL,
    seed BIGINT NOT NULL,
    status VARCHAR NOT NULL CHECK (status IN ('complete', 'forfeited', 'truncated', 'error')),
    plies INTEGER NOT NULL,
    trajectory JSON NOT NULL,
    duration_s DOUBLE NOT NULL,
    error VARCHAR
);

-- Moves that an agent was asked for outside its games: in a position of a game's suite, or as a
-- sample of its policy in an information state (probe). Each has decisions and calls under its
-- episode_id, like an episode, but no result and so no seats.
CREATE TABLE single_moves (
    episode_id VARCHAR NOT NULL,
    task VARCHAR NOT NULL CHECK (task IN ('position', 'probe')),
    run_id VARCHAR NOT NULL,
    game VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    number INTEGER NOT NULL, -- of the position, or of the probe, from 0
    sample INTEGER NOT NULL, -- of the probe, from 0; 0 for positions
    seed BIGINT NOT NULL,
    status VARCHAR NOT NULL CHECK (status IN ('complete', 'forfeited', 'truncated', 'error')),
    trajectory JSON NOT NULL,
    duration_s DOUBLE NOT NULL,
    error VARCHAR
);

CREATE TABLE seats (
    episode_id VARCHAR NOT NULL,
    seat INTEGER NOT NULL,
    agent VARCHAR NOT NULL,
    "return" DOUBLE,
    normalized_return DOUBLE,
    score DOUBLE CHECK (score BETWEEN 0 AND 1),
    strict_score DOUBLE CHECK (strict_score BETWEEN 0 AND 1),
    strict_return DOUBLE,
    fallbacks INTEGER NOT NULL
);

CREATE TABLE decisions (
    episode_id VARCHAR NOT NULL,
    ply INTEGER NOT NULL,
    seat INTEGER NOT NULL,
    agent VARCHAR NOT NULL,
    observation VARCHAR NOT NULL,
    legal JSON NOT NULL,
    action BIGINT,
    label VARCHAR,
    status VARCHAR NOT NULL CHECK (status IN ('ok', 'rethought', 'fallback', 'forfeit')),
    attempts INTEGER NOT NULL,
    reasoning VARCHAR,
    latency_s DOUBLE,
    prompt_tokens BIGINT,
    completion_tokens BIGINT,
    cost_usd DOUBLE,
    best_value DOUBLE,
    value DOUBLE,
    regret DOUBLE CHECK (regret >= 0),
    optimal BOOLEAN,
    trivial BOOLEAN,
    oracle VARCHAR
);

-- What control variates add to the strict returns of margin games; see analysis/control_variates.py.
CREATE TABLE corrections (
    episode_id VARCHAR NOT NULL,
    seat INTEGER NOT NULL,
    correction DOUBLE, -- NULL if an agent made a move that its known policy rules out
    value_function VARCHAR NOT NULL
);

CREATE TABLE exploitability_estimates (
    game VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    policy VARCHAR NOT NULL CHECK (policy IN ('generated', 'likelihood', 'greedy', 'stated')),
    k INTEGER,
    states INTEGER NOT NULL,
    exploitability DOUBLE NOT NULL CHECK (exploitability >= 0),
    equilibrium_mean DOUBLE,
    equilibrium_low DOUBLE,
    equilibrium_high DOUBLE,
    p DOUBLE,
    reason VARCHAR,
    uniform DOUBLE NOT NULL,
    replies INTEGER NOT NULL,
    fallbacks INTEGER NOT NULL,
    reference VARCHAR NOT NULL
);

CREATE TABLE calls (
    episode_id VARCHAR NOT NULL,
    ply INTEGER NOT NULL,
    seat INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    backend VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    model_served VARCHAR,
    messages JSON NOT NULL,
    reply VARCHAR NOT NULL,
    reasoning VARCHAR,
    finish_reason VARCHAR NOT NULL,
    failure VARCHAR CHECK (
        failure IN ('truncated', 'empty', 'refused', 'unparsable', 'illegal')
    ),
    prompt_tokens BIGINT,
    completion_tokens BIGINT,
    reasoning_tokens BIGINT,
    cached_tokens BIGINT,
    latency_s DOUBLE,
    transport_attempts INTEGER NOT NULL,
    replayed BOOLEAN NOT NULL,
    likelihoods JSON,
    fingerprint VARCHAR,
    maybe_billed INTEGER
);

-- Everything that agents were asked for, whole games and single moves.
CREATE VIEW tasks AS
SELECT episode_id, 'episode' AS task, run_id, game, status FROM episodes
UNION ALL
SELECT episode_id, task, run_id, game, status FROM single_moves;

-- The decisions of single moves, with the columns of decisions. Moves of models that could not be
-- reached are left out.
CREATE VIEW positions AS
SELECT game, number AS position, decisions.*
FROM decisions JOIN single_moves AS asked USING (episode_id)
WHERE asked.task = 'position' AND asked.status <> 'error';

CREATE VIEW probes AS
SELECT game, number AS probe, sample, decisions.*
FROM decisions JOIN single_moves AS asked USING (episode_id)
WHERE asked.task = 'probe' AND asked.status <> 'error';
