"""The running room as a pure machine: decision clock, balances, demand and alerts in lockstep, and the picture of it.

`pipeline.Room` takes events in order and gives back what was decided; `view` holds the immutable picture that every
reader gets. No I/O, no wall clock: the same events give the same decisions, byte for byte, at any speed.
"""
