"""Made-up rooms: a simulator of live rooms, and what is generated with it.

Owns scenarios, sample feeds, load feeds, later drills and their scores. `simulator` holds the reusable
pieces (demand, lag, payment, the stage), `books` an account of stock that is independent of the ledger, so
that a sample's promises can be proved without the code they test. Everything is drawn from a seeded
`random.Random` and plain arithmetic: the same seed gives the same bytes on any machine. Only `samples`
touches files, and only those it is told to. Never imports the ledger, demand or alerts: a generator that
asks the program what to generate tests nothing.
"""
