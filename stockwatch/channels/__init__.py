"""Platforms spoken to natively: who signs what, what a push means, where orders are asked for, how stock is written.

One shape for all: a push names an order, its detail is fetched, the detail becomes a snapshot of the order, and the
snapshot tells the facts of its lines, which enter as events. Polling does the same beside it. What differs between
platforms is in one package each and is pure; sockets, waiting and retrying are in `client`, `feed` and `receiver`.
"""
