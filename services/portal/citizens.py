"""What citizens see: on their phones, on the plates that lead them there, and the scoreboard."""

from services.portal.phone import Phone
from services.portal.plates import Plates
from services.portal.receipt import Receipt
from services.portal.scoreboard import Scoreboard


class Citizens(Phone, Receipt, Plates, Scoreboard):
    """The pages of citizens."""
