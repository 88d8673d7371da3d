"""stockwatch: the operator console for stock in live commerce."""

__version__ = "0.1.0"
