import { connect, createSupervisor, inProcess } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Transport } from "@reeve/runtime/transport";
import { silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";

/*
 * Of two subscriptions of a connection that match a reply subject, nats-server tells one that nobody listens: the other never
 * hears it (`subForReply`, https://github.com/nats-io/nats-server/blob/main/server/client.go).
 */

function recorded(inner: Transport): { readonly transport: Transport; inbox(): string[] } {
  const subjects: string[] = [];
  const transport = new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        if (name === "subscribe") subjects.push(given[0] as string);
        return value.apply(target, given);
      };
    },
  });
  return { transport, inbox: () => subjects.filter((subject) => subject.startsWith(inner.inbox)) };
}

function overlap(one: string, other: string): boolean {
  const [a, b] = [one.split("."), other.split(".")];
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const pair = [a[at], b[at]];
    if (pair.includes(undefined)) return false;
    if (pair.includes(">")) return true;
    if (!pair.includes("*") && a[at] !== b[at]) return false;
  }
  return true;
}

test("each notice that nobody is there comes to whoever waits for it: no two subscriptions below an inbox overlap", async () => {
  const hub = inProcess();
  const host = recorded(hub.client({ caller: "block-01" }));
  const supervisor = createSupervisor({
    ...{ host: "block-01", store: sqlite({ path: ":memory:" }), log: { level: "silent" } },
    transport: host.transport,
  });
  onTestFinished(() => supervisor.stop());
  await supervisor.start();
  const cli = recorded(hub.client({ caller: "cli" }));
  await using _ = await connect({ transport: cli.transport, log: silentLogger });
  for (const { inbox } of [host, cli]) {
    const subjects = inbox();
    expect(subjects.length).toBeGreaterThan(1);
    const pairs = subjects.flatMap((one, at) => subjects.slice(at + 1).map((other) => [one, other] as const));
    expect(pairs.filter(([one, other]) => overlap(one, other))).toEqual([]);
  }
});
