/** Sync as far as the disk's own cache; only macOS makes a difference there. */
const toTheDisk = "pragma fullfsync = on; pragma checkpoint_fullfsync = on";

/** Of each connection: only the checkpointer copies the log into the database, which takes syncs. */
const common = `pragma wal_autocheckpoint = 0; pragma trusted_schema = off; ${toTheDisk}`;

/** With `normal` a commit writes the log and does not sync it: that is done for many at once, in a thread. */
export const writerSettings = `${common}; pragma synchronous = normal`;

export const readerSettings = common;

/** With `normal` it syncs the log before it copies, and the database after. A log that once grew is cut to 64 MiB. */
export const checkpointSettings = `${common}; pragma synchronous = normal; pragma journal_size_limit = 67108864`;
