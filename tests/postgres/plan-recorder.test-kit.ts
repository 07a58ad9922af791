import type { StoreBackend } from "@reeve/runtime";
import type { PostgresServer } from "@reeve/testing";

type Connections = Awaited<ReturnType<StoreBackend["open"]>>;
type Session = Parameters<Parameters<Connections["write"]>[0]>[0];

export interface Asked {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Cond"?: string;
  readonly Plans?: readonly PlanNode[];
}

/** A real store that writes down what is asked of it, and in what words. */
export function queryRecorder(inner: StoreBackend, asked: Asked[]): StoreBackend {
  const recorded = (session: Session) =>
    beside(session, {
      execute(layout, query) {
        asked.push(query);
        return session.execute(layout, query);
      },
      executeLater(layout, query, check) {
        asked.push(query);
        return session.executeLater(layout, query, check);
      },
    });
  return {
    async open(options) {
      const connections = await inner.open(options);
      return beside<Connections>(connections, {
        read(layout, query) {
          asked.push(query);
          return connections.read(layout, query);
        },
        write: (body, given) => connections.write((session) => body(recorded(session)), given),
      });
    },
  };
}

/**
 * What PostgreSQL would do with whole tables for a query, as `Seq Scan of reeve_work`: nothing where each is found into by an
 * index. Asked as a session that reads is set, and as one that writes.
 *
 * @param small tables that may be read whole
 */
export async function wholeScans(
  {
    server,
    url,
    small,
  }: { readonly server: PostgresServer; readonly url: string; readonly small: ReadonlySet<string> },
  { sql, parameters }: Asked,
): Promise<string[]> {
  const scans: string[] = [];
  for (const setting of ["on", "off"]) {
    const session = new URL(url);
    session.searchParams.set("options", `-c enable_seqscan=${setting}`);
    const [row] = await server.query(`explain (format json) ${sql}`, parameters, session.href);
    const plans = row!["QUERY PLAN"] as readonly { readonly Plan: PlanNode }[];
    for (const { Plan } of plans)
      for (const scan of scansOf(Plan, small)) scans.push(`${scan} with enable_seqscan ${setting}: ${sql}`);
  }
  return scans;
}

function* scansOf(node: PlanNode, small: ReadonlySet<string>): Generator<string> {
  const { "Node Type": type, "Relation Name": table, "Index Cond": found } = node;
  const whole = type === "Seq Scan" || (/^Index (Only )?Scan$/.test(type) && found === undefined);
  if (whole && !small.has(table!)) yield `${type} of ${table}`;
  for (const part of node.Plans ?? []) yield* scansOf(part, small);
}

function beside<T extends object>(target: T, own: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      if (name in own) return Reflect.get(own, name);
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
