"""The prisoner's dilemma, once: each gains by defecting, and both lose by it."""

from gamegrid.games.game import Dilemma
from gamegrid.games.matrix import MatrixGame


class PrisonersDilemma(MatrixGame):
    """OpenSpiel's matrix_pd; actions 0 and 1 are to cooperate and to defect.

    Twice the reward is no more here than the temptation and the sucker's payoff together: players
    who exploit each other in turn do as well as players who cooperate.
    """

    short_name = "matrix_pd"
    family = "prisoners_dilemma"
    dilemma = Dilemma(cooperate=0, defect=1)

    @property
    def stage_title(self) -> str:
        c, d = self.dilemma.cooperate, self.dilemma.defect
        reward, sucker, temptation, punishment = (
            f"{self.replay([[own, other]]).returns()[0]:g}"
            for own, other in ((c, c), (c, d), (d, c), (d, d))
        )
        return f"Prisoner's dilemma for {reward}, {sucker}, {temptation} and {punishment} points"


GAME = PrisonersDilemma
