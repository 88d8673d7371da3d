"""Alerts: tiers out of stock and forecast, their life cycle, and what to do about them.

Pure: time comes in with the calls. `Desk` is the door; `Facts` is what it wants to know about a SKU.
"""

from stockwatch.alerts.alert import AlertEvent, OpenAlert
from stockwatch.alerts.arriving import Arrival
from stockwatch.alerts.desk import Desk
from stockwatch.alerts.facts import Facts, Terms
from stockwatch.alerts.playbook import Advice, advice
from stockwatch.alerts.punctuality import Punctuality
from stockwatch.alerts.reasons import Words
from stockwatch.alerts.tiers import CRITICAL, NONE, THRESHOLD, TIER_NAMES, TREND, Assessment

__all__ = [
    "CRITICAL",
    "NONE",
    "THRESHOLD",
    "TIER_NAMES",
    "TREND",
    "Advice",
    "AlertEvent",
    "Arrival",
    "Assessment",
    "Desk",
    "Facts",
    "OpenAlert",
    "Punctuality",
    "Terms",
    "Words",
    "advice",
]
