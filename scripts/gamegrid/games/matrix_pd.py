"""The one-shot prisoner's dilemma: defecting always pays, but mutual defection hurts both."""

from gamegrid.games.game import Dilemma
from gamegrid.games.matrix import MatrixGame


class PrisonersDilemma(MatrixGame):
    """OpenSpiel's matrix_pd; action 0 cooperates and action 1 defects.

    Twice the reward equals temptation plus sucker's payoff here. Players who take turns exploiting
    each other therefore do as well as players who cooperate.
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
