import { seededRandom } from "@reeve/testing";
import { test, vi } from "vitest";
import { noSmallDisk, smallDisk } from "../../kit/small-disk.ts";
import { diskFaults } from "./disk-faults.ts";
import { proxiedEstate } from "./proxied-estate.ts";
import { strikeAll } from "./strike-all.ts";

vi.setConfig({ testTimeout: 900_000, hookTimeout: 60_000 });

const value = Number(process.env.REEVE_SEED ?? Date.now() % 100_000);
const seed = { value, random: seededRandom(value) };

test(`when the disk of the database is full, what callers were told stays true, and all comes to an end (seed ${value})`, async (context) => {
  using disk = smallDisk(512);
  if (!disk) return context.skip(noSmallDisk);
  await using proxied = await proxiedEstate({ settings: { max_connections: 40 }, directory: disk.root });
  await strikeAll(proxied, diskFaults(disk), seed);
});
