import type { StoreBackend } from "@reeve/runtime";

type Claimed = "segments" | "ports" | "addresses";

/** Which of the values of a claim says whose it is. */
const owner: Record<Claimed, number> = { segments: 2, ports: 0, addresses: 3 };

/**
 * A real store in which somebody else is quicker: right before a claim is inserted, the same row is there as another one's. A
 * database with several writers can do this between any two statements; SQLite's one writer never would.
 */
export class RivalStore implements StoreBackend {
  readonly #inner: StoreBackend;
  readonly #left = new Map<Claimed, number>();
  #rivals = 0;

  constructor(inner: StoreBackend) {
    this.#inner = inner;
  }

  /** The next claims on this table, as many as given, are lost to a rival. */
  quicker(table: Claimed, claims: number): void {
    this.#left.set(table, claims);
  }

  readonly open: StoreBackend["open"] = async (options) => {
    const connections = await this.#inner.open(options);
    type Write = typeof connections.write;
    const write: Write = (body, given) =>
      connections.write((session) => {
        const execute: typeof session.execute = async (layout, query) => {
          const table = /^insert into "network_(segments|ports|addresses)"/.exec(query.sql)?.[1] as Claimed | undefined;
          if (table && this.#isQuicker(table)) {
            const parameters = query.parameters.with(owner[table], `rival-${++this.#rivals}`);
            await session.execute(layout, { ...query, parameters });
          }
          return session.execute(layout, query);
        };
        return body(delegating(session, { execute }));
      }, given);
    return delegating(connections, { write });
  };

  #isQuicker(table: Claimed): boolean {
    const left = this.#left.get(table) ?? 0;
    this.#left.set(table, Math.max(0, left - 1));
    return left > 0;
  }
}

/** The same object but for some of its methods. */
function delegating<T extends object>(target: T, own: Partial<T>): T {
  return new Proxy(target, {
    get(_target, name) {
      if (name in own) return own[name as keyof T];
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
