/** Marks a SQLite file as one of ours ("SDWT"). */
export const APPLICATION = 0x53445754;

/**
 * Every blob has its checksum beside it (checked-blob.ts). `state.cut`: blocks up to this number are in the snapshot. `seq`:
 * the highest one that an event had. Parts of another snapshot than `state.snapshot` are unfinished.
 */
const FIRST = `
  CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    cut INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    snapshot INTEGER NOT NULL
  ) STRICT;
  INSERT INTO state VALUES (1, 0, 0, 0);
  CREATE TABLE block (number INTEGER PRIMARY KEY, crc INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE part (
    snapshot INTEGER NOT NULL,
    number INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (snapshot, number)
  ) STRICT;
  CREATE TABLE event (seq INTEGER PRIMARY KEY, crc INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE waiting (
    seq INTEGER NOT NULL,
    destination TEXT NOT NULL,
    priority INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (seq, destination)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX waiting_order ON waiting (destination, priority, seq, since);
`;

/** What makes each format of the one before it. A step is never changed after its release. */
export const STEPS: readonly string[] = [FIRST];

/** The format that is written: the file's user_version. */
export const FORMAT = STEPS.length;
