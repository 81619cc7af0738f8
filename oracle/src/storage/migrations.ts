/** One step of the schema each, in order. A released step is never edited: a change is a new step. */
export const MIGRATIONS: readonly string[] = [
  // 1: meters, their channels and open intervals; profiles on their way to the chain; offers of the board.
  `
  CREATE TABLE meters (
    meter INTEGER PRIMARY KEY,
    -- Cumulative registers at the end of the last closed day, Wh.
    import_wh INTEGER NOT NULL,
    export_wh INTEGER NOT NULL,
    -- Energy since then that belongs to no open interval: the next profile leaves it unattributed.
    late_import_wh INTEGER NOT NULL DEFAULT 0,
    late_export_wh INTEGER NOT NULL DEFAULT 0,
    closed_day INTEGER NOT NULL DEFAULT -1
  ) STRICT;
  CREATE TABLE channels (
    meter INTEGER NOT NULL,
    input TEXT NOT NULL,
    meaning TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (meter, input)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE intervals (
    meter INTEGER NOT NULL,
    interval INTEGER NOT NULL,
    import_wh INTEGER NOT NULL,
    export_wh INTEGER NOT NULL,
    quality INTEGER NOT NULL,
    PRIMARY KEY (meter, interval)
  ) STRICT, WITHOUT ROWID;
  -- Days in which a reading brought news: these get a profile.
  CREATE TABLE open_days (
    meter INTEGER NOT NULL,
    day INTEGER NOT NULL,
    PRIMARY KEY (meter, day)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    meter INTEGER NOT NULL,
    day INTEGER NOT NULL,
    -- Registers and intervals in the meter's unit, as signed. Quality in decimal digits: 192 bits.
    import_register INTEGER NOT NULL,
    export_register INTEGER NOT NULL,
    quality TEXT NOT NULL,
    intervals TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('closed', 'signed', 'sent', 'recorded', 'parked')),
    device TEXT,
    signature TEXT,
    transaction_hash TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_ms INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    UNIQUE (meter, day)
  ) STRICT;
  CREATE INDEX outbox_by_state ON outbox (state, day, id);
  CREATE TABLE offers (
    hash TEXT PRIMARY KEY,
    seller TEXT NOT NULL,
    meter INTEGER NOT NULL,
    expiry INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX offers_by_seller ON offers (seller, expiry);
  CREATE INDEX offers_by_expiry ON offers (expiry);
  `,
  // 2: profiles that are settled instead of recorded. SQLite changes a CHECK only with the whole table.
  `
  CREATE TABLE outbox_new (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    meter INTEGER NOT NULL,
    day INTEGER NOT NULL,
    import_register INTEGER NOT NULL,
    export_register INTEGER NOT NULL,
    quality TEXT NOT NULL,
    intervals TEXT NOT NULL,
    -- The way to the chain: the record of a self-trading meter, or the day settlement of a sharing one.
    route TEXT NOT NULL DEFAULT 'record' CHECK (route IN ('record', 'share')),
    state TEXT NOT NULL CHECK (state IN ('closed', 'signed', 'sent', 'recorded', 'settled', 'late', 'parked')),
    device TEXT,
    signature TEXT,
    transaction_hash TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_ms INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    UNIQUE (meter, day)
  ) STRICT;
  INSERT INTO outbox_new (id, meter, day, import_register, export_register, quality, intervals, state, device, signature,
    transaction_hash, attempts, next_attempt_ms, reason)
  SELECT id, meter, day, import_register, export_register, quality, intervals, state, device, signature,
    transaction_hash, attempts, next_attempt_ms, reason FROM outbox;
  DROP TABLE outbox;
  ALTER TABLE outbox_new RENAME TO outbox;
  CREATE INDEX outbox_by_state ON outbox (state, day, id);
  `,
];
