import { call, contract } from "@reeve/contract";
import { createSupervisor, defineManager } from "@reeve/runtime";
import type { PanelTable } from "@reeve/runtime/inspection";
import { sqlite } from "@reeve/runtime/sqlite";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { volumeStore } from "./store.ts";
import type { VolumeStatus } from "./volume.ts";
import { volumePanel } from "./volume-panel.ts";

/** What is told of a volume that was read as `creating`, and becomes this before its work is looked for, of which there is none. */
async function told(becomes: VolumeStatus | "removed"): Promise<readonly unknown[]> {
  const read = Promise.withResolvers<PanelTable>();
  const looks = contract("volume", "1.0", { look: call({ input: z.object({}) }) });
  const holder = defineManager({
    contract: looks,
    store: volumeStore,
    setup: ({ store, clock, address }) => ({
      operations: {
        async look() {
          const row = { id: "v", name: "v", tenant: "t", sizeGiB: 1, reservedGiB: 1, host: address } as const;
          await store.transaction((tx) => tx.insert("volumes", { ...row, status: "creating" }));
          const underWay = async () => {
            await store.transaction(async (tx) => {
              if (becomes === "removed") await tx.delete("volumes", "v");
              else await tx.update("volumes", "v", { status: becomes });
            });
            return new Map();
          };
          read.resolve(volumePanel({ store, clock, address, cluster: undefined, work: { underWay } }).read());
          await read.promise;
        },
      },
    }),
  });
  const supervisor = createSupervisor({ host: "a", store: sqlite({ path: ":memory:" }), log: { level: "silent" } });
  onTestFinished(() => supervisor.stop());
  supervisor.spawn(holder);
  await supervisor.start();
  await supervisor.ref(looks).look({});
  return (await read.promise).rows.map(({ cells }) => cells.status);
}

test("a volume whose work ends between the two readings is not told as stuck", async () => {
  expect(await told("available")).toEqual(["available"]);
  expect(await told("removed")).toEqual([]);
  expect(await told("deleting")).toEqual([]);
  expect(await told("creating")).toEqual(["stuck.creating"]);
});
