import type { StoreBackend } from "@reeve/runtime";

type Connections = Awaited<ReturnType<StoreBackend["open"]>>;

/**
 * One open database for several supervisors of this process, as several hosts have one PostgreSQL: each opens it, and it is
 * closed with the last of them. Of the clocks that they are opened with the first one's is the database's.
 *
 * @example
 * ```ts
 * const store = sharedStore(sqlite({ path: ":memory:" }));
 * const [a, b] = ["block-01", "block-02"].map((host) => createSupervisor({ host, cluster: "rack", transport, store }));
 * ```
 */
export function sharedStore(backend: StoreBackend): StoreBackend {
  let opened: Promise<Connections> | undefined;
  let users = 0;
  return {
    async open(options) {
      users += 1;
      opened ??= backend.open(options);
      const connections = await opened.catch((error: unknown) => {
        users -= 1;
        opened = undefined;
        throw error;
      });
      return new Proxy(connections, {
        get(target, name) {
          if (name === "close") return close;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  };

  async function close(): Promise<void> {
    users -= 1;
    if (users > 0) return;
    const closing = opened;
    opened = undefined;
    await (await closing)?.close();
  }
}
