-- The episode $episode and its game.
SELECT game, load_string, matchup, status, plies, trajectory
FROM episodes JOIN games USING (game)
WHERE episode_id = $episode
