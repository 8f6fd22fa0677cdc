-- What players said about their moves. reasoning_tables.py fills these tables once per build.

CREATE TABLE reasoning_texts (
    episode_id VARCHAR NOT NULL,
    ply INTEGER NOT NULL,
    seat INTEGER NOT NULL,
    main VARCHAR NOT NULL,
    mentioned VARCHAR NOT NULL
);

COMMENT ON TABLE reasoning_texts IS 'Each decision with reasoning text, sorted by the rules of reasoning.yaml.';
COMMENT ON COLUMN reasoning_texts.episode_id IS 'name | the episode | decisions.episode_id';
COMMENT ON COLUMN reasoning_texts.ply IS 'number from 0 | the decision | decisions.ply';
COMMENT ON COLUMN reasoning_texts.seat IS 'number from 0 | the seat | decisions.seat';
COMMENT ON COLUMN reasoning_texts.main IS 'name | the category with the most different cues, the first named among equals; uncategorised without a cue | decisions.reasoning';
COMMENT ON COLUMN reasoning_texts.mentioned IS 'names, separated by commas | all categories with a cue, in the order of their first mention | decisions.reasoning';

CREATE TABLE reasoning_shares (
    game VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    category VARCHAR NOT NULL,
    texts INTEGER NOT NULL,
    main INTEGER NOT NULL,
    share DOUBLE NOT NULL,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR,
    first_third DOUBLE,
    middle_third DOUBLE,
    last_third DOUBLE,
    change DOUBLE,
    change_low DOUBLE,
    change_high DOUBLE,
    change_reason VARCHAR
);

COMMENT ON TABLE reasoning_shares IS 'The rows of the view reasoning, which describes them.';

CREATE TABLE reasoning_entropies (
    game VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    part VARCHAR NOT NULL,
    texts INTEGER NOT NULL,
    categorised INTEGER NOT NULL,
    categories INTEGER NOT NULL,
    plain_entropy DOUBLE,
    entropy DOUBLE,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR
);

COMMENT ON TABLE reasoning_entropies IS 'The rows of the view reasoning_variety, which describes them.';

-- Thirds of an episode, by its decisions. With fewer than three, some thirds are empty.
CREATE VIEW sorted_texts AS
SELECT
    game, agent, deal, main, mentioned,
    least(ply * 3 // plies, 2)::INTEGER AS third
FROM reasoning_texts
JOIN decisions USING (episode_id, ply, seat)
JOIN episodes USING (episode_id);

COMMENT ON VIEW sorted_texts IS 'The reasoning texts of episodes with their categories and their place in the episode.';
COMMENT ON COLUMN sorted_texts.game IS 'name | the game | games.game';
COMMENT ON COLUMN sorted_texts.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN sorted_texts.deal IS 'number from 0 | the deal | episodes.deal';
COMMENT ON COLUMN sorted_texts.main IS 'name | the category with the most different cues | reasoning_texts.main';
COMMENT ON COLUMN sorted_texts.mentioned IS 'names, separated by commas | all categories with a cue | reasoning_texts.mentioned';
COMMENT ON COLUMN sorted_texts.third IS '0, 1 or 2 | the third of the episode, by its decisions; with fewer than three decisions, some thirds are empty | decisions.ply';
