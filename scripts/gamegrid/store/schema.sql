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
    hosted BOOLEAN,
    params JSON NOT NULL,
    sweep VARCHAR,
    draws_luck BOOLEAN,
    policy_known BOOLEAN NOT NULL,
    baseline VARCHAR CHECK (baseline IN ('random', 'optimal')),
    ladder VARCHAR,
    ladder_setting DOUBLE,
    ladder_scale VARCHAR CHECK (ladder_scale IN ('linear', 'log')),
    ladder_rising BOOLEAN,
    input_price DOUBLE,
    output_price DOUBLE,
    cached_price DOUBLE,
    price_source VARCHAR
);

COMMENT ON TABLE agents IS 'The agents of the grid. What an agent''s file declares for its settings is here, too.';
COMMENT ON COLUMN agents.agent IS 'name | the agent | configuration';
COMMENT ON COLUMN agents.type IS 'word | the agent type | configuration';
COMMENT ON COLUMN agents.backend IS 'name | the backend; NULL for an agent without a model | configuration';
COMMENT ON COLUMN agents.model IS 'name | the model''s id; NULL for an agent without a model | configuration';
COMMENT ON COLUMN agents.hosted IS 'true or false | whether a provider or a server runs the model; NULL for an agent without a model | model entry';
COMMENT ON COLUMN agents.params IS 'JSON object | all settings of the agent that can change its moves | configuration';
COMMENT ON COLUMN agents.sweep IS 'name | the entry of the configuration whose sweep made the agent; NULL if none did | configuration';
COMMENT ON COLUMN agents.draws_luck IS 'true or false | whether the agent may answer a question differently in another deal, as its file declares; NULL if the settings do not tell. The view luck says what counts | agent''s file';
COMMENT ON COLUMN agents.policy_known IS 'true or false | whether the probabilities of its moves are known | agent''s file';
COMMENT ON COLUMN agents.baseline IS 'random or optimal | the baseline that the agent is; NULL if it is neither | agent''s file';
COMMENT ON COLUMN agents.ladder IS 'name | the ladder of bots that it stands on; NULL if none | agent''s file';
COMMENT ON COLUMN agents.ladder_setting IS 'setting | the setting that makes it stronger or weaker, such as simulations; NULL without a ladder | agent''s file';
COMMENT ON COLUMN agents.ladder_scale IS 'linear or log | how settings of the ladder are spaced; NULL without a ladder | agent''s file';
COMMENT ON COLUMN agents.ladder_rising IS 'true or false | whether a higher setting plays stronger; NULL without a ladder | agent''s file';
COMMENT ON COLUMN agents.input_price IS 'USD per million tokens | price of prompt tokens; NULL if unknown | model entry';
COMMENT ON COLUMN agents.output_price IS 'USD per million tokens | price of completion tokens; NULL if unknown | model entry';
COMMENT ON COLUMN agents.cached_price IS 'USD per million tokens | price of prompt tokens read from the provider''s cache; NULL if unknown | model entry';
COMMENT ON COLUMN agents.price_source IS 'words | where the prices come from; NULL without prices | model entry';

CREATE TABLE ladder (
    suite VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    rating DOUBLE,
    se DOUBLE,
    correlations JSON
);

COMMENT ON TABLE ladder IS 'The bots of the suite that the grid names, rated by the suite''s frozen games alone.';
COMMENT ON COLUMN ladder.suite IS 'name | the suite | configuration';
COMMENT ON COLUMN ladder.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN ladder.rating IS 'rating points | rating against the first bot of the ladder; NULL if the frozen games do not rate it | suite';
COMMENT ON COLUMN ladder.se IS 'rating points | standard error of the rating | suite';
COMMENT ON COLUMN ladder.correlations IS 'JSON object | correlation of the error of its rating with that of each other bot, by name | suite';

CREATE TABLE games (
    game VARCHAR NOT NULL,
    load_string VARCHAR NOT NULL,
    players INTEGER NOT NULL,
    scoring VARCHAR NOT NULL CHECK (scoring IN ('win_loss', 'margin', 'payoff', 'solo')),
    luck VARCHAR NOT NULL,
    opening_plies INTEGER NOT NULL,
    different_deals INTEGER,
    family VARCHAR NOT NULL,
    hidden_information BOOLEAN NOT NULL,
    chance BOOLEAN NOT NULL,
    oracle VARCHAR NOT NULL,
    generic BOOLEAN NOT NULL,
    disguise_of VARCHAR,
    lowest_return DOUBLE,
    highest_return DOUBLE,
    cooperate INTEGER
);

