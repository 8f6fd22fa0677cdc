-- table: 50
CREATE VIEW paired AS
SELECT
    compared.game, compared.agent, compared.rival, role, deals, difference, verdict, low, high,
    reason, p, adjusted_low, adjusted_high, p_adjusted, m, dropped_deals, worst_low, worst_high,
    look, anytime_low, anytime_high, anytime_reason
FROM comparisons AS compared JOIN question_roles ON
    question_roles.game IS NOT DISTINCT FROM compared.game
    AND question_roles.agent = compared.agent AND question_roles.rival = compared.rival
ORDER BY compared.game NULLS FIRST, compared.agent, compared.rival;

COMMENT ON VIEW paired IS
'Which of two agents is better, on the deals that both played, so that the luck of the deal cancels out. Only agents that met the same opponents are compared: each in the other''s place against these opponents, and against each other. Payoff games are not ranked and have no rows. A pair with a model whose results are provisional is not tested: its reason is provisional.';
COMMENT ON COLUMN paired.game IS 'name | the game; NULL for all win_loss games together, weighted as on the leaderboard, if there are several | games.game';
COMMENT ON COLUMN paired.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN paired.rival IS 'name | the agent that it is compared with | agents.agent';
COMMENT ON COLUMN paired.role IS 'primary or exploratory | primary: the question was preregistered before any deal of it was played; exploratory: every other question; NULL if nothing was preregistered | planned_questions';
COMMENT ON COLUMN paired.deals IS 'deals | deals that count for both with every opponent; over all games, a deal that games share, such as a disguise and its plain game, is one | episodes, seats';
COMMENT ON COLUMN paired.difference IS 'as score in win_loss games, strict_return in margin games, mean_return in solo games | mean over these deals of the agent''s value minus the rival''s; NULL without deals | comparisons.difference';
COMMENT ON COLUMN paired.verdict IS 'better, worse, not told apart or equal | what p_adjusted says of the agent at 5 %. Where luck cannot move the difference, what the difference says; equal: it is 0. NULL: nothing can be said, see reason | comparisons.verdict';
COMMENT ON COLUMN paired.low IS 'as difference | lower end of the 95 % interval of this difference alone, for a number of deals fixed in advance; it holds 0 exactly if p is 0.05 or more. NULL: see reason | comparisons.low';
COMMENT ON COLUMN paired.high IS 'as difference | upper end of the same interval | comparisons.high';
COMMENT ON COLUMN paired.reason IS 'words | the reason there is no interval and no p; NULL if there are both | comparisons.reason';
COMMENT ON COLUMN paired.p IS '0 to 1 | two-sided p of the mean difference being 0, for this pair alone; NULL: see reason | comparisons.p';
COMMENT ON COLUMN paired.adjusted_low IS 'as difference | lower end of the interval behind the verdict, which holds 0 exactly if p_adjusted is 0.05 or more. Its confidence is 1 - 0.05/k, where k is the number of the m pairs that are not told apart, or 1; NULL: see reason | comparisons.adjusted_low';
COMMENT ON COLUMN paired.adjusted_high IS 'as difference | upper end of the same interval | comparisons.adjusted_high';
COMMENT ON COLUMN paired.p_adjusted IS '0 to 1 | p adjusted for the m pairs (Holm 1979): if pairs are told apart below 0.05, the probability that any equal pair among the m is told apart is at most 5 %; NULL if p is | comparisons.p_adjusted';
COMMENT ON COLUMN paired.m IS 'pairs | number of pairs with a p that are adjusted together: all of this game, or all over games; with a plan, all primary ones across games, and the exploratory ones of this game or over games | comparisons.m';
COMMENT ON COLUMN paired.look IS 'number from 1 | which look at this comparison this is, interim results included: the number of distinct sets of its deals that tables were made from so far. From 2 on, if earlier results influenced how many deals were played, low, high and p no longer hold, but anytime_low and anytime_high do. NULL without deals | comparisons.look';
COMMENT ON COLUMN paired.dropped_deals IS 'deals | deals that do not count for one of the two, once per matchup behind the comparison | comparisons.dropped_deals';
COMMENT ON COLUMN paired.worst_low IS 'as difference | lower end of the 95 % interval if each missing result of the dropped deals had been the lowest for the agent and the highest for the rival that the rules allow; NULL if no deal was dropped | comparisons.worst_low';
COMMENT ON COLUMN paired.worst_high IS 'as difference | upper end of the interval in the opposite case; NULL like worst_low | comparisons.worst_high';
COMMENT ON COLUMN paired.anytime_low IS 'as difference | lower end of the 95 % interval that holds, from 20 deals on, no matter how often you look and when you stop; NULL: see anytime_reason | comparisons.anytime_low';
COMMENT ON COLUMN paired.anytime_high IS 'as difference | upper end of the same interval | comparisons.anytime_high';
COMMENT ON COLUMN paired.anytime_reason IS 'words | the reason there is no anytime interval; NULL if there is one | comparisons.anytime_reason';
