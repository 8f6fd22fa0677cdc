-- What players said of their moves: filled by reasoning.py, once per build.

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
COMMENT ON COLUMN reasoning_texts.main IS 'name | the category with the most different cues, the first named of equals; uncategorised where there is no cue | decisions.reasoning';
COMMENT ON COLUMN reasoning_texts.mentioned IS 'names, by commas | all categories with a cue, in the order they are named in | decisions.reasoning';

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

-- Thirds of an episode by its decisions: with fewer than three, some have none.
CREATE VIEW sorted_texts AS
SELECT
    game, agent, deal, main, mentioned,
    least(ply * 3 // plies, 2)::INTEGER AS third
FROM reasoning_texts
JOIN decisions USING (episode_id, ply, seat)
JOIN episodes USING (episode_id);


CREATE VIEW reasoning AS
WITH mentions AS (
    SELECT game, agent, category, count(*) AS mentioned
    FROM (
        SELECT game, agent, unnest(string_split(mentioned, ',')) AS category FROM sorted_texts
    )
    GROUP BY game, agent, category
)

SELECT
    agent, game, category, texts, main, share, low, high, reason,
    CASE WHEN category <> 'uncategorised' THEN coalesce(mentioned, 0) / texts END AS mentioned,
    first_third, middle_third, last_third, change, change_low, change_high, change_reason
FROM reasoning_shares LEFT JOIN mentions USING (game, agent, category)
WHERE main > 0 OR mentioned > 0 OR category = 'uncategorised'
ORDER BY game, agent, category = 'uncategorised', share DESC, mentioned DESC, category;

COMMENT ON VIEW reasoning IS
'What agents say of the moves they made themselves, sorted by rules into categories by the words they use (English only). It tells what is said, not what was thought, and not whether it is true. Self-play included; agents that give no reasons have no row.';
COMMENT ON COLUMN reasoning.agent IS 'name | the agent | decisions.agent';
COMMENT ON COLUMN reasoning.game IS 'name | the game | games.game';
COMMENT ON COLUMN reasoning.category IS 'name | what the text is about; uncategorised: no cue of any category was found | reasoning_texts.main';
COMMENT ON COLUMN reasoning.texts IS 'decisions | decisions of the agent in the game with reasoning text | decisions.reasoning';
COMMENT ON COLUMN reasoning.main IS 'decisions | those of them that this category carries: it has the most different cues, or is named first among equals | reasoning_texts.main';
COMMENT ON COLUMN reasoning.share IS '0 to 1 | main over texts; the shares of an agent in a game add up to 1 | reasoning_texts.main';
COMMENT ON COLUMN reasoning.low IS '0 to 1 | lower end of the 95 % interval of share; the texts of a deal are one observation; NULL: see reason | computed';
COMMENT ON COLUMN reasoning.high IS '0 to 1 | upper end of the same interval | computed';
COMMENT ON COLUMN reasoning.reason IS 'words | why there is no interval; NULL where there is one | computed';
COMMENT ON COLUMN reasoning.mentioned IS '0 to 1 | share of the texts with at least one cue of the category, whichever carries them; these do not add up to 1; NULL for uncategorised | reasoning_texts.mentioned';
COMMENT ON COLUMN reasoning.first_third IS '0 to 1 | share in the first third of the decisions of an episode; NULL without texts there | reasoning_texts.main';
COMMENT ON COLUMN reasoning.middle_third IS '0 to 1 | share in the middle third | reasoning_texts.main';
COMMENT ON COLUMN reasoning.last_third IS '0 to 1 | share in the last third | reasoning_texts.main';
COMMENT ON COLUMN reasoning.change IS '-1 to 1 | last_third less first_third; NULL without texts in both | reasoning_texts.main';
COMMENT ON COLUMN reasoning.change_low IS '-1 to 1 | lower end of its 95 % interval over deals; NULL: see change_reason | computed';
COMMENT ON COLUMN reasoning.change_high IS '-1 to 1 | upper end of the same interval | computed';
COMMENT ON COLUMN reasoning.change_reason IS 'words | why change has no interval, no deals standing for no texts in the first or the last third; NULL where there is one | computed';


CREATE VIEW reasoning_variety AS
SELECT
    agent, game, part, texts, categorised, categories, plain_entropy, entropy, low, high, reason
FROM reasoning_entropies
ORDER BY game, agent, list_position(['all', 'first', 'middle', 'last'], part);

COMMENT ON VIEW reasoning_variety IS
'How varied the reasons are that an agent gives: Shannon''s entropy of the categories that carry its texts, without the uncategorised. Variety is no merit by itself: guessing and confusion are varied, too.';
COMMENT ON COLUMN reasoning_variety.agent IS 'name | the agent | decisions.agent';
COMMENT ON COLUMN reasoning_variety.game IS 'name | the game | games.game';
COMMENT ON COLUMN reasoning_variety.part IS 'word | all: whole episodes; first, middle or last: that third of their decisions | decisions.ply';
COMMENT ON COLUMN reasoning_variety.texts IS 'decisions | decisions with reasoning text | decisions.reasoning';
COMMENT ON COLUMN reasoning_variety.categorised IS 'decisions | those of them in which a cue was found, of which the entropy is | reasoning_texts.main';
COMMENT ON COLUMN reasoning_variety.categories IS 'categories | how many categories carry a text at least | reasoning_texts.main';
COMMENT ON COLUMN reasoning_variety.plain_entropy IS 'bits | entropy of the shares as they are: too low where texts are few; NULL without categorised texts | reasoning_texts.main';
COMMENT ON COLUMN reasoning_variety.entropy IS 'bits | the same without the first order of that bias (jackknife over deals); as it is where there is one deal | reasoning_texts.main';
COMMENT ON COLUMN reasoning_variety.low IS 'bits | lower end of the 95 % interval of entropy over deals; NULL: see reason | computed';
COMMENT ON COLUMN reasoning_variety.high IS 'bits | upper end of the same interval | computed';
COMMENT ON COLUMN reasoning_variety.reason IS 'words | why there is no interval; NULL where there is one | computed';
