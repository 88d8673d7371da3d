"""Tables of the embedded store, and the chain over its batches.

A `batch` row is one commit: its events as received, one a line, so that a stranger with any SQLite shell
can read them; when each came; an outcome letter each (accepted, duplicate, rejected, short, noop,
conflict); and a SHA-256 that covers it and the batch before. Batches are append-only. `stock` is a
projection of them, and so is `line`: order lines that are over and left memory, each as it was at a seq.
"""

from __future__ import annotations

import re
from hashlib import sha256

APPLICATION_ID = 0x53544B57  # "STKW"
VERSION = 3
RULES = 1
"""Of what events come to. Raise it with every change after which an event that is in a journal may come to another
outcome, or to other figures, than it did: the next writer of a ledger of lower rules settles it (`upkeep.settle`)."""
FIRST_HASH = bytes(32)

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
CREATE TABLE batch (
  first_seq INTEGER PRIMARY KEY,
  n INTEGER NOT NULL CHECK (n > 0),
  committed_us INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  events TEXT NOT NULL,
  received_us TEXT NOT NULL,
  outcomes TEXT NOT NULL,
  previous_hash BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE TRIGGER batch_is_never_changed BEFORE UPDATE ON batch
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER batch_is_never_deleted BEFORE DELETE ON batch
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TABLE stock (
  sku TEXT NOT NULL, location TEXT NOT NULL, pool TEXT NOT NULL,
  available INTEGER NOT NULL CHECK (available >= 0),
  held INTEGER NOT NULL CHECK (held >= 0),
  reserved INTEGER NOT NULL CHECK (reserved >= 0),
  sold INTEGER NOT NULL CHECK (sold >= 0),
  shipped INTEGER NOT NULL CHECK (shipped BETWEEN 0 AND sold),
  quarantined INTEGER NOT NULL CHECK (quarantined >= 0),
  shortfall INTEGER NOT NULL CHECK (shortfall >= 0),
  oversold INTEGER NOT NULL CHECK (oversold >= 0),
  PRIMARY KEY (sku, location, pool)
) STRICT, WITHOUT ROWID;
CREATE TABLE cursor (feed TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('epoch', 0), ('stock_seq', 0);
"""
GUARDS = {name: sql for sql, name in re.findall(r"(CREATE TRIGGER (\w+) .*?END);", SCHEMA, re.DOTALL)}
"""Triggers by name: while they are there, no shell changes the journal by mistake."""
_ARCHIVE = """
CREATE TABLE line (
  source TEXT NOT NULL, ord TEXT NOT NULL, line INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  state BLOB NOT NULL,
  PRIMARY KEY (source, ord, line, seq)
) STRICT, WITHOUT ROWID;
"""
_SETTLED = "INSERT INTO meta VALUES ('rules', 0), ('settled_seq', 0);"
MIGRATIONS = {1: _ARCHIVE, 2: _SETTLED}
"""By format: what turns a ledger of it into one of the next. The tables of format 1 are `SCHEMA`: a new ledger goes
through all of them too, so that there is one way to every format. Never change one that was released."""

TABLES = (frozenset(["meta", "batch", "stock", "cursor"]), frozenset(["line"]), frozenset[str]())
"""By format: the tables that it adds."""


def chain(
    previous: bytes,
    first_seq: int,
    committed_us: int,
    epoch: int,
    events: bytes,
    received: bytes,
    outcomes: bytes,
) -> bytes:
    """The hash of a batch; every part is preceded by its length, so that no two batches read the same."""
    digest = sha256()
    numbers = f"{first_seq} {committed_us} {epoch}"
    for part in (previous, numbers.encode(), events, received, outcomes):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
