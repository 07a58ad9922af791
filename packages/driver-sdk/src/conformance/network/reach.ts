import assert from "node:assert/strict";
import { setTimeout as after } from "node:timers/promises";
import type { NetworkCase } from "./network-case.ts";
import { requireSettled } from "./network-rig.ts";

/** How long the device is watched for an effect that comes late, and how often looked at. */
const watchedMs = 60;
const pauseMs = 20;

export const reach: readonly NetworkCase[] = [
  {
    promise:
      "a device that cannot be reached is UNAVAILABLE in time, retryable, and nothing is claimed to have been done",
    hands: ["unreachable"],
    async hold(rig) {
      const { unreachable } = rig.device;
      assert.ok(typeof unreachable === "function");
      const network = rig.network(0);
      const [port, other] = [rig.port(0, network), rig.port(1, network)];
      await rig.ensure(network);
      await rig.attach(port);
      const facts = await rig.facts();
      const reachAgain = await unreachable();
      for (const [what, call] of [
        ["ensureSegment", () => rig.ensure({ ...network, mtu: 1400 })],
        ["attach", () => rig.driver.attach(other)],
        ["detach", () => rig.driver.detach({ ...port, last: true })],
        ["removeSegment", () => rig.remove(network)],
        ["list", () => rig.driver.list()],
        ["stats", () => rig.driver.stats()],
        ["set-up", () => rig.setUpAgain()],
      ] as const) {
        const error = await rig.refuses("UNAVAILABLE", call(), what);
        assert.equal((error as { retryable?: unknown }).retryable, true, `${what}: it passes by itself`);
        const { data } = error as { data?: { applied?: readonly unknown[] } };
        assert.equal(data?.applied?.length ?? 0, 0, `${what}: nothing can have taken effect`);
      }
      await reachAgain();
      await rig.unchanged(facts, "a device that was out of reach has changed");
      await rig.attach(other);
      await rig.carries([network], [port, other]);
    },
  },
  {
    promise: "a call whose signal has aborted already does nothing",
    async hold(rig) {
      const network = rig.network(0);
      const port = rig.port(0, network);
      const signal = AbortSignal.abort();
      const bare = await rig.facts();
      await assert.rejects(rig.ensure(network, { signal }));
      await rig.unchanged(bare, "an aborted ensureSegment changed the device");
      await rig.ensure(network);
      await rig.attach(port);
      const facts = await rig.facts();
      await assert.rejects(rig.attach({ ...port, mtu: 1400 }, { signal }));
      await assert.rejects(rig.driver.detach({ ...port, last: true }, { signal }));
      await assert.rejects(rig.remove(network, { signal }));
      await assert.rejects(rig.driver.list({ signal }));
      await rig.unchanged(facts, "an aborted call changed the device");
    },
  },
  {
    promise: "a call that is aborted settles soon, and changes nothing once it has settled",
    async hold(rig) {
      const network = rig.network(0);
      await rig.ensure(network);
      for (let at = 1, struck = true; struck; at++) {
        const port = rig.port(0, network, { generation: at });
        for (const call of ["attach", "detach"] as const) {
          const fault = at % 2 === 0 ? "silent" : "abort";
          const { struck: came, outcome } = await rig.faulted<unknown>(at, fault, (options) =>
            rig[call](port, options),
          );
          if (call === "attach") struck = came;
          if (outcome.status === "rejected") requireSettled(outcome.reason);
          const settled = await rig.facts();
          const end = performance.now() + watchedMs;
          do {
            await after(pauseMs);
            await rig.unchanged(settled, `${call} changed the device after it had settled, aborted at command ${at}`);
          } while (performance.now() < end);
          if (call === "attach") await rig.attach(port);
        }
        await rig.detach(port);
      }
      await rig.carries([network], []);
    },
  },
];
