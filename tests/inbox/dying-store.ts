import type { StoreBackend } from "@reeve/runtime";

export interface Dying {
  readonly store: StoreBackend;
  /** Steps since it was armed. */
  readonly steps: number;
  arm(): void;
}

/**
 * A real store in a process that kills itself at one of its steps, counted from 1 once armed: before each statement of a write
 * transaction, before each commit, and after it.
 */
export function dyingStore(inner: StoreBackend, at: number): Dying {
  let armed = false;
  let steps = 0;
  const step = () => {
    if (armed && ++steps === at) die();
  };
  const store: StoreBackend = {
    async open(options) {
      const connections = await inner.open(options);
      const write: typeof connections.write = async (body, given) => {
        const result = await connections.write(async (session) => {
          const counted = replacing(session, "execute", (layout, query) => {
            step();
            return session.execute(layout, query);
          });
          const made = await body(counted);
          step();
          return made;
        }, given);
        step();
        return result;
      };
      return replacing(connections, "write", write);
    },
  };
  return {
    store,
    get steps() {
      return steps;
    },
    arm() {
      armed = true;
    },
  };
}

function replacing<T extends object, K extends keyof T>(target: T, replaced: K, by: T[K]): T {
  return new Proxy(target, {
    get: (_, name) => {
      if (name === replaced) return by;
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function die(): never {
  process.kill(process.pid, "SIGKILL");
  // It is not gone at once, and nothing may happen meanwhile.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