COMMENT ON TABLE games IS 'The games of the grid.';
COMMENT ON COLUMN games.game IS 'name | the game | configuration';
COMMENT ON COLUMN games.load_string IS 'OpenSpiel''s notation | the game with its parameters, for pyspiel.load_game | game''s file';
COMMENT ON COLUMN games.players IS 'seats | number of seats | game''s file';
COMMENT ON COLUMN games.scoring IS 'win_loss, margin, payoff or solo | what counts in the game | game''s file';
COMMENT ON COLUMN games.luck IS 'name | what keys the deals: games with the same luck share their deals | game''s file';
COMMENT ON COLUMN games.opening_plies IS 'plies | random plies that open each deal; 0 if none do | configuration';
COMMENT ON COLUMN games.different_deals IS 'deals | number of different deals, which a round of a balanced grid holds once each; NULL in other grids | computed';
COMMENT ON COLUMN games.family IS 'name | the family of the game: variants of one game share it and weigh as one in averages over games | game''s file';
COMMENT ON COLUMN games.hidden_information IS 'true or false | whether a seat may not know the whole state | game''s file';
COMMENT ON COLUMN games.chance IS 'true or false | whether the rules contain chance events | game''s file';
COMMENT ON COLUMN games.oracle IS 'word | how best play is computed: exact, equilibrium or none | game''s file';
COMMENT ON COLUMN games.generic IS 'true or false | whether the game is played in OpenSpiel''s words, without a rules text of its own | game''s file';
COMMENT ON COLUMN games.disguise_of IS 'OpenSpiel''s notation | load string of the built-in game that it retells; NULL if it is no disguise | game''s file';
COMMENT ON COLUMN games.lowest_return IS 'the game''s own units | lowest return that the rules allow; NULL if unknown | game''s file';
COMMENT ON COLUMN games.highest_return IS 'the game''s own units | highest return that the rules allow; NULL if unknown | game''s file';
COMMENT ON COLUMN games.cooperate IS 'action | the action that cooperates; NULL if the game is no dilemma | game''s file';

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
    value_function VARCHAR
);

COMMENT ON TABLE runs IS 'The play jobs whose episodes are here: what was run, when, where and with which versions.';
COMMENT ON COLUMN runs.run_id IS 'name | the play job | harness';
COMMENT ON COLUMN runs.started_at IS 'time, UTC | when the job started | harness';
COMMENT ON COLUMN runs.config IS 'JSON object | the configuration as the job read it | configuration';
COMMENT ON COLUMN runs.code_version IS 'version | gamegrid''s version and, from a checkout, its commit | harness';
COMMENT ON COLUMN runs.interpreter IS 'version | the Python interpreter | harness';
COMMENT ON COLUMN runs.packages IS 'JSON object | versions of the packages, by name | harness';
COMMENT ON COLUMN runs.host IS 'JSON object | the machine: system, architecture, cores | harness';
COMMENT ON COLUMN runs.wall_s IS 'seconds | time from the start of the first episode to the end of the last; NULL if unknown | harness';
COMMENT ON COLUMN runs.gpus IS 'GPUs | number of GPUs that the job held; NULL if unknown | harness';
COMMENT ON COLUMN runs.models IS 'JSON object | what is known about each model that the job asked, such as the weights, by id | harness';
COMMENT ON COLUMN runs.prompts IS 'JSON object | SHA-256 of each prompt template, by name | harness';
COMMENT ON COLUMN runs.value_function IS 'name | the value function on record for the game before its first deal; NULL if there was none | value_functions.jsonl';

CREATE TABLE result_tables (
    name VARCHAR NOT NULL,
    place INTEGER NOT NULL
);

COMMENT ON TABLE result_tables IS 'The views that become files in tables/.';
COMMENT ON COLUMN result_tables.name IS 'name | the view | header of its file';
COMMENT ON COLUMN result_tables.place IS 'number from 1 | its place in the order of the tables: lower ones first | header of its file';

CREATE TABLE grid (
    usd_per_gpu_hour DOUBLE,
    interim VARCHAR,
    shard VARCHAR
);

COMMENT ON TABLE grid IS 'What the tables need from the configuration: one row.';
COMMENT ON COLUMN grid.usd_per_gpu_hour IS 'USD per hour | price of a GPU; NULL if not stated | configuration';
COMMENT ON COLUMN grid.interim IS 'words | how much of the grid is here; NULL if all of it is | computed';
COMMENT ON COLUMN grid.shard IS 'part/parts | which part of the deals of a grid these are, as in 2/8; NULL if they are all | configuration';

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
COMMENT ON COLUMN control_plays.matchup IS 'name | the matchup that it stands for, as in expectations.matchup | computed';
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

