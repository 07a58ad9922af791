import type { StoreBackend } from "@reeve/runtime";

type Connections = Awaited<ReturnType<StoreBackend["open"]>>;
type Session = Parameters<Parameters<Connections["write"]>[0]>[0];
type Query = Parameters<Session["execute"]>[1];

/** A store in which a cast is sent without an address: whoever reads it in the next life does not know where it was. */
export function unaddressed(inner: StoreBackend): StoreBackend {
  return {
    async open(options) {
      const connections = await inner.open(options);
      const write: Connections["write"] = (body, given) =>
        connections.write((session) => body(forgetting(session)), given);
      return bound(connections, { write });
    },
  };
}

function forgetting(session: Session): Session {
  return bound(session, { execute: (layout, query) => session.execute(layout, withoutAddress(query)) });
}

function withoutAddress(query: Query): Query {
  if (
    !/^update "reeve_outbox" .*set "address" = \?, "store" = \?/.test(query.sql) ||
    !query.parameters.includes("sent")
  )
    return query;
  const [, , ...parameters] = query.parameters;
  return { ...query, parameters: [null, null, ...parameters] };
}

function bound<T extends object>(inner: T, overridden: Partial<T>): T {
  return new Proxy(inner, {
    get(target, name) {
      if (name in overridden) return overridden[name as keyof T];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
