-- table: 5
CREATE VIEW headline AS
SELECT place, game, severity, sentence
FROM headlines
ORDER BY place;

COMMENT ON VIEW headline IS
'What the results say in a few sentences, made from the verdicts of rating_differences and, for single games, from the possible ranks of per_game.';
COMMENT ON COLUMN headline.place IS 'number | the order of the sentences, from 1 | computed';
COMMENT ON COLUMN headline.game IS 'name | the game that the sentence is about; NULL for the results as a whole | games.game';
COMMENT ON COLUMN headline.severity IS 'word | bad: read this before any number; warn: it limits what can be said; plain: a finding | computed';
COMMENT ON COLUMN headline.sentence IS 'words | the sentence | rating_differences.verdict';
