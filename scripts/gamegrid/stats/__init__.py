"""Statistics of results: pure functions on arrays. The unit is the deal, never the episode.

A deal's value is the mean over its seatings; only deals with every seating played enter. A module
answers one question: intervals, paired (who of two is better), ratings and nash (who of many),
power (how many deals), normalise (one scale for returns).
"""
