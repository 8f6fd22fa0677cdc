-- table: 30
CREATE VIEW strength_equivalent AS
SELECT agent, game, ladder, equivalent, low, high, reason, ladder_bots, deals
FROM strength_equivalents
ORDER BY game, ladder, agent;

COMMENT ON VIEW strength_equivalent IS
'The bot setting that plays as strongly as each agent, by rated win_loss game. The agent''s strength is placed between those of the bots of one ladder, from what the agent and the bots of all ladders did against each other. With a suite, the ladders are those of its bots, else those of the grid. Margin games are excluded.';
COMMENT ON COLUMN strength_equivalent.agent IS 'name | the agent; bots of ladders have no row for their own ladder | seats.agent';
COMMENT ON COLUMN strength_equivalent.game IS 'name | the game | games.game';
COMMENT ON COLUMN strength_equivalent.ladder IS 'name | the ladder that bots declare: mcts or ismcts, or noisy_optimal, which runs from random (epsilon 1) to optimal (epsilon 0) | agents.ladder';
COMMENT ON COLUMN strength_equivalent.equivalent IS 'simulations per move (mcts, ismcts), or epsilon from 0 to 1 (noisy_optimal) | the setting at which the bot would be as strong, if strength is linear in the logarithm of simulations, or in epsilon, between two bots; NULL: see reason | episodes, seats';
COMMENT ON COLUMN strength_equivalent.low IS 'as equivalent | lower end of the 95 % interval over deals, including the uncertainty of the bots; NULL if it is beyond the last bot | episodes, seats';
COMMENT ON COLUMN strength_equivalent.high IS 'as equivalent | upper end of the same interval | episodes, seats';
COMMENT ON COLUMN strength_equivalent.reason IS 'words | the reason there is no equivalent: weaker or stronger than the last bot; about as strong as the last bot or weaker (stronger), if luck may explain the difference; ladder bots out of order, if a bot beats one that should be stronger, beyond luck; not connected; one deal or family. NULL if there is one | computed';
COMMENT ON COLUMN strength_equivalent.ladder_bots IS 'names | the bots of the ladder that played the game, from the one meant to be weakest | agents.ladder_setting';
COMMENT ON COLUMN strength_equivalent.deals IS 'deals | deals of the game in which the agent met a bot of any ladder | episodes';
