"""Statistics of results: pure functions on arrays. The unit is the deal, never the episode.

A deal's value is the mean over its seatings; only deals with every seating played enter. A module
answers one question: intervals (how sure is a mean), paired (who of two is better), ratings and
nash (who of many), power (how many deals), normalise (returns on one scale). davidson, contrasts
and groups are what ratings is made of; matchfile reads other systems' results for the command.
"""
