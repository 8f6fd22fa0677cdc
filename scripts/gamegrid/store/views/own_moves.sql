-- table: 125
CREATE VIEW own_moves AS
SELECT
    agent, game, standing, in_words(reason) AS reason, own_share, own_moves, moves,
    replies, failed_replies, failure, failure_replies,
    unfinished, episodes
FROM model_conduct
ORDER BY
    CASE standing WHEN 'provisional' THEN 1 WHEN 'mixed' THEN 2 ELSE 3 END,
    agent, game NULLS FIRST;

COMMENT ON VIEW own_moves IS
'Whether the results of each model are its own: one row for each game, and one for all its win_loss games together. If fewer than half of its moves are its own, or fewer than half of its episodes could be finished, its results are provisional: they are in no ranking, no rating and no test. Agents without a model have no rows.';
COMMENT ON COLUMN own_moves.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN own_moves.game IS 'name | the game; NULL for all win_loss games together, in which the share is the mean over families of the mean over games | games.game';
COMMENT ON COLUMN own_moves.standing IS 'provisional, mixed or own | provisional: the results say little about the model, see reason; mixed: they are ranked, but fewer than nine of ten moves are its own; own: all others | computed';
COMMENT ON COLUMN own_moves.reason IS 'words | why the results are provisional; NULL if they are not | computed';
COMMENT ON COLUMN own_moves.own_share IS '0 to 1 | share of the moves that are the model''s own, made at the first attempt or at a later one; NULL without a move | decisions.status';
COMMENT ON COLUMN own_moves.own_moves IS 'moves | number of these moves | decisions.status';
COMMENT ON COLUMN own_moves.moves IS 'decisions | moves that it was asked for, forfeits included | decisions';
COMMENT ON COLUMN own_moves.replies IS 'replies | its replies | calls';
COMMENT ON COLUMN own_moves.failed_replies IS 'replies | replies that state no legal move | calls.failure';
COMMENT ON COLUMN own_moves.failure IS 'truncated, context_overflow, empty, refused, unparsable or illegal | the most frequent failure of these; NULL without one | calls.failure';
COMMENT ON COLUMN own_moves.failure_replies IS 'replies | replies with this failure | calls.failure';
COMMENT ON COLUMN own_moves.unfinished IS 'episodes | episodes with this model that ended in an error, of any agent. They are in no other number here | episodes.status';
COMMENT ON COLUMN own_moves.episodes IS 'episodes | all its episodes | episodes';
