import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { hold, note } from "./figure.ts";
import { Scene } from "./scene.ts";
import { Server } from "./server.ts";

vi.setConfig({ testTimeout: 60_000 });

const fault = "callee kill -9";

test.each([
  ["nobody calls it", false],
  ["another call finds nobody there", true],
])("what is in flight at a killed callee ends, where %s", async (how, called) => {
  await using scene = await Scene.open();
  const host = "worker-01";
  const server = new Server({ host, link: { servers: scene.broker.url }, ledger: scene.ledger.path });
  await server.said("ready");
  const { work } = await scene.caller();
  const reason = (error: { readonly reason: string }) => error.reason;
  let [steps, calls] = [0, 0];
  const watching = (async () => {
    for await (const _ of work.watch({})) steps++;
  })().catch(reason);
  const running = work.run({ key: "held", held: true }).catch(reason);
  await vi.waitFor(() => expect(steps).toBeGreaterThan(2), { timeout: 20_000 });
  await vi.waitFor(() => expect(scene.ledger.runs().size).toBe(1), { timeout: 20_000 });
  const killedAt = performance.now();
  server.signal("SIGKILL");
  await once(server.process, "exit");
  // A broker that has not got to the end of the connection yet takes a call for it: that one is lost like the others.
  const another = async () => expect(await work.run({ key: `new-${calls++}` }).catch(reason)).toBe("NO_RESPONDERS");
  if (called) await vi.waitFor(another, { timeout: 20_000 });
  const ended = await Promise.all([watching, running]);
  const ms = performance.now() - killedAt;
  const others = ended.filter((end) => end !== "PEER_LOST").length;
  hold({ fault, invariant: `in flight and not told PEER_LOST, ${how}`, bound: { is: 0 }, figure: others });
  note({ fault, invariant: `told after, ${how}`, bound: { atMost: called ? 5_000 : 7_500 }, figure: ms, unit: "ms" });
});
