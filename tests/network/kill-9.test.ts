import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { patchPanel } from "@reeve/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { failure } from "../kit/failure.ts";
import { type Gap, killedIn } from "./killed-process.ts";
import { carriedBy, nothingCarried, WiredHouse } from "./wired-house.ts";

// Processes start here, and a busy machine is slow to start one.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000, maxConcurrency: 2 });

/** A directory with a port that is down, and one with that port attached; each process gets a copy. */
let places: { readonly down: string; readonly active: string; readonly portId: string };

async function open(directory: string): Promise<WiredHouse> {
  const panel = patchPanel({ file: join(directory, "panel.sqlite") });
  return WiredHouse.open({ directory, devices: { leaf: { panel } } });
}

async function copyOf(directory: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), "reeve-network-"));
  await cp(directory, copy, { recursive: true });
  return copy;
}

beforeAll(async () => {
  const empty = await mkdtemp(join(tmpdir(), "reeve-network-"));
  const house = await open(empty);
  const { port } = await house.build();
  house.at().panel.close();
  const down = await house.leave();
  const active = await copyOf(down);
  const next = await open(active);
  await next.attach(port.id);
  await next.leave();
  next.at().panel.close();
  places = { down, active, portId: port.id };
});

afterAll(async () => {
  for (const directory of [places.down, places.active]) await rm(directory, { recursive: true, force: true });
});

const nothing = { restarted: false, repaired: [], failed: [], dropped: [], unaccounted: [], foreign: [] };
const commits = (count: number): Gap[] =>
  Array.from({ length: count }, (_, n) => n + 1).flatMap((commit) => [
    { commit, moment: "before" },
    { commit, moment: "after" },
  ]);
// A gap has two ends, such as after a commit and before the next call: it is tried at one of them.
function nameOf(gap: Gap): string {
  if ("command" in gap) return `before the command ${gap.command.slice(1)}`;
  return "commit" in gap ? `${gap.moment} commit ${gap.commit}` : `${gap.moment} ${gap.method}`;
}

const gapsOfAttach: readonly (readonly [Gap, "untouched" | "undone" | "finished"])[] = [
  [{ commit: 1, moment: "before" }, "untouched"],
  [{ commit: 1, moment: "after" }, "undone"],
  [{ command: "^line note" }, "undone"],
  [{ method: "ensureSegment", moment: "after" }, "undone"],
  [{ command: "^plug note" }, "undone"],
  [{ command: "^socket join" }, "finished"],
  [{ method: "attach", moment: "after" }, "finished"],
  [{ commit: 2, moment: "before" }, "finished"],
  [{ commit: 2, moment: "after" }, "finished"],
];

describe("a process that is killed as it attaches a port", () => {
  test.concurrent.for(gapsOfAttach.map(([gap, expected]) => [nameOf(gap), expected, gap] as const))(
    "%s: the port is %s",
    async ([, expected, gap]) => {
      const { portId } = places;
      const directory = await copyOf(places.down);
      await killedIn(gap, directory, "attach", portId);

      await using house = await open(directory);
      const { panel, address } = house.at();
      const port = await house.network.getPort({ id: portId });
      const again = house.ops.attach({ portId, host: address }, { idempotencyKey: "once" }).result;
      if (expected === "finished") {
        expect(port).toMatchObject({ status: "active", host: address, generation: 1, fault: null });
        // Who asks again under the same key gets the answer of the call that was killed.
        expect(await again).toEqual(port.wire);
      } else if (expected === "undone") {
        expect(port).toMatchObject({ status: "down", host: null, generation: 1, fault: { reason: "INTERRUPTED" } });
        expect(carriedBy(panel)).toEqual(nothingCarried);
        expect(await failure(again)).toMatchObject({ reason: "DUPLICATE_KEY", data: { resource: portId } });
        await house.attach(portId);
      } else {
        expect(port).toMatchObject({ status: "down", generation: 0, fault: null });
        await again;
      }
      // Whole, guard included, and once.
      const plugs = Object.values(panel.state().plugs);
      expect(plugs).toMatchObject([{ mac: port.mac, guard: { mac: port.mac } }]);
      expect(await house.rescan()).toEqual(nothing);
    },
  );
});

const gapsOfDetach: readonly Gap[] = [...commits(3), { command: "^plug delete" }, { command: "^namespace delete" }];

describe("a process that is killed as it detaches a port", () => {
  test.concurrent.for(gapsOfDetach.map((gap) => [nameOf(gap), gap] as const))(
    "%s: the port is down, or untouched",
    async ([, gap]) => {
      const { portId } = places;
      const directory = await copyOf(places.active);
      await killedIn(gap, directory, "detach", portId);

      await using house = await open(directory);
      const { panel } = house.at();
      const isUntouched = "commit" in gap && gap.commit === 1 && gap.moment === "before";
      const port = await house.network.getPort({ id: portId });
      if (isUntouched) {
        expect(port).toMatchObject({ status: "active" });
        await house.network.detach({ portId });
      } else expect(port).toMatchObject({ status: "down", host: null, fault: null });
      expect(carriedBy(panel)).toEqual(nothingCarried);
      expect(await house.rescan()).toEqual(nothing);
      await house.attach(portId);
    },
  );
});
