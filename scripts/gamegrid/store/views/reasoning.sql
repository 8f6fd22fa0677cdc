-- table: 110
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
'What agents say about the moves they made themselves, sorted by rules into categories by the words they use (English only). It shows what is said, not what was thought or whether it is true. Self-play counts; agents that give no reasons have no row.';
COMMENT ON COLUMN reasoning.agent IS 'name | the agent | decisions.agent';
COMMENT ON COLUMN reasoning.game IS 'name | the game | games.game';
COMMENT ON COLUMN reasoning.category IS 'name | what the text is about; uncategorised: no cue of any category was found | reasoning_texts.main';
COMMENT ON COLUMN reasoning.texts IS 'decisions | decisions of the agent in the game that have reasoning text | decisions.reasoning';
COMMENT ON COLUMN reasoning.main IS 'decisions | those decisions whose main category this is: it has the most different cues, and is named first among equals | reasoning_texts.main';
COMMENT ON COLUMN reasoning.share IS '0 to 1 | main divided by texts; the shares of an agent in a game add up to 1 | reasoning_texts.main';
COMMENT ON COLUMN reasoning.low IS '0 to 1 | lower end of the 95 % interval of share; the texts of a deal are one observation; NULL: see reason | computed';
COMMENT ON COLUMN reasoning.high IS '0 to 1 | upper end of the same interval | computed';
COMMENT ON COLUMN reasoning.reason IS 'words | the reason there is no interval; NULL if there is one | computed';
COMMENT ON COLUMN reasoning.mentioned IS '0 to 1 | share of the texts with at least one cue of the category, main or not; these shares do not add up to 1; NULL for uncategorised | reasoning_texts.mentioned';
COMMENT ON COLUMN reasoning.first_third IS '0 to 1 | share in the first third of the decisions of an episode; NULL without texts there | reasoning_texts.main';
COMMENT ON COLUMN reasoning.middle_third IS '0 to 1 | share in the middle third | reasoning_texts.main';
COMMENT ON COLUMN reasoning.last_third IS '0 to 1 | share in the last third | reasoning_texts.main';
COMMENT ON COLUMN reasoning.change IS '-1 to 1 | last_third minus first_third; NULL without texts in both | reasoning_texts.main';
COMMENT ON COLUMN reasoning.change_low IS '-1 to 1 | lower end of its 95 % interval over deals; NULL: see change_reason | computed';
COMMENT ON COLUMN reasoning.change_high IS '-1 to 1 | upper end of the same interval | computed';
COMMENT ON COLUMN reasoning.change_reason IS 'words | the reason change has no interval, where "no deals" means no texts in the first or the last third; NULL if there is one | computed';
