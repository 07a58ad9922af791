import { tcpProxy } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { hold, long } from "./figure.ts";
import { Scene, type WorkCaller } from "./scene.ts";

vi.setConfig({ testTimeout: long ? 180_000 : 90_000 });

test("1,000 abandoned streams: nothing stays in flight, and the memory comes back", async () => {
  const fault = "1,000 abandoned streams";
  await using scene = await Scene.open();
  await scene.serve({ limits: { maxInFlight: 1_200 } });
  const asker = await scene.caller({ name: "asker" });
  // Who is there is asked before the load: five seconds later, those who have not answered are taken for absent.
  await settled(asker);
  // The first two times make what stays for good: compiled code, tables at their size.
  for (let time = 0; time < 2; time++) await abandon(scene, asker, long);
  const before = await settled(asker);
  await abandon(scene, asker, true);
  const after = await settled(asker);
  hold({ fault, invariant: "in flight afterwards", bound: { is: 0 }, figure: after.open });
  const grownPercent = Math.max(0, (after.heapBytes / before.heapBytes - 1) * 100);
  hold({ fault, invariant: "memory kept", bound: { atMost: 10 }, figure: grownPercent, unit: "%" });
});

/** Half are left by their readers, half by a process that ends: without a word it is gone only after 10 s. */
async function abandon(scene: Scene, asker: WorkCaller, wordless: boolean): Promise<void> {
  await using proxy = await tcpProxy(scene.broker.port);
  const reader = await scene.caller({ name: "reader" });
  const vanishing = await scene.caller({ name: "vanishing", link: { servers: `nats://127.0.0.1:${proxy.port}` } });
  const lost = Array.from({ length: 500 }, async () => {
    const stream = vanishing.work.watch({}, { timeout: "60s" });
    await expect(stream.result).rejects.toMatchObject({ reason: "TRANSPORT_CLOSED" });
  });
  // Seen once is enough: those who leave first are missing to whoever asks after them.
  let allThere = false;
  const left = Array.from({ length: 500 }, async () => {
    const stream = reader.work.watch({}, { timeout: "60s" });
    const ended = stream.result.catch((error) => error.reason);
    for await (const _ of stream) {
      allThere ||= (await standing(asker)).open >= 1_000;
      if (allThere) break;
    }
    expect(await ended).toBe("CANCELLED");
  });
  await Promise.all(left);
  if (wordless) await proxy.cut();
  await Promise.all([reader.connection.close(), vanishing.connection.close(), ...lost]);
}

let latest: Promise<{ open: number; heapBytes: number }> | undefined;

/** One question at a time for all who ask. */
function standing({ work }: WorkCaller): Promise<{ open: number; heapBytes: number }> {
  latest ??= work.standing({}).finally(() => {
    latest = undefined;
  });
  return latest;
}

async function settled(asker: WorkCaller): Promise<{ open: number; heapBytes: number }> {
  return vi.waitFor(
    async () => {
      const now = await asker.work.standing({});
      expect(now.open).toBe(0);
      return now;
    },
    { timeout: 30_000, interval: 100 },
  );
}
