"""Generated matrix games, drawn as the others of one choice each."""

from gamegrid.games.generated_matrix import GeneratedMatrix
from gamegrid.report.boards.base import Board
from gamegrid.report.boards.matrix import draw

BOARD = Board(GeneratedMatrix, draw)
