import type { StoreBackend, StoreDefinition } from "@reeve/runtime";

type Opened = Awaited<ReturnType<StoreBackend["open"]>>;

/** A real store into which a test writes beside the managers, in a transaction of its own. */
export class StoreByHand implements StoreBackend {
  readonly #inner: StoreBackend;
  #opened: Opened | undefined;

  constructor(inner: StoreBackend) {
    this.#inner = inner;
  }

  readonly open: StoreBackend["open"] = async (options) => {
    this.#opened = await this.#inner.open(options);
    return this.#opened;
  };

  /** Runs a statement over the tables of a store, by their names in the database. */
  async write({ layout }: StoreDefinition, sql: string, parameters: readonly unknown[]): Promise<void> {
    const statement = { sql, parameters, query: { kind: "RawNode" }, queryId: { queryId: "by hand" } };
    await this.#opened!.write((session) => session.execute(layout, statement as never), { timeoutMs: 10_000 });
  }
}