COMMENT ON TABLE episodes IS 'Whole games, one row each. Single moves in positions and probes are in single_moves. Leave out rows with status error: the next run plays them again.';
COMMENT ON COLUMN episodes.episode_id IS 'name | the episode | computed';
COMMENT ON COLUMN episodes.run_id IS 'name | the play job | runs.run_id';
COMMENT ON COLUMN episodes.matchup IS 'name | the matchup: the agents that meet, whatever their seats, joined by -- | configuration';
COMMENT ON COLUMN episodes.game IS 'name | the game | games.game';
COMMENT ON COLUMN episodes.deal IS 'number from 0 | the deal | configuration';
COMMENT ON COLUMN episodes.seating IS 'number from 0 | which assignment of the agents to seats it is | configuration';
COMMENT ON COLUMN episodes.seed IS 'number | the seed that all luck is drawn from | configuration';
COMMENT ON COLUMN episodes.status IS 'complete, forfeited, truncated or error | how it ended: played to the end; given up for lack of a usable reply; cut off at the ply limit; a transport error | harness';
COMMENT ON COLUMN episodes.plies IS 'plies | number of decisions; the opening and chance events do not count | harness';
COMMENT ON COLUMN episodes.trajectory IS 'JSON list | all actions in order, chance events and the opening included; moves made at once are a list within it | harness';
COMMENT ON COLUMN episodes.duration_s IS 'seconds | wall time of the episode | harness';
COMMENT ON COLUMN episodes.error IS 'words | what went wrong; NULL unless status is error | harness';

CREATE TABLE single_moves (
    episode_id VARCHAR NOT NULL,
    task VARCHAR NOT NULL CHECK (task IN ('position', 'probe')),
    run_id VARCHAR NOT NULL,
    game VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    sample INTEGER NOT NULL,
    seed BIGINT NOT NULL,
    status VARCHAR NOT NULL CHECK (status IN ('complete', 'forfeited', 'truncated', 'error')),
    trajectory JSON NOT NULL,
    duration_s DOUBLE NOT NULL,
    error VARCHAR
);

COMMENT ON TABLE single_moves IS 'Moves that an agent was asked for outside its games: in a position of a game''s suite, or as a sample of its policy in an information state (probe). Their decisions and calls are filed under their episode_id. There is no result, and so no row in seats.';
COMMENT ON COLUMN single_moves.episode_id IS 'name | the single move | computed';
COMMENT ON COLUMN single_moves.task IS 'episode, position or probe | what the agent was asked for | configuration';
COMMENT ON COLUMN single_moves.run_id IS 'name | the play job | runs.run_id';
COMMENT ON COLUMN single_moves.game IS 'name | the game | games.game';
COMMENT ON COLUMN single_moves.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN single_moves.number IS 'number from 0 | the position or the probe | configuration';
COMMENT ON COLUMN single_moves.sample IS 'number from 0 | the sample of the probe; 0 for positions | configuration';
COMMENT ON COLUMN single_moves.seed IS 'number | the seed that all luck is drawn from | configuration';
COMMENT ON COLUMN single_moves.status IS 'complete, forfeited, truncated or error | how it ended, as in episodes | harness';
COMMENT ON COLUMN single_moves.trajectory IS 'JSON list | the actions that lead to the question, then the move | harness';
COMMENT ON COLUMN single_moves.duration_s IS 'seconds | wall time of the single move | harness';
COMMENT ON COLUMN single_moves.error IS 'words | what went wrong; NULL unless status is error | harness';

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

COMMENT ON TABLE seats IS 'The result of each seat of each episode.';
COMMENT ON COLUMN seats.episode_id IS 'name | the episode | episodes.episode_id';
COMMENT ON COLUMN seats.seat IS 'number from 0 | the seat | configuration';
COMMENT ON COLUMN seats.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN seats."return" IS 'the game''s own units | what the seat received at the end; NULL unless the episode is complete | OpenSpiel';
COMMENT ON COLUMN seats.normalized_return IS 'share of the way | return on the scale from random play (0) to the best expected return against random play (1); NULL without a scale | return_scales.reference_return';
COMMENT ON COLUMN seats.score IS '0 to 1 | result in win_loss games, where a draw is one half; NULL in others and in episodes with status error | harness';
COMMENT ON COLUMN seats.strict_score IS '0 to 1 | what score would be if the first fallback of the episode had been a forfeit | harness';
COMMENT ON COLUMN seats.strict_return IS 'the game''s own units | in margin games, what return would be if the first fallback had been a forfeit, which costs the worst return that the rules allow; NULL in other games, in episodes with status error, and in truncated ones without a fallback | harness';
COMMENT ON COLUMN seats.fallbacks IS 'moves | random moves made in place of the agent | harness';

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

