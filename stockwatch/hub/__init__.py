"""The running room: one process a ledger, which outlives the terminals.

`core.Hub` is the single writer (inbox, pipeline, journal, publish), `server` serves consoles over a Unix socket,
`process` is the hub's own process, `spawn` starts and finds it, `pace` plays recordings through it.
"""
