-- table: 30
CREATE VIEW strength_equivalent AS
SELECT agent, game, ladder, equivalent, low, high, reason, ladder_bots, deals
FROM strength_equivalents
ORDER BY game, ladder, agent;

COMMENT ON VIEW strength_equivalent IS
'Which setting of a bot each agent plays like, by rated win_loss game: its strength there between those of bots of one type, the rungs, by what it and the bots of all ladders did against each other. Bots of a suite are the rungs where there is one, else those of the grid; margin games are left out.';
COMMENT ON COLUMN strength_equivalent.agent IS 'name | the agent; rungs themselves have no row | seats.agent';
COMMENT ON COLUMN strength_equivalent.game IS 'name | the game | games.game';
COMMENT ON COLUMN strength_equivalent.ladder IS 'word | the type of bot: mcts or ismcts, or noisy_optimal, whose ends are random (which errs always) and optimal (never) | agents.type';
COMMENT ON COLUMN strength_equivalent.equivalent IS 'simulations per move (mcts, ismcts), or error rate from 0 to 1 (noisy_optimal) | the setting at which the bot would be as strong, strength being taken for linear in the logarithm of simulations and in the error rate from rung to rung; NULL: see reason | episodes, seats';
COMMENT ON COLUMN strength_equivalent.low IS 'as equivalent | lower end of the 95 % interval over deals, what is unknown of the rungs included; NULL where it is beyond the last rung | episodes, seats';
COMMENT ON COLUMN strength_equivalent.high IS 'as equivalent | upper end of the same interval | episodes, seats';
COMMENT ON COLUMN strength_equivalent.reason IS 'words | why there is no equivalent: weaker or stronger than the last rung; about it or weaker (stronger), where luck may explain that; rungs out of order, where a rung beats one meant to be stronger beyond luck; not connected; one deal or family. NULL where there is one | computed';
COMMENT ON COLUMN strength_equivalent.ladder_bots IS 'names | the bots of the ladder that played the game, from the one meant to be weakest | agents.params';
COMMENT ON COLUMN strength_equivalent.deals IS 'deals | deals of the game in which the agent met a bot of any ladder | episodes';
