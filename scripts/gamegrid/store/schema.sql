-- The tables of the database. Unknown is NULL everywhere; timestamps are UTC.
-- Uniqueness is asserted by checks.sql: an index would outweigh the data it guards.

-- Prices are per million tokens. NULL where tokens or price are unknown. Prompt tokens that the
-- provider read from its cache cost less where that price is known.
CREATE MACRO usd(prompt, cached, completion, input_price, cached_price, output_price) AS (
    prompt * input_price
    - least(coalesce(cached, 0), prompt) * (input_price - coalesce(cached_price, input_price))
    + completion * output_price
) / 1e6;

CREATE TABLE agents (
    agent VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    backend VARCHAR,
    model VARCHAR,
    hosted BOOLEAN, -- whether a provider or a server runs the model; NULL for agents without one
    params JSON NOT NULL,
    input_price DOUBLE,
    output_price DOUBLE,
    cached_price DOUBLE,
    price_source VARCHAR
);

-- The bots of the suite that the grid names, rated by their frozen games alone.
CREATE TABLE ladder (
    suite VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    rating DOUBLE, -- rating points against the ladder's first bot; NULL where these games rate it not
    se DOUBLE, -- standard error of it
    correlations JSON -- of its error with those of other bots
);

CREATE TABLE games (
    game VARCHAR NOT NULL,
    load_string VARCHAR NOT NULL,
    players INTEGER NOT NULL,
    scoring VARCHAR NOT NULL CHECK (scoring IN ('win_loss', 'margin', 'payoff', 'solo')),
    family VARCHAR NOT NULL,
    hidden_information BOOLEAN NOT NULL,
    chance BOOLEAN NOT NULL,
    oracle VARCHAR NOT NULL,
    generic BOOLEAN NOT NULL,
    disguise_of VARCHAR,
    lowest_return DOUBLE,
    highest_return DOUBLE,
    cooperate INTEGER -- the action that cooperates; NULL where the game is no dilemma
);

-- Computed beside the grid from the rules alone, never from episodes.
CREATE TABLE return_scales (
    game VARCHAR NOT NULL,
    seat INTEGER NOT NULL,
    random_return DOUBLE,
    reference_return DOUBLE,
    reason VARCHAR,
    value DOUBLE,
    every_time BOOLEAN NOT NULL,
    best_joint_return DOUBLE
);

COMMENT ON TABLE return_scales IS 'What is known of each seat of each game without playing it. The scale of normalized returns runs from random_return (0) to reference_return (1).';
COMMENT ON COLUMN return_scales.game IS 'name | the game | games.game';
COMMENT ON COLUMN return_scales.seat IS 'number from 0 | the seat | seats.seat';
COMMENT ON COLUMN return_scales.random_return IS 'the game''s own units | expected return where every seat moves at random, over all deals that there can be; NULL where the game is too large to enumerate | enumeration';
COMMENT ON COLUMN return_scales.reference_return IS 'the game''s own units | the same where this seat does best against the others'' random moves: no player can expect more from them. NULL where that is not computed | enumeration';
COMMENT ON COLUMN return_scales.reason IS 'words | why there is no scale from the one to the other; NULL where there is one | enumeration';
COMMENT ON COLUMN return_scales.value IS '0 to 1 in win_loss games, else the game''s own units | what best play is sure of in the mean, whoever the opponent; NULL without an oracle | oracle';
COMMENT ON COLUMN return_scales.every_time IS 'true or false | whether best play gets no less in any single episode: an exact oracle, and nothing left to luck | oracle';
COMMENT ON COLUMN return_scales.best_joint_return IS 'the game''s own units | in payoff games the largest expected sum of all returns, were the seats one player; NULL where it is not known | enumeration';

CREATE TABLE expectations (
    game VARCHAR NOT NULL,
    matchup VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    seat INTEGER NOT NULL,
    result DOUBLE NOT NULL,
    chance DOUBLE NOT NULL
);

COMMENT ON TABLE expectations IS 'How likely each result of bots of known policies is, by enumeration: what controls are held against.';
COMMENT ON COLUMN expectations.game IS 'name | the game | games.game';
COMMENT ON COLUMN expectations.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN expectations.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN expectations.seat IS 'number from 0 | the seat it sits in | seats.seat';
COMMENT ON COLUMN expectations.result IS 'as score in win_loss games, else as return | a result of an episode | enumeration';
COMMENT ON COLUMN expectations.chance IS '0 to 1 | its probability; those of an agent in a seat add up to 1 | enumeration';

CREATE TABLE best_responses (
    game VARCHAR NOT NULL,
    matchup VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    best_return DOUBLE,
    reason VARCHAR
);

COMMENT ON TABLE best_responses IS 'What each agent of a matchup could have expected, had it known how all others there play: in payoff and solo games.';
COMMENT ON COLUMN best_responses.game IS 'name | the game | games.game';
COMMENT ON COLUMN best_responses.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN best_responses.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN best_responses.best_return IS 'the game''s own units | expected return of the best response to the others'' policies, the mean over the seats the agent takes; it sees what the seat may see and no more. NULL: see reason | enumeration';
COMMENT ON COLUMN best_responses.reason IS 'words | why it is NULL: an opponent''s policy is not known (a model''s, a search''s), the game is too large to enumerate or can be cut off; NULL where it is known | enumeration';

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
    prompts JSON
);

-- What of the configuration the tables need; one row.
CREATE TABLE grid (
    usd_per_gpu_hour DOUBLE,
    interim VARCHAR -- how much of the grid is here, in words; NULL where it is all there
);

CREATE TABLE control_plays (
    game VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    seat INTEGER NOT NULL,
    deal INTEGER NOT NULL,
    result DOUBLE NOT NULL
);

COMMENT ON TABLE control_plays IS 'Self-play of the bots random and optimal beside the grid, on its own luck: for controls alone.';
COMMENT ON COLUMN control_plays.game IS 'name | the game | games.game';
COMMENT ON COLUMN control_plays.agent IS 'name | the type of bot | agents.type';
COMMENT ON COLUMN control_plays.seat IS 'number from 0 | the seat | seats.seat';
COMMENT ON COLUMN control_plays.deal IS 'number from 0 | the deal | episodes.deal';
COMMENT ON COLUMN control_plays.result IS 'as score in win_loss games, else as return | what it got there | played';

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

-- One move in each position of a suite, the same positions for every agent: no game was played on
-- from there. The columns are those of decisions.
CREATE TABLE positions AS
SELECT NULL::VARCHAR AS game, NULL::INTEGER AS position, * FROM decisions LIMIT 0;

-- The moves behind the policies that agents were asked for, in every information state of a game.
CREATE TABLE probes AS
SELECT NULL::VARCHAR AS game, NULL::INTEGER AS probe, NULL::INTEGER AS sample, * FROM decisions
LIMIT 0;

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

-- The calls behind positions and probes, which belong to no episode: their episode_id is that of the
-- move there. The columns are those of calls.
CREATE TABLE calls_alone AS
SELECT NULL::VARCHAR AS asked, NULL::VARCHAR AS game, NULL::VARCHAR AS agent, * FROM calls LIMIT 0;
