import { ManualClock } from "@reeve/runtime/internal";
import { expect, test } from "vitest";
import { nexusSimulator } from "../nexus-simulator.ts";
import { NxApiClient } from "../nxapi-client.test-kit.ts";

const show = JSON.stringify({ jsonrpc: "2.0", method: "cli", params: { cmd: "show version", version: 1 }, id: 1 });

test("five sessions for each of four workers: the 21st request at once is rejected, a later one is not", async () => {
  await using nexus = await nexusSimulator();
  const client = new NxApiClient(nexus);
  const hold = nexus.faults.hold("execution", { times: 20 });
  const busy = Array.from({ length: 20 }, () => client.send(show));
  await expect.poll(() => hold.held).toBe(20);
  expect(await client.send(show)).toMatchObject({ status: 503, type: "text/html" });
  hold.release();
  for (const answer of await Promise.all(busy)) expect(answer.status).toBe(200);
  expect((await client.send(show)).status).toBe(200);
});

test("after 300 s the client is told that it took too long, and the commands go on", async () => {
  const clock = new ManualClock();
  await using nexus = await nexusSimulator({ clock, delays: { configure: 400_000 } });
  const client = new NxApiClient(nexus);
  const answer = client.rpc(["vlan 7"]);
  await expect.poll(() => clock.pending).toBe(2);
  await clock.advance(300_000);
  expect((await answer).error.data.msg).toBe("Back-end processing error.");
  expect(nexus.runningConfig()).not.toContain("vlan 1,7");
  await clock.advance(100_000);
  expect(nexus.runningConfig()).toContain("vlan 1,7\n");
});
