import type { StoreBackend } from "@reeve/runtime";

/** One real database for several supervisors, as a database server is. It is closed with the last of them. */
export function sharedStore(inner: StoreBackend): StoreBackend {
  let opening: ReturnType<StoreBackend["open"]> | undefined;
  let users = 0;
  return {
    async open(options) {
      opening ??= inner.open(options);
      users++;
      const connections = await opening;
      const close: typeof connections.close = async () => {
        if (--users === 0) await connections.close();
      };
      return new Proxy(connections, {
        get(target, name) {
          if (name === "close") return close;
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  };
}
