"""Statistics of results: pure functions on arrays. The unit is the deal, never the episode.

A deal's value is the mean over its seatings, and a deal counts only if all its seatings were
played. Each module answers one question: intervals (how certain is a mean), paired (which of two
agents is better), ratings and nash (which of many), equivalents (which bot is as strong), entropy
(how varied are the reasons), bounds (do bots get what their policies predict), and power (how many
deals are needed). The module ratings builds on davidson, contrasts and groups. The module matchfile
reads the results of other systems for ``gamegrid rate``, verdict names what a test may say of two
agents, and arrays names the types of arrays.
"""
