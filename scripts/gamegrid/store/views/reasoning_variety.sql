-- table: 120
CREATE VIEW reasoning_variety AS
SELECT
    agent, game, part, texts, categorised, categories, plain_entropy, entropy, low, high, reason
FROM reasoning_entropies
ORDER BY game, agent, list_position(['all', 'first', 'middle', 'last'], part);

COMMENT ON VIEW reasoning_variety IS
'How varied the reasons are that an agent gives: Shannon''s entropy of the main categories of its texts, without the uncategorised ones. Variety is not a merit in itself: guessing and confusion are varied, too.';
COMMENT ON COLUMN reasoning_variety.agent IS 'name | the agent | decisions.agent';
COMMENT ON COLUMN reasoning_variety.game IS 'name | the game | games.game';
COMMENT ON COLUMN reasoning_variety.part IS 'word | all: whole episodes; first, middle or last: that third of their decisions | decisions.ply';
COMMENT ON COLUMN reasoning_variety.texts IS 'decisions | decisions with reasoning text | decisions.reasoning';
COMMENT ON COLUMN reasoning_variety.categorised IS 'decisions | decisions in which a cue was found; the entropy is over these | reasoning_texts.main';
COMMENT ON COLUMN reasoning_variety.categories IS 'categories | number of categories that are the main one of at least one text | reasoning_texts.main';
COMMENT ON COLUMN reasoning_variety.plain_entropy IS 'bits | entropy of the observed shares, which is too low if texts are few; NULL without categorised texts | reasoning_texts.main';
COMMENT ON COLUMN reasoning_variety.entropy IS 'bits | plain_entropy with the first-order bias removed (jackknife over deals); uncorrected if there is one deal | reasoning_texts.main';
COMMENT ON COLUMN reasoning_variety.low IS 'bits | lower end of the 95 % interval of entropy over deals; NULL: see reason | computed';
COMMENT ON COLUMN reasoning_variety.high IS 'bits | upper end of the same interval | computed';
COMMENT ON COLUMN reasoning_variety.reason IS 'words | the reason there is no interval; NULL if there is one | computed';
