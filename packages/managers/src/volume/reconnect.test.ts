import { ManualClock, silentLogger } from "@reeve/runtime/internal";
import { expect, test } from "vitest";
import type { VolumeHandles } from "./handles.ts";
import { Reconnection } from "./reconnect.ts";

test("what is disconnected while its row is read is not connected by what the row said before", async () => {
  const row = Promise.withResolvers<unknown>();
  const connected: string[] = [];
  const handles = {
    address: "host@ssd",
    clock: new ManualClock(),
    log: silentLogger,
    store: { find: () => row.promise },
    driver: { connect: async ({ id }: { readonly id: string }) => connected.push(id) },
  } as unknown as VolumeHandles;
  const reconnection = new Reconnection(handles);
  const connecting = reconnection.connect("v1", "available", new AbortController().signal);
  await reconnection.disconnect("v1", async () => {});
  row.resolve({ id: "v1", connected: true, host: "host@ssd", status: "available" });
  expect(await connecting).toBe("waiting");
  expect(connected).toEqual([]);
});
