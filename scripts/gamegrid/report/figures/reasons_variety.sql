SELECT game, agent, part, entropy, low, high, reason, plain_entropy, categories, categorised, texts
FROM reasoning_variety
WHERE part <> 'all' AND entropy IS NOT NULL
