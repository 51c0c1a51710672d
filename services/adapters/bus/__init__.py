"""The bus: topology on the broker, confirmed publishing, batched consuming."""

from services.adapters.bus.consumer import Delivery, Letter, consume, consume_letters
from services.adapters.bus.outgoing import Outgoing, packed
from services.adapters.bus.publisher import Bus, Publisher

__all__ = [
    "Bus",
    "Delivery",
    "Letter",
    "Outgoing",
    "Publisher",
    "consume",
    "consume_letters",
    "packed",
]
