import type { PanelState } from "./panel-state.ts";

/** Where a panel keeps its state and what was done to it. */
export interface PanelMemory {
  read(): PanelState;
  /** Reads, changes and writes as one step, also between processes. What `change` throws undoes it. */
  update(change: (now: PanelState) => PanelState): PanelState;
  /** Adds a line to what was done. */
  record(line: string): void;
  log(): readonly string[];
  close(): void;
}

/** Forgotten with the process. */
export function inMemory(initial: PanelState): PanelMemory {
  let state = initial;
  const log: string[] = [];
  return {
    read: () => state,
    update(change) {
      state = change(state);
      return state;
    },
    record: (line) => void log.push(line),
    log: () => log,
    close() {},
  };
}

/** Kept in a file that any number of processes open; each step is there, or not, whatever kills the process that made it. */
export function inFile(path: string, initial: PanelState): PanelMemory {
  // Imported, it would be what an old Node complains of, instead of its age.
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(path, { timeout: 10_000 });
  // Processes die here, the machine does not.
  database.exec("pragma synchronous = off");
  database.exec("create table if not exists panel (id integer primary key check (id = 1), state text not null)");
  database.exec("create table if not exists log (line text not null)");
  database.prepare("insert or ignore into panel values (1, ?)").run(JSON.stringify(initial));
  const reading = database.prepare("select state from panel");
  const writing = database.prepare("update panel set state = ?");
  const recording = database.prepare("insert into log values (?)");
  const logged = database.prepare("select line from log order by rowid");
  const read = () => JSON.parse((reading.get() as { state: string }).state) as PanelState;
  return {
    read,
    update(change) {
      database.exec("begin immediate");
      try {
        const next = change(read());
        writing.run(JSON.stringify(next));
        database.exec("commit");
        return next;
      } catch (error) {
        database.exec("rollback");
        throw error;
      }
    },
    record: (line) => void recording.run(line),
    log: () => logged.all().map(({ line }) => String(line)),
    close: () => database.close(),
  };
}
