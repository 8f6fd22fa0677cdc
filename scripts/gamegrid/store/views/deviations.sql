-- table: 53
CREATE VIEW deviations AS
SELECT deviation, game, agent, rival, matchup, planned, found, since
FROM plan_deviations
ORDER BY deviation, game NULLS FIRST, agent NULLS FIRST, rival, matchup;

COMMENT ON VIEW deviations IS
'How the results and later plans depart from the first plan on file that names a question. Empty without a plan, and if everything went as planned.';
COMMENT ON COLUMN deviations.deviation IS 'words | written after play: the plan was on file only after deals were played; no longer planned: a later plan leaves the question out; planned deals changed, margin changed: a later plan states another value, and the first counts; other number of deals: more or fewer deals count than planned, of a shard than its part of them; not compared: no deal counts for both agents; game added, matchup added, matchup removed, settings changed: the grid changed after the plan was on file, where settings means everything that changes a matchup''s results, such as an agent''s temperature or the seed | plan_deviations.deviation';
COMMENT ON COLUMN deviations.game IS 'name | the game; NULL for all win_loss games together | games.game';
COMMENT ON COLUMN deviations.agent IS 'name | the agent of the question; NULL for a game or matchup | agents.agent';
COMMENT ON COLUMN deviations.rival IS 'name | the other agent of the question; NULL for a game or matchup | agents.agent';
COMMENT ON COLUMN deviations.matchup IS 'name | the matchup that changed; NULL for a question or a game | plan_deviations.matchup';
COMMENT ON COLUMN deviations.planned IS 'as the plan | what was planned; NULL if the deviation says it all | plan_deviations.planned';
COMMENT ON COLUMN deviations.found IS 'as the plan | what was found instead; NULL if the deviation says it all | plan_deviations.found';
COMMENT ON COLUMN deviations.since IS 'time, UTC | when the plan that departs was first seen; NULL for what the results show | plan_deviations.since';
