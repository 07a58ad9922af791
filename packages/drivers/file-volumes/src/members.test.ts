import { rm } from "node:fs/promises";
import type { DriverSession } from "@reeve/driver-sdk";
import type { Inventory } from "@reeve/driver-sdk/volume";
import { expect, onTestFinished, test } from "vitest";
import { fileVolumes } from "./file-volumes.ts";
import { scratchDirectory } from "./scratch.fixture.ts";
import { callWith } from "./session.fixture.ts";

const sizeGiB = 1 / 1024;
const ids = Array.from({ length: 12 }, (_, n) => `v${n}`);

async function members(): Promise<DriverSession[]> {
  const root = await scratchDirectory();
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const hosts = ["member-1", "member-2", "member-3"];
  return Promise.all(
    hosts.map(async (host) => {
      const owner = { host, address: host, manager: "volume", cluster: "rack-a" };
      const session = await fileVolumes({ root, shared: true }).setup({ ...callWith(), owner });
      onTestFinished(() => session.close());
      return session;
    }),
  );
}

function call(session: DriverSession, name: string, input?: object): Promise<unknown> {
  return Promise.resolve(session.methods[name]!(input, callWith()));
}

async function sizes(session: DriverSession): Promise<Record<string, number>> {
  const { volumes, leftovers } = (await call(session, "list")) as Inventory;
  expect(leftovers).toEqual([]);
  return Object.fromEntries(volumes.map(({ id, sizeGiB: size }) => [id, size]));
}

test("of members that make one volume at once one has made it, and the others are told that it exists", async () => {
  const all = await members();
  for (const id of ids) {
    const made = await Promise.allSettled(all.map((session) => call(session, "create", { id, sizeGiB })));
    const refused = made.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(refused).toMatchObject([{ code: "ALREADY_EXISTS" }, { code: "ALREADY_EXISTS" }]);
  }
  for (const session of all) expect(Object.keys(await sizes(session)).sort()).toEqual([...ids].sort());
});

test("members work on different volumes at once, and every one lists and counts the same", async () => {
  const all = await members();
  await Promise.all(ids.map((id, n) => call(all[n % all.length]!, "create", { id, sizeGiB })));
  await Promise.all(ids.map((id, n) => call(all[(n + 1) % all.length]!, "extend", { id, sizeGiB: 2 * sizeGiB })));
  const lists = await Promise.all(all.map(sizes));
  for (const one of lists) expect(one).toEqual(Object.fromEntries(ids.map((id) => [id, 2 * sizeGiB])));
  const stats = (await Promise.all(all.map((session) => session.stats!(callWith())))) as { provisionedBytes: number }[];
  expect(stats.map(({ provisionedBytes }) => provisionedBytes)).toEqual(all.map(() => ids.length * 2 * 2 ** 20));
});

test("members that extend one volume at once never shrink it, and all deletions of one volume succeed", async () => {
  const all = await members();
  for (const id of ids) {
    await call(all[0]!, "create", { id, sizeGiB });
    const extending = all.map((session, n) => call(session, "extend", { id, sizeGiB: (n + 2) * sizeGiB }));
    // One that comes after a larger one is refused.
    for (const one of await Promise.allSettled(extending))
      if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect((await sizes(all[0]!))[id]).toBe(4 * sizeGiB);
    await Promise.all(all.map((session) => call(session, "delete", { id })));
    expect(await sizes(all[1]!)).toEqual({});
  }
});