COMMENT ON TABLE decisions IS 'Every choice of a move by a seat, in episodes and in single moves. The columns from best_value on are the oracle''s; they are NULL where there is none.';
COMMENT ON COLUMN decisions.episode_id IS 'name | the episode or single move | tasks.episode_id';
COMMENT ON COLUMN decisions.ply IS 'number from 0 | the decision: openings and chance events do not count | harness';
COMMENT ON COLUMN decisions.seat IS 'number from 0 | the seat | OpenSpiel';
COMMENT ON COLUMN decisions.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN decisions.observation IS 'text | what the seat saw, in words | game''s file';
COMMENT ON COLUMN decisions.legal IS 'JSON list | labels of the legal moves, in the game''s order | game''s file';
COMMENT ON COLUMN decisions.action IS 'action | the action played; NULL for a forfeit | agent';
COMMENT ON COLUMN decisions.label IS 'label | the same as the agent and the reader see it; NULL for a forfeit | game''s file';
COMMENT ON COLUMN decisions.status IS 'ok, rethought, fallback or forfeit | whose move it was: the agent''s own at the first attempt or at a later one, a random one in its place, or none | harness';
COMMENT ON COLUMN decisions.attempts IS 'replies | number of replies that were asked for; 0 for bots | harness';
COMMENT ON COLUMN decisions.reasoning IS 'text | the reasoning that came with the move; NULL if there was none | calls.reasoning';
COMMENT ON COLUMN decisions.latency_s IS 'seconds | time of the successful requests of all attempts; NULL if unknown | calls.latency_s';
COMMENT ON COLUMN decisions.prompt_tokens IS 'tokens | tokens of all prompts; NULL if the provider stated none | calls.prompt_tokens';
COMMENT ON COLUMN decisions.completion_tokens IS 'tokens | tokens of all replies; NULL if the provider stated none | calls.completion_tokens';
COMMENT ON COLUMN decisions.cost_usd IS 'USD | these tokens at the model''s prices; NULL if tokens or price are unknown, and for bots | agents.input_price';
COMMENT ON COLUMN decisions.best_value IS 'the game''s own units | value of the best move; NULL if unknown | oracle';
COMMENT ON COLUMN decisions.value IS 'the game''s own units | value of the move played; NULL if unknown | oracle';
COMMENT ON COLUMN decisions.regret IS 'the game''s own units | best_value minus value: 0 for a best move; NULL if unknown | oracle';
COMMENT ON COLUMN decisions.optimal IS 'true or false | whether the move is a best one; NULL if unknown, and under hidden information | oracle';
COMMENT ON COLUMN decisions.trivial IS 'true or false | whether all legal moves have the same value; NULL if unknown | oracle';
COMMENT ON COLUMN decisions.oracle IS 'word | which oracle judged the move; NULL if none did | oracle';

CREATE TABLE corrections (
    episode_id VARCHAR NOT NULL,
    seat INTEGER NOT NULL,
    correction DOUBLE,
    value_function VARCHAR NOT NULL
);

COMMENT ON TABLE corrections IS 'What control variates add to the strict returns of margin games.';
COMMENT ON COLUMN corrections.episode_id IS 'name | the episode | episodes.episode_id';
COMMENT ON COLUMN corrections.seat IS 'number from 0 | the seat | seats.seat';
COMMENT ON COLUMN corrections.correction IS 'the game''s own units | the amount to add to strict_return: its mean is 0; NULL if an agent made a move that its known policy rules out | computed';
COMMENT ON COLUMN corrections.value_function IS 'name | the value function that it rests on | value_functions.jsonl';

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

COMMENT ON TABLE exploitability_estimates IS 'The rows of the view exploitability, which describes them.';

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
        failure IN (
            'truncated', 'context_overflow', 'empty', 'refused', 'unparsable', 'illegal'
        )
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

