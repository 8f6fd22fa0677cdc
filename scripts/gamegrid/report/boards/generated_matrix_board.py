"""Generated matrix games, drawn as the others of one choice each."""

from gamegrid.games.generated_matrix import GeneratedMatrix
from gamegrid.report.boards.board import Board
from gamegrid.report.boards.matrix_board import draw

BOARD = Board(GeneratedMatrix, draw)
