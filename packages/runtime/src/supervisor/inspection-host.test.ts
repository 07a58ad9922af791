import { call, contract } from "@reeve/contract";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import type { HostFeed } from "../inspection/index.ts";
import { defineManager } from "../manager/definition.ts";
import { sqlite } from "../store/sqlite/index.ts";
import { silentLogger } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import type { Transport } from "../transport/transport.ts";
import { createSupervisor } from "./supervisor.ts";

const pools = contract("pool", "1.0", { free: call({ input: z.object({}), output: z.number() }) });
const poolManager = defineManager({
  contract: pools,
  capabilities: z.object({ free: z.number() }),
  setup: ({ capabilities }) => ({
    initHost: () => capabilities.update({ free: 1 }),
    operations: { free: () => 1 },
  }),
});

/** Whose reports reach nobody while it is shut. */
class Mouth {
  shut = false;

  readonly wrap = (inner: Transport): Transport =>
    new Proxy(inner, {
      get: (target, name) => {
        if (name === "publish")
          return (...published: Parameters<Transport["publish"]>) => {
            if (!this.shut) inner.publish(...published);
          };
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
}

/** A host that shows itself, on the clock of both, and one that may fall silent. */
async function open() {
  const [hub, clock, mouth] = [inProcess(), new ManualClock(), new Mouth()];
  const feed = Promise.withResolvers<HostFeed>();
  const start = async (host: string, transport: Transport, shown = false) => {
    const supervisor = createSupervisor({
      ...{ host, transport, clock, store: sqlite({ path: ":memory:" }), log: silentLogger },
      ...(shown ? { inspector: { attach: async (runtime) => shownBy(runtime.feed) } } : {}),
    });
    supervisor.spawn(poolManager);
    onTestFinished(() => supervisor.stop());
    const starting = supervisor.start();
    for (let turn = 0; turn < 30; turn++) await clock.advance(100);
    await starting;
    return supervisor;
  };
  const shownBy = (given: HostFeed) => {
    feed.resolve(given);
    return { url: "", close: async () => {} };
  };
  await start("a", hub.client(), true);
  const silent = await start("b", mouth.wrap(hub.client()));
  let rows: readonly { readonly id: string; readonly cells: Readonly<Record<string, unknown>> }[] = [];
  const watch = (await feed.promise).watch((news) => {
    for (const { panel, table } of news.tables ?? []) if (panel === "capabilities") rows = table.rows;
  });
  watch.want({ focus: [], panels: ["capabilities"] });
  onTestFinished(() => watch.end());
  return {
    clock,
    mouth,
    silent,
    statuses: () => Object.fromEntries(rows.map(({ id, cells }) => [id, cells.status])),
    /** Long enough for a look at the panel. */
    pass: async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 1_000) await clock.advance(1_000);
    },
  };
}

test("a manager whose host was not heard for longer than half a minute is shown as lost, until it is heard again", async () => {
  const { mouth, statuses, pass } = await open();
  await pass(11_000);
  expect(statuses()).toEqual({ "pool/a": "ready", "pool/b": "ready" });
  mouth.shut = true;
  await pass(15_000);
  expect(statuses()).toEqual({ "pool/a": "ready", "pool/b": "ready" });
  await pass(30_000);
  expect(statuses()).toEqual({ "pool/a": "ready", "pool/b": "lost" });
  mouth.shut = false;
  await pass(11_000);
  expect(statuses()).toEqual({ "pool/a": "ready", "pool/b": "ready" });
});

test("a manager that has stopped is shown as that, however long ago it was", async () => {
  const { silent, statuses, pass } = await open();
  await pass(11_000);
  const stopping = silent.stop();
  await pass(60_000);
  await stopping;
  expect(statuses()).toEqual({ "pool/a": "ready", "pool/b": "stopped" });
});
