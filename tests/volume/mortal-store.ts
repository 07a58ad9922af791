import type { StoreBackend } from "@reeve/runtime";

/** A real store as one host of several reaches it: what the host does after it has died never comes there. */
export interface MortalStore {
  readonly store: StoreBackend;
  /** Nothing is committed or read any more; what is under way is rolled back. */
  die(): void;
}

/** One host's way to a store that others have as well. */
export function mortalStore(inner: StoreBackend): MortalStore {
  let dead = false;
  const requireAlive = () => {
    if (dead) throw new Error("this host is dead");
  };
  const store: StoreBackend = {
    async open(options) {
      const connections = await inner.open(options);
      const write: typeof connections.write = (body, given) =>
        connections.write(async (session) => {
          requireAlive();
          const made = await body(session);
          requireAlive();
          return made;
        }, given);
      return new Proxy(connections, {
        get: (target, name) => {
          if (name === "write") return write;
          const value = Reflect.get(target, name) as unknown;
          if (typeof value !== "function") return value;
          if (name === "close") return value.bind(target);
          return (...args: unknown[]) => {
            requireAlive();
            return value.apply(target, args);
          };
        },
      });
    },
  };
  return {
    store,
    die() {
      dead = true;
    },
  };
}
