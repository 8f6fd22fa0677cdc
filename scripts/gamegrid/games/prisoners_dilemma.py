"""The prisoner's dilemma with the usual payoffs, which OpenSpiel lacks."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pyspiel

from gamegrid.games.matrix_pd import PrisonersDilemma

REWARD, SUCKER, TEMPTATION, PUNISHMENT = 3, 0, 5, 1
"""Payoffs from Axelrod, The Evolution of Cooperation (1984), figure 1. Mutual cooperation pays more
than taking turns exploiting each other."""


class UsualPrisonersDilemma(PrisonersDilemma):
    """The usual payoffs as an OpenSpiel table; action 0 cooperates and action 1 defects."""

    short_name = "prisoners_dilemma"
    defaults: ClassVar = {}

    @classmethod
    def open(cls, parameters: Mapping[str, Any]) -> pyspiel.Game:
        actions = ["Cooperate", "Defect"]
        first = [[REWARD, SUCKER], [TEMPTATION, PUNISHMENT]]
        second = [list(column) for column in zip(*first, strict=True)]
        return pyspiel.create_matrix_game(
            cls.short_name, "Prisoner's dilemma", actions, actions, first, second
        )


GAME = UsualPrisonersDilemma
