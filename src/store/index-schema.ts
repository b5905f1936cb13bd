// SPDX-License-Identifier: MIT OR Apache-2.0

/** Version of the index's tables, kept in `user_version`. An older index is rebuilt, a newer one is refused. */
export const INDEX_SCHEMA = 5;

/**
 * Keys, instances and digests are 32-byte blobs. Times are milliseconds since the epoch.
 * `files.ctime` is nanoseconds as decimal text, NULL if the file was not looked at since the index was rebuilt;
 * `files.links` is how many names the file had then: each new or lost one changes its ctime.
 * `files.boot` is the boot id under which the file was written, '' once its bytes are known to be on disk.
 * `derived` has what was made of a record's files, to be thrown away with it, and no other truth than what was noted.
 * `replays.entry` is text, or its zstd frame as a blob.
 * `files.refs` and `totals` are kept by triggers, so that `cache stats` and `ls` need not count.
 */
export const INDEX_SQL = `
CREATE TABLE records (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  instance BLOB NOT NULL UNIQUE,
  key BLOB NOT NULL,
  pre_key BLOB NOT NULL,
  input_set INTEGER NOT NULL,
  package TEXT NOT NULL,
  version TEXT NOT NULL,
  version_order TEXT NOT NULL,
  source TEXT NOT NULL,
  target TEXT NOT NULL,
  kind TEXT NOT NULL,
  features TEXT NOT NULL,
  triple TEXT NOT NULL,
  profile TEXT NOT NULL,
  rustc TEXT NOT NULL,
  mode TEXT NOT NULL,
  size INTEGER NOT NULL,
  files INTEGER NOT NULL,
  created INTEGER NOT NULL,
  used INTEGER NOT NULL,
  took_ms INTEGER NOT NULL,
  privacy TEXT NOT NULL,
  privacy_reason TEXT NOT NULL,
  sandbox TEXT NOT NULL,
  pinned INTEGER NOT NULL,
  schema INTEGER NOT NULL
) STRICT;
CREATE INDEX records_key ON records(key);
CREATE INDEX records_crate ON records(package, version_order, target, kind);
CREATE INDEX records_rustc ON records(rustc);
CREATE INDEX records_used ON records(used);
CREATE INDEX records_created ON records(created);
CREATE INDEX records_size ON records(size);
CREATE INDEX records_took ON records(took_ms);
CREATE INDEX records_breakdown ON records(kind, privacy, pinned, size);
CREATE INDEX records_input_set ON records(input_set);

CREATE TABLE files (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  size INTEGER NOT NULL,
  ctime TEXT,
  links INTEGER NOT NULL DEFAULT 1,
  boot TEXT NOT NULL,
  seen INTEGER NOT NULL,
  refs INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX files_unused ON files(seen) WHERE refs = 0;

CREATE TABLE outputs (
  record INTEGER NOT NULL,
  file INTEGER NOT NULL,
  PRIMARY KEY (record, file)
) STRICT, WITHOUT ROWID;
CREATE INDEX outputs_file ON outputs(file);

CREATE TABLE derived (
  record INTEGER PRIMARY KEY,
  file INTEGER NOT NULL,
  note TEXT NOT NULL
) STRICT;
CREATE INDEX derived_file ON derived(file);

CREATE TABLE totals (records INTEGER NOT NULL, size INTEGER NOT NULL, disk INTEGER NOT NULL) STRICT;
INSERT INTO totals VALUES (0, 0, 0);

CREATE TRIGGER record_added AFTER INSERT ON records BEGIN
  UPDATE totals SET records = records + 1, size = size + NEW.size;
END;
CREATE TRIGGER record_resized AFTER UPDATE OF size ON records WHEN OLD.size <> NEW.size BEGIN
  UPDATE totals SET size = size - OLD.size + NEW.size;
END;
CREATE TRIGGER record_removed AFTER DELETE ON records BEGIN
  DELETE FROM replays WHERE instance = OLD.instance;
  DELETE FROM derived WHERE record = OLD.id;
  UPDATE totals SET records = records - 1, size = size - OLD.size;
END;
CREATE TRIGGER output_added AFTER INSERT ON outputs BEGIN
  UPDATE files SET refs = refs + 1 WHERE id = NEW.file;
END;
CREATE TRIGGER output_removed AFTER DELETE ON outputs BEGIN
  UPDATE files SET refs = refs - 1 WHERE id = OLD.file;
END;
CREATE TRIGGER derived_added AFTER INSERT ON derived BEGIN
  UPDATE files SET refs = refs + 1 WHERE id = NEW.file;
END;
CREATE TRIGGER derived_removed AFTER DELETE ON derived BEGIN
  UPDATE files SET refs = refs - 1 WHERE id = OLD.file;
END;
CREATE TRIGGER file_needed AFTER UPDATE OF refs ON files WHEN OLD.refs = 0 AND NEW.refs > 0 BEGIN
  UPDATE totals SET disk = disk + NEW.size;
END;
CREATE TRIGGER file_unneeded AFTER UPDATE OF refs ON files WHEN OLD.refs > 0 AND NEW.refs = 0 BEGIN
  UPDATE totals SET disk = disk - NEW.size;
END;

CREATE TABLE input_sets (
  id INTEGER PRIMARY KEY,
  pre_key BLOB NOT NULL,
  digest BLOB NOT NULL,
  json TEXT NOT NULL,
  used INTEGER NOT NULL,
  UNIQUE (pre_key, digest)
) STRICT;

CREATE TABLE stats (
  path TEXT PRIMARY KEY,
  stat BLOB NOT NULL,
  digest BLOB NOT NULL,
  seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE memo (
  namespace TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  seen INTEGER NOT NULL,
  PRIMARY KEY (namespace, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE replays (
  plan TEXT NOT NULL,
  instance BLOB NOT NULL,
  entry ANY NOT NULL,
  used INTEGER NOT NULL,
  PRIMARY KEY (plan, instance)
) STRICT;
CREATE INDEX replays_instance ON replays(instance);

CREATE TABLE builds (
  workspace TEXT PRIMARY KEY,
  finished INTEGER NOT NULL,
  log BLOB NOT NULL
) STRICT;
`;
