-- table: 65
CREATE VIEW luck AS
SELECT
    game, agent,
    CASE declared WHEN true THEN 'luck' WHEN false THEN 'no luck' END AS declared,
    questions, repeats, differed,
    CASE WHEN differed = 0 THEN 1 - pow(0.05, 1.0 / repeats) END AS differs_at_most,
    CASE WHEN draws_luck THEN 'luck' ELSE 'no luck' END AS counts_as,
    CASE
        WHEN declared AND differed = 0 AND enough_repeats(repeats)
            THEN 'declared with luck, but never differs'
        WHEN NOT declared AND draws_luck THEN 'declared without luck, but differs'
    END AS warning
FROM agent_luck JOIN repeated_answers USING (game, agent)
ORDER BY game, agent;

COMMENT ON VIEW luck IS
'Whether agents answer the same question in the same way, where their games asked one more than once. Two questions are the same if everything that happened before was the same, hidden events included. The luck of one deal and seating counts once, whoever the opponent.';
COMMENT ON COLUMN luck.game IS 'name | the game | games.game';
COMMENT ON COLUMN luck.agent IS 'name | the agent | decisions.agent';
COMMENT ON COLUMN luck.declared IS 'luck or no luck | what the agent''s file declares for its settings: whether the agent may answer a question differently in another deal; NULL if the settings do not tell | agents.draws_luck';
COMMENT ON COLUMN luck.questions IS 'questions | questions that the agent was asked more than once, probes included | decisions';
COMMENT ON COLUMN luck.repeats IS 'answers | its answers to them beyond the first | decisions.action';
COMMENT ON COLUMN luck.differed IS 'answers | answers that are not the most frequent one to their question; random moves in place of the agent are answers, too | decisions.action';
COMMENT ON COLUMN luck.differs_at_most IS '0 to 1 | if no answer differed, the largest share of differing answers that fits that, with 95 % confidence; NULL if one differed | computed';
COMMENT ON COLUMN luck.counts_as IS 'luck or no luck | how the intervals of all tables take the agent in this game: with luck if one of its answers differed in any game; else as declared; and if nothing is declared, without luck from 100 repeats on | computed';
COMMENT ON COLUMN luck.warning IS 'words | how declaration and answers disagree; NULL if they do not | computed';
