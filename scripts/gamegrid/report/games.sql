-- Each game, with its numbers of deals and episodes.
SELECT
    games.game, load_string, players, scoring, oracle, hidden_information, chance, generic,
    disguise_of, count(DISTINCT deal) AS deals, count(episode_id) AS episodes
FROM games LEFT JOIN episodes USING (game)
GROUP BY ALL
ORDER BY games.game
