"""The types of the key ``preregister``: what is to be asked, written down before it is played."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Margin = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""A difference that does not matter, in the units of ``difference`` in the table paired."""


class PlannedGame(BaseModel):
    """What is planned in one game."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    deals: int = Field(ge=1)
    margin: Margin | None = None


class PlannedMean(BaseModel):
    """What is planned over all win_loss games."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    margin: Margin | None = None


class Preregister(BaseModel):
    """The primary questions: each pair in each of the games and, if asked, over all of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    pairs: list[list[str]] = Field(min_length=1)
    games: dict[str, PlannedGame] = {}
    over_games: PlannedMean | None = None
