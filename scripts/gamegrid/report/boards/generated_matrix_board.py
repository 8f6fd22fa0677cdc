"""Draw generated matrix games in the same way as other matrix games."""

from gamegrid.games.generated_matrix import GeneratedMatrix
from gamegrid.report.boards.board import Board
from gamegrid.report.boards.matrix_board import draw

BOARD = Board(GeneratedMatrix, draw)
