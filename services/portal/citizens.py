"""What citizens see on their phones, and the plates that lead them there."""

from services.portal.phone import Phone
from services.portal.plates import Plates
from services.portal.receipt import Receipt


class Citizens(Phone, Receipt, Plates):
    """The pages of citizens."""
