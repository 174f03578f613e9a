"""Launching a wave: the census frozen with its reasons, and everybody's first step.

    everybody, by the database -> whom something speaks against, by the rules -> one row of each address
    -> first steps, account by account -> the wave and its rows, portion by portion

Nothing of it holds more than a portion of the people in memory.
"""

from voc.campaigns.run.launching.checking import NobodyToAsk
from voc.campaigns.run.launching.portions import launch_in_portions, take_back_left
from voc.campaigns.run.launching.waves import Order, launch

__all__ = ["NobodyToAsk", "Order", "launch", "launch_in_portions", "take_back_left"]
