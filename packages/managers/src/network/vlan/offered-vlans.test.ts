import { reeveError } from "@reeve/contract";
import { markDriverFailure } from "@reeve/driver-sdk/internal";
import { silentLogger } from "@reeve/runtime/internal";
import { expect, test, vi } from "vitest";
import { NetworkConfig } from "../config.ts";
import type { NetworkHandles } from "../handles.ts";
import type { CreateContext } from "../segmentation.ts";
import { offeredVlans } from "./offered-vlans.ts";

const current = NetworkConfig.parse({ physicalNetworks: { dc1: { vlans: [[10, 20]], reserved: [[12, 13]] } } });
const byConfiguration = [
  { first: 10n, last: 11n },
  { first: 14n, last: 20n },
];

/** What is offered where the device answers like this. */
function offered(ranges: () => Promise<unknown>, { healthy = true, signal = new AbortController().signal } = {}) {
  const handles = { config: { current }, driver: { healthy, vlans: { ranges } } } as unknown as NetworkHandles;
  const fail = (reason: string, data: unknown) => {
    throw new Error(`${reason} ${JSON.stringify(data)}`);
  };
  const ctx = { signal, log: silentLogger, fail } as unknown as CreateContext;
  return offeredVlans(handles, "dc1", ctx).then((vlans) => vlans.offered);
}

const lost = () =>
  markDriverFailure(reeveError("DRIVER_LOST", "gone"), { driver: "d", method: "ranges", passing: true });

test("offers what the configuration and the device allow and neither reserves", async () => {
  const ranges = async () => ({
    usable: [[1, 18]],
    reserved: [
      [15, 15],
      [4094, 4095],
    ],
  });
  expect(await offered(ranges)).toEqual([
    { first: 10n, last: 11n },
    { first: 14n, last: 14n },
    { first: 16n, last: 18n },
  ]);
});

test("a device without VLANs is another matter than one whose VLANs are taken", async () => {
  await expect(offered(async () => ({ usable: [], reserved: [] }))).rejects.toThrow('UNSUPPORTED {"ability":"vlans"}');
});

test("does not ask a device that is away, and does without one that fails to answer", async () => {
  const ranges = vi.fn(() => Promise.reject(lost()));
  expect(await offered(ranges, { healthy: false })).toEqual(byConfiguration);
  expect(ranges).not.toHaveBeenCalled();
  expect(await offered(ranges)).toEqual(byConfiguration);
});

test("throws what is not the device's, and everything once nobody waits any more", async () => {
  await expect(offered(() => Promise.reject(new TypeError("ours")))).rejects.toThrow("ours");
  await expect(offered(() => Promise.reject(lost()), { signal: AbortSignal.abort() })).rejects.toThrow("gone");
});
