import { call, contract } from "@reeve/contract";
import { createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { type BrokerOptions, type Context, ServiceBroker } from "moleculer";
import { z } from "zod";
import { alternate, type Load, ratioOf } from "./alternate.ts";
import type { Figure } from "./figure.ts";
import { median } from "./median.ts";

interface Sum {
  readonly a: number;
  readonly b: number;
}

/** Calls outstanding at a time where they are not made one after the other. */
const outstanding = 64;
const measured = { rounds: 75, roundMs: 40 };

const sums = contract("sum", "1.0", {
  add: call({ input: z.object({ a: z.number(), b: z.number() }), output: z.number(), timeout: "60s" }),
});
const sumManager = defineManager({ contract: sums, setup: () => ({ operations: { add: async ({ a, b }) => a + b } }) });

/**
 * One caller and one manager in one process, an asynchronous handler that adds two numbers: calls made one after the other,
 * and 64 at a time. Each figure is that of the workload that does worse for us.
 */
export async function figures(): Promise<readonly Figure[]> {
  const supervisor = createSupervisor({ host: "bench", store: sqlite({ path: ":memory:" }), log: { level: "silent" } });
  supervisor.spawn(sumManager);
  await supervisor.start();
  const ref = supervisor.ref(sums);
  const checked = await broker({ validator: true, requestTimeout: 60_000 }, true);
  const bare = await broker({ validator: false, requestTimeout: 0, internalMiddlewares: false }, false);
  try {
    const ours = loadsOf((input) => ref.add(input));
    const checkedPeer = loadsOf((input) => checked.call("sum.add", input));
    const barePeer = loadsOf((input) => bare.call("sum.add", input));
    const inTurn = await alternate({ ours: ours.inTurn, checked: checkedPeer.inTurn, bare: barePeer.inTurn }, measured);
    const at64 = await alternate({ ours: ours.at64, checked: checkedPeer.at64, bare: barePeer.at64 }, measured);
    return [
      worse(
        figure("local.moleculer", "Moleculer, validator and requestTimeout", inTurn.ours, inTurn.checked),
        figure("local.moleculer", "Moleculer, validator and requestTimeout, 64 at a time", at64.ours, at64.checked),
      ),
      worse(
        figure("local.moleculer.bare", "Moleculer, no middlewares", inTurn.ours, inTurn.bare),
        figure("local.moleculer.bare", "Moleculer, no middlewares, 64 at a time", at64.ours, at64.bare),
      ),
    ];
  } finally {
    await Promise.all([supervisor.stop(), checked.stop(), bare.stop()]);
  }
}

async function broker(options: BrokerOptions, validated: boolean): Promise<ServiceBroker> {
  const made = new ServiceBroker({ logger: false, ...options });
  made.createService({
    name: "sum",
    actions: {
      add: {
        ...(validated ? { params: { a: "number", b: "number" } } : {}),
        handler: async ({ params }: Context<Sum>) => params.a + params.b,
      },
    },
  });
  await made.start();
  return made;
}

function loadsOf(add: (input: Sum) => Promise<unknown>): { readonly inTurn: Load; readonly at64: Load } {
  return {
    async inTurn(calls) {
      for (let a = 0; a < calls; a++) await add({ a, b: 1 });
    },
    async at64(calls) {
      let made = 0;
      const caller = async () => {
        while (made < calls) await add({ a: made++, b: 1 });
      };
      await Promise.all(Array.from({ length: outstanding }, caller));
    },
  };
}

function figure(id: string, peerName: string, ours: readonly number[], peer: readonly number[]): Figure {
  return { id, ours: median(ours), peer: median(peer), ratio: ratioOf(ours, peer), unit: "calls/s", peerName };
}

function worse(one: Figure, other: Figure): Figure {
  return one.ratio! <= other.ratio! ? one : other;
}
