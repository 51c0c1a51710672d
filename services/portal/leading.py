"""The pages of leaders and scorers."""

from services.portal.board import Board
from services.portal.comparing import Comparing
from services.portal.monthboard import MonthBoard
from services.portal.unitpage import UnitPage


class Leading(Board, Comparing, MonthBoard, UnitPage):
    """The board, its months and units, and what they are compared with."""
