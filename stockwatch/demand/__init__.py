"""Demand: how fast every SKU sells, whether its sales accelerate, and when it will be sold out.

Pure: time comes in with events. `Demand` is the door; a `SurgeDetector` decides what a surge is.
"""

from stockwatch.demand.demand import Demand, Velocity
from stockwatch.demand.detectors import detector
from stockwatch.demand.outlook import Forecast, Outlook
from stockwatch.demand.surge import Surge, SurgeDetector

__all__ = ["Demand", "Forecast", "Outlook", "Surge", "SurgeDetector", "Velocity", "detector"]
