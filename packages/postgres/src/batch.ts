import type { Duplex } from "node:stream";
import { decoderOf, type WireValue } from "./values.ts";

/** What is said to the server: one statement. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly WireValue[] | undefined;
}

export interface NamedStatement extends Statement {
  /** Under which the server keeps it prepared for the session. */
  readonly name: string;
}

export interface StatementResult {
  readonly rows: readonly object[];
  /** `INSERT`, `SELECT`, `COMMIT`, … */
  readonly command: string;
  /** How many rows it gave or changed. */
  readonly count: number;
}

/** The part of a connection of `pg` that says messages: https://www.postgresql.org/docs/18/protocol-message-formats.html */
export interface Wire {
  readonly stream: Duplex;
  parse(message: { readonly text: string; readonly name: string }): void;
  bind(message: { readonly statement: string; readonly values: readonly WireValue[] }): void;
  describe(message: { readonly type: "P"; readonly name: string }): void;
  execute(message: { readonly portal?: string }): void;
  close(message: { readonly type: "S"; readonly name: string }): void;
  sync(): void;
}

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

/** What became of several statements: those that ran, and why the one after them failed, if one did. */
export interface Said {
  readonly results: readonly StatementResult[];
  readonly failure: unknown;
}

export interface ResultColumn {
  readonly name: string;
  readonly decode: ((text: string) => unknown) | undefined;
}

/** What the server has prepared in one session, by name: the columns of its results, once they are known. */
export type Prepared = Map<string, readonly ResultColumn[] | undefined>;

/**
 * Several statements in one message to the server, which runs them one after the other up to the first that fails: what `pg`
 * would say in as many round trips. `pg` takes it for a query of its own kind, and calls its handlers.
 */
export class Batch {
  readonly done: Promise<Said>;
  /** Set by `pg` where it is given one. */
  callback: undefined;
  readonly #statements: readonly NamedStatement[];
  readonly #prepared: Prepared;
  readonly #forget: readonly string[];
  readonly #results: StatementResult[] = [];
  readonly #parsing: string[] = [];
  readonly #settle: PromiseWithResolvers<Said>;
  #columns: readonly ResultColumn[] = [];
  #rows: object[] = [];
  #failure: unknown;

  /** @param forget what of the prepared statements the server need not keep any more */
  constructor(statements: readonly NamedStatement[], prepared: Prepared, forget: readonly string[]) {
    this.#statements = statements;
    this.#prepared = prepared;
    this.#forget = forget;
    this.#settle = Promise.withResolvers();
    this.done = this.#settle.promise;
  }

  submit(wire: Wire): void {
    wire.stream.cork();
    for (const name of this.#forget) wire.close({ type: "S", name });
    for (const { text, values = [], name } of this.#statements) {
      if (!this.#prepared.has(name)) {
        this.#parsing.push(name);
        wire.parse({ text, name });
      }
      wire.bind({ values, statement: name });
      if (!this.#prepared.get(name)) wire.describe({ type: "P", name: "" });
      wire.execute({ portal: "" });
    }
    wire.sync();
    wire.stream.uncork();
    this.#columns = this.#columnsOf(0);
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.#columns = fields.map(({ name, dataTypeID }) => ({ name, decode: decoderOf(dataTypeID) }));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const columns = this.#columns;
    const row: Record<string, unknown> = {};
    for (let index = 0; index < columns.length; index++) {
      const { name, decode } = columns[index]!;
      const text = fields[index]!;
      row[name] = decode && text !== null ? decode(text) : text;
    }
    this.#rows.push(Object.freeze(row));
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    const { name } = this.#statements[this.#results.length]!;
    this.#prepared.set(name, this.#columns);
    const [command = ""] = text.split(" ", 1);
    const count = Number(text.slice(text.lastIndexOf(" ") + 1)) || 0;
    this.#results.push({ rows: this.#rows, command, count });
    this.#rows = [];
    this.#columns = this.#columnsOf(this.#results.length);
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: "" });
  }

  /** The server keeps a statement that it has read, also when it fails then. */
  handleParseComplete(): void {
    const name = this.#parsing.shift();
    if (name !== undefined) this.#prepared.set(name, undefined);
  }

  /** What the server says of an error comes before it is ready for others, or before it ends the session: `lose` tells. */
  handleError(error: unknown): void {
    this.#failure = error;
    if ((error as { readonly severity?: string }).severity === undefined) this.ready();
  }

  /** The session is over. What the server said last is why: how severe that is, it says in its own language. */
  lose(reason: unknown): unknown {
    const why = this.#failure === undefined ? reason : Object.assign(this.#failure as object, { severity: "FATAL" });
    this.#settle.resolve({ results: this.#results, failure: why });
    return why;
  }

  /** Called by the connection: `pg` forgets a query with its first error. */
  ready(): void {
    this.#settle.resolve({ results: this.#results, failure: this.#failure });
  }

  handleReadyForQuery(): void {}

  handlePortalSuspended(): void {}

  handleCopyInResponse(): void {}

  handleCopyData(): void {}

  #columnsOf(index: number): readonly ResultColumn[] {
    const name = this.#statements[index]?.name;
    return (name && this.#prepared.get(name)) || [];
  }
}
