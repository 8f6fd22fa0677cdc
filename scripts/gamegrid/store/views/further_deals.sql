-- table: 54
CREATE VIEW further_deals AS
SELECT
    asked.game, asked.agent, asked.rival, role, asked.deals, anytime_low, anytime_high, margin,
    answer, deals_needed, next_deals
FROM open_questions AS asked JOIN paired USING (game, agent, rival)
ORDER BY next_deals IS NULL, asked.game, asked.agent, asked.rival;

COMMENT ON VIEW further_deals IS
'Where further deals inform: each pair in each game, what its anytime interval says so far, and how many deals would decide it. This rests on anytime intervals alone, which hold whatever is played because of them.';
COMMENT ON COLUMN further_deals.game IS 'name | the game | games.game';
COMMENT ON COLUMN further_deals.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN further_deals.rival IS 'name | the agent that it is compared with | agents.agent';
COMMENT ON COLUMN further_deals.role IS 'primary or exploratory | as in paired | planned_questions';
COMMENT ON COLUMN further_deals.deals IS 'deals | deals that count for both with every opponent | episodes, seats';
COMMENT ON COLUMN further_deals.anytime_low IS 'as difference in paired | lower end of the 95 % anytime interval; NULL: see anytime_reason in paired | comparisons.anytime_low';
COMMENT ON COLUMN further_deals.anytime_high IS 'as difference in paired | upper end of the same interval | comparisons.anytime_high';
COMMENT ON COLUMN further_deals.margin IS 'as difference in paired | the preregistered margin; NULL without one | planned_questions.margin';
COMMENT ON COLUMN further_deals.answer IS 'words | what the anytime interval says of the agent: better or worse if it excludes 0, equivalent if it lies within the margin, else open. Where luck cannot move the difference, what the difference says | open_questions.answer';
COMMENT ON COLUMN further_deals.deals_needed IS 'deals | the number of deals, all in all, that decide an open question if the difference stays what it is; 20 before the first anytime interval; NULL if it is decided, or if 100,000 deals would not do | open_questions.deals_needed';
COMMENT ON COLUMN further_deals.next_deals IS 'deals | the number to play up to next: deals_needed, at most twice the deals so far, because a difference with a wide interval is a poor guide. NULL if there is nothing to play, and with a plan for questions that are not primary | open_questions.next_deals';
