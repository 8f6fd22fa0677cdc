-- table: 55
CREATE VIEW corrected_returns AS
SELECT
    game, agent, rival, deals, mean, low, high, reason,
    corrected, corrected_low, corrected_high, corrected_reason, variance_left,
    round(deals / nullif(round(variance_left, 12), 0))::BIGINT AS equivalent_deals,
    known_moves, value_function
FROM corrected_means
ORDER BY game, rival IS NOT NULL, agent, rival;

COMMENT ON VIEW corrected_returns IS
'Strict returns of margin games once control variates have taken out luck whose probabilities are known: chance events, and the moves of agents with known policies. The mean that is estimated stays the same, the interval is usually shorter. A row is an agent''s mean over its opponents, as in per_game, or a difference of two agents, as in paired.';
COMMENT ON COLUMN corrected_returns.game IS 'name | the game, a margin game | games.game';
COMMENT ON COLUMN corrected_returns.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN corrected_returns.rival IS 'name | the agent that it is compared with on the same deals; NULL for its own mean over its opponents | agents.agent';
COMMENT ON COLUMN corrected_returns.deals IS 'deals | deals behind the row; a deal that several opponents share counts once | episodes, seats';
COMMENT ON COLUMN corrected_returns.mean IS 'the game''s own units | strict return as in per_game, or its difference as in paired | seats.strict_return';
COMMENT ON COLUMN corrected_returns.low IS 'as mean | lower end of the 95 % interval of mean, that of paired for a difference; NULL: see reason | seats.strict_return';
COMMENT ON COLUMN corrected_returns.high IS 'as mean | upper end of the same interval | seats.strict_return';
COMMENT ON COLUMN corrected_returns.reason IS 'words | the reason that interval is missing; NULL if there is one | computed';
COMMENT ON COLUMN corrected_returns.corrected IS 'the game''s own units | the same mean with corrections, an estimate of the same number; NULL: see corrected_reason | corrections.correction';
COMMENT ON COLUMN corrected_returns.corrected_low IS 'as mean | lower end of its 95 % interval over deals. For a difference, it allows for skew, but not for losses that never showed, since corrected values have no bounds; NULL: see corrected_reason | corrections.correction';
COMMENT ON COLUMN corrected_returns.corrected_high IS 'as mean | upper end of the same interval | corrections.correction';
COMMENT ON COLUMN corrected_returns.corrected_reason IS 'words | why there is no corrected mean: no value function for the game; it was recorded only after the first deal, or changed since; a move contradicts the policy that an agent states. Or why there is no interval of it, where "all deals equal" means that the corrections took out all luck. NULL if there are both | computed';
COMMENT ON COLUMN corrected_returns.variance_left IS 'share of the variance, 0 or more | variance of the corrected values of these deals divided by that of the plain ones; above 1, the corrected mean is the worse estimate. NULL without a corrected mean, or if the plain values do not vary | computed';
COMMENT ON COLUMN corrected_returns.equivalent_deals IS 'deals | deals that the plain mean would need for the precision of the corrected one: deals divided by variance_left; NULL if no variance is left | computed';
COMMENT ON COLUMN corrected_returns.known_moves IS '0 to 1 | share of the decisions in these episodes that agents with known policies made; at 0, only chance events are corrected | agents.policy_known';
COMMENT ON COLUMN corrected_returns.value_function IS 'name | identifies the value function by a hash of its definition. It was recorded before the first deal unless corrected_reason says otherwise; NULL if the game has none | runs.value_function';