COMMENT ON TABLE calls IS 'Every request to a model with its reply, in episodes and in single moves.';
COMMENT ON COLUMN calls.episode_id IS 'name | the episode or single move | tasks.episode_id';
COMMENT ON COLUMN calls.ply IS 'number from 0 | the decision | decisions.ply';
COMMENT ON COLUMN calls.seat IS 'number from 0 | the seat | decisions.seat';
COMMENT ON COLUMN calls.attempt IS 'number from 0 | 0 for the first attempt; each rethink adds 1 | harness';
COMMENT ON COLUMN calls.backend IS 'name | the backend | agents.backend';
COMMENT ON COLUMN calls.model IS 'name | the model''s id | agents.model';
COMMENT ON COLUMN calls.model_served IS 'name | the model that the provider says answered; NULL if it does not say | provider';
COMMENT ON COLUMN calls.messages IS 'JSON list | the messages that were sent: role and content | template';
COMMENT ON COLUMN calls.reply IS 'text | the text of the reply | provider';
COMMENT ON COLUMN calls.reasoning IS 'text | the reasoning of the reply: sent in a field of its own, cut from the text, or a key of its JSON; NULL if there is none | provider';
COMMENT ON COLUMN calls.finish_reason IS 'word | why the reply ended, in gamegrid''s words | provider';
COMMENT ON COLUMN calls.failure IS 'truncated, context_overflow, empty, refused, unparsable or illegal | why the reply named no legal move; NULL if it named one | harness';
COMMENT ON COLUMN calls.prompt_tokens IS 'tokens | tokens of the prompt; NULL if the provider stated none | provider';
COMMENT ON COLUMN calls.completion_tokens IS 'tokens | tokens of the reply, reasoning included; NULL if the provider stated none | provider';
COMMENT ON COLUMN calls.reasoning_tokens IS 'tokens | tokens of the reasoning among them; NULL if the provider stated none | provider';
COMMENT ON COLUMN calls.cached_tokens IS 'tokens | prompt tokens that the provider, or the engine of a local model, had read before and took from its cache; NULL if it stated none | provider';
COMMENT ON COLUMN calls.latency_s IS 'seconds | time of the successful request; NULL if unknown | harness';
COMMENT ON COLUMN calls.transport_attempts IS 'requests | requests sent, including retries after transport errors | harness';
COMMENT ON COLUMN calls.replayed IS 'true or false | whether the reply came from the journal, without a request | harness';
COMMENT ON COLUMN calls.likelihoods IS 'JSON object | log-likelihood of each legal label, for scored calls; NULL for others | provider';
COMMENT ON COLUMN calls.fingerprint IS 'name | the provider''s identifier of the configuration that answered; NULL if it states none | provider';
COMMENT ON COLUMN calls.maybe_billed IS 'requests | requests whose answer was lost in transit and may have been billed | harness';

CREATE VIEW tasks AS
SELECT episode_id, 'episode' AS task, run_id, game, status FROM episodes
UNION ALL
SELECT episode_id, task, run_id, game, status FROM single_moves;

COMMENT ON VIEW tasks IS 'Everything that agents were asked for: whole games and single moves.';
COMMENT ON COLUMN tasks.episode_id IS 'name | the episode or single move | episodes.episode_id';
COMMENT ON COLUMN tasks.task IS 'episode, position or probe | what the agent was asked for | single_moves.task';
COMMENT ON COLUMN tasks.run_id IS 'name | the play job | runs.run_id';
COMMENT ON COLUMN tasks.game IS 'name | the game | games.game';
COMMENT ON COLUMN tasks.status IS 'complete, forfeited, truncated or error | how it ended | episodes.status';

CREATE VIEW positions AS
SELECT game, number AS position, decisions.*
FROM decisions JOIN single_moves AS asked USING (episode_id)
WHERE asked.task = 'position' AND asked.status <> 'error';

COMMENT ON VIEW positions IS 'The decisions in the positions of each game''s suite. Single moves with status error are left out.';
COMMENT ON COLUMN positions.game IS 'name | the game | games.game';
COMMENT ON COLUMN positions.position IS 'number from 0 | the position | single_moves.number';

CREATE VIEW probes AS
SELECT game, number AS probe, sample, decisions.*
FROM decisions JOIN single_moves AS asked USING (episode_id)
WHERE asked.task = 'probe' AND asked.status <> 'error';

COMMENT ON VIEW probes IS 'The decisions in the information states in which agents were probed. Single moves with status error are left out.';
COMMENT ON COLUMN probes.game IS 'name | the game | games.game';
COMMENT ON COLUMN probes.probe IS 'number from 0 | the information state | single_moves.number';
COMMENT ON COLUMN probes.sample IS 'number from 0 | the sample | single_moves.sample';
