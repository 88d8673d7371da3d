PRAGMA application_id=1398033239;
PRAGMA user_version=1;
BEGIN TRANSACTION;
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
INSERT INTO "batch" VALUES(1,2,1762862400002000,1,'{"specversion":"1.0","id":"e2","source":"shop","type":"stock.counted","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"document":"opening","reason":"test","by":"tester","qty":20}}
{"specversion":"1.0","id":"e4","source":"shop","type":"stock.counted","subject":"SOCK","time":"2025-11-11T20:00:03+08:00","data":{"document":"opening","reason":"test","by":"tester","qty":5}}','[1762862400000000,1762862400001000]','aa',X'0000000000000000000000000000000000000000000000000000000000000000',X'BFF032006545717C171B6EC23251098CE7F4882DE69D06F6077732D26E6802FE');
INSERT INTO "batch" VALUES(3,8,1762862400011000,1,'{"specversion":"1.0","id":"e5","source":"shop","type":"order.placed","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"o0","qty":1,"expires":"2025-11-11T20:30:00+08:00"}}
{"specversion":"1.0","id":"e6","source":"shop","type":"order.placed","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"o1","qty":1,"expires":"2025-11-11T20:30:00+08:00"}}
{"specversion":"1.0","id":"e7","source":"shop","type":"order.placed","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"o2","qty":1,"expires":"2025-11-11T20:30:00+08:00"}}
{"specversion":"1.0","id":"e8","source":"shop","type":"order.placed","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"o3","qty":1,"expires":"2025-11-11T20:30:00+08:00"}}
{"specversion":"1.0","id":"e9","source":"shop","type":"order.placed","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"o4","qty":1,"expires":"2025-11-11T20:30:00+08:00"}}
{"specversion":"1.0","id":"e10","source":"shop","type":"order.placed","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"o5","qty":1,"expires":"2025-11-11T20:30:00+08:00"}}
{"specversion":"1.0","id":"e11","source":"shop","type":"order.placed","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"o6","qty":1,"expires":"2025-11-11T20:30:00+08:00"}}
{"specversion":"1.0","id":"e12","source":"shop","type":"order.placed","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"o7","qty":1,"expires":"2025-11-11T20:30:00+08:00"}}','[1762862400003000,1762862400004000,1762862400005000,1762862400006000,1762862400007000,1762862400008000,1762862400009000,1762862400010000]','aaaaaaaa',X'BFF032006545717C171B6EC23251098CE7F4882DE69D06F6077732D26E6802FE',X'1DA073DF84AA7BAF874360EECD99620BD351E28386AEFAB9392999F0CF91056D');
INSERT INTO "batch" VALUES(11,7,1762862400019000,1,'{"specversion":"1.0","id":"e13","source":"shop","type":"order.paid","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"o0"}}
{"specversion":"1.0","id":"e14","source":"shop","type":"order.paid","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"o2"}}
{"specversion":"1.0","id":"e15","source":"shop","type":"order.paid","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"o4"}}
{"specversion":"1.0","id":"e16","source":"shop","type":"order.paid","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"o6"}}
{"specversion":"1.0","id":"e17","source":"shop","type":"order.shipped","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"o0"}}
{"specversion":"1.0","id":"e18","source":"shop","type":"order.refunded","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"o0"}}
{"specversion":"1.0","id":"e19","source":"shop","type":"order.cancelled","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"o1","qty":1}}','[1762862400012000,1762862400013000,1762862400014000,1762862400015000,1762862400016000,1762862400017000,1762862400018000]','aaaaaaa',X'1DA073DF84AA7BAF874360EECD99620BD351E28386AEFAB9392999F0CF91056D',X'C5984E21989F38902A43B1B4CD52EDE23F30C3C4C26C0C08BD505CDB285C2CC1');
INSERT INTO "batch" VALUES(18,1,1762862400021000,1,'{"specversion":"1.0","id":"e20","source":"shop","type":"order.placed","time":"2025-11-11T20:00:03+08:00","data":{"order":"b","qty":3,"items":[{"sku":"卫衣","qty":2},{"sku":"SOCK","qty":2,"role":"gift"}]}}','[1762862400020000]','s',X'C5984E21989F38902A43B1B4CD52EDE23F30C3C4C26C0C08BD505CDB285C2CC1',X'84E7AE4726C1ABC8951D175F849DD49AE67B65849344A457F891E73B53087005');
INSERT INTO "batch" VALUES(19,3,1762862400025000,1,'{"specversion":"1.0","id":"e21","source":"shop","type":"order.requested","subject":"SOCK","time":"2025-11-11T20:00:03+08:00","data":{"order":"r","qty":9,"atomic":"g"}}
{"specversion":"1.0","id":"e22","source":"shop","type":"order.requested","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"r","line":2,"qty":1,"atomic":"g"}}
{"specversion":"1.0","id":"closed:21","source":"stockwatch","type":"ledger.closed","time":"2025-11-11T12:00:00.024+00:00","data":{}}','[1762862400022000,1762862400023000,1762862400024000]','rra',X'84E7AE4726C1ABC8951D175F849DD49AE67B65849344A457F891E73B53087005',X'066A528B90ECC26478F7FD2D62D2448A8E149D7C13C8ED0E36F3AA309613F816');
INSERT INTO "batch" VALUES(22,2,1762862400028000,1,'{"specversion":"1.0","id":"e24","source":"shop","type":"stock.ordered","subject":"SOCK","time":"2025-11-11T20:00:03+08:00","data":{"document":"PO1","reason":"test","by":"tester","qty":50,"due":"2025-11-11T22:00:00+08:00","source":"周边仓"}}
{"specversion":"1.0","id":"e26","source":"shop","type":"stock.received","subject":"SOCK","time":"2025-11-11T20:00:03+08:00","data":{"document":"R1","reason":"test","by":"tester","restock":"PO1","qty":20}}','[1762862400026000,1762862400027000]','aa',X'066A528B90ECC26478F7FD2D62D2448A8E149D7C13C8ED0E36F3AA309613F816',X'BD743483F77847E474A5165E065A2AF9D781BA377955E00A69DEC269FAA5AE47');
INSERT INTO "batch" VALUES(24,1,1762862400030000,1,'{"specversion":"1.0","id":"e27","source":"shop","type":"order.changed","subject":"卫衣","time":"2025-11-11T20:00:03+08:00","data":{"order":"o2","to":"SOCK"}}','[1762862400029000]','a',X'BD743483F77847E474A5165E065A2AF9D781BA377955E00A69DEC269FAA5AE47',X'3D5FBC1C9F449332E16D80AF1B5441ABA031C174A4FA1A4F07E81AA86E4B9B40');
CREATE TABLE cursor (feed TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('epoch',1);
INSERT INTO "meta" VALUES('stock_seq',24);
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
INSERT INTO "stock" VALUES('SOCK','main','spot',18,0,6,1,0,0,0,1);
INSERT INTO "stock" VALUES('卫衣','main','spot',8,0,9,2,0,1,0,0);
CREATE TRIGGER batch_is_never_changed BEFORE UPDATE ON batch
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER batch_is_never_deleted BEFORE DELETE ON batch
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
COMMIT;
