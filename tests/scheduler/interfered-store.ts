import type { StoreBackend } from "@reeve/runtime";

type Connections = Awaited<ReturnType<StoreBackend["open"]>>;
type Session = Parameters<Parameters<Connections["write"]>[0]>[0];

/** What becomes of a turn of the ledger in which something was reserved. */
export type Fate =
  /** It is rolled back after everything was written. */
  | "cut"
  /** It is committed, and nobody hears of it. */
  | "unknown"
  /** It stands still before it writes, until `wake`. */
  | "paused";

/** A database between which and one scheduler things go wrong. */
export interface InterferedStore extends StoreBackend {
  /** What becomes of the next turn. */
  next: Fate | undefined;
  /** Resolves when a turn stands still. */
  paused(): Promise<void>;
  wake(): void;
}

export function interfered(inner: StoreBackend): InterferedStore {
  const standing = Promise.withResolvers<void>();
  const woken = Promise.withResolvers<void>();
  const watched = (session: Session, onWrite: () => Promise<void>): Session =>
    new Proxy(session, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== "function") return value;
        if (name !== "executeLater") return value.bind(target);
        const later: Session["executeLater"] = async (layout, query, check) => {
          if (layout.store === "scheduler" && query.sql.startsWith("insert into") && query.sql.includes("reservations"))
            await onWrite();
          return target.executeLater(layout, query, check);
        };
        return later;
      },
    });
  const store: InterferedStore = {
    next: undefined,
    paused: () => standing.promise,
    wake: () => woken.resolve(),
    async open(options) {
      const connections = await inner.open(options);
      const write: Connections["write"] = async (body, given) => {
        let fate: Fate | undefined;
        const written = await connections.write(async (session) => {
          const made = await body(
            watched(session, async () => {
              fate ??= store.next;
              store.next = undefined;
              if (fate !== "paused") return;
              standing.resolve();
              await woken.promise;
            }),
          );
          if (fate === "cut") throw new Error("the turn was cut");
          return made;
        }, given);
        if (fate === "unknown") throw new Error("the answer to the commit was lost");
        return written;
      };
      return new Proxy(connections, {
        get(target, name) {
          if (name === "write") return write;
          const value = Reflect.get(target, name, target) as unknown;
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  };
  return store;
}
