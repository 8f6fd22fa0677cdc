-- table: 120
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
