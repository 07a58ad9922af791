import type { StoreBackend } from "@reeve/runtime";

/** Where a process kills itself: round one of its commits, counted from 1 once armed, or at one end of the driver's `create`. */
export type KillPoint =
  | { readonly commit: number; readonly moment: "before" | "after" }
  | { readonly driver: "before" | "after" };

/** A real store in a process that does not outlive one of its commits. */
export function killingStore(inner: StoreBackend, point: KillPoint): { readonly store: StoreBackend; arm(): void } {
  let armed = false;
  let commits = 0;
  const dieAt = (moment: "before" | "after", commit: number) => {
    if ("commit" in point && point.commit === commit && point.moment === moment) die();
  };
  const store: StoreBackend = {
    async open(options) {
      const connections = await inner.open(options);
      const write: typeof connections.write = async (body, given) => {
        if (!armed) return connections.write(body, given);
        const commit = ++commits;
        const result = await connections.write(async (session) => {
          const made = await body(session);
          dieAt("before", commit);
          return made;
        }, given);
        dieAt("after", commit);
        return result;
      };
      return new Proxy(connections, {
        get: (target, name) => {
          if (name === "write") return write;
          const value = Reflect.get(target, name) as unknown;
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  };
  return {
    store,
    arm() {
      armed = true;
    },
  };
}

function die(): never {
  process.kill(process.pid, "SIGKILL");
  // It is not gone at once, and nothing may happen meanwhile.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
