import { seededRandom } from "@reeve/testing";
import { test, vi } from "vitest";
import { noSmallDisk, smallDisk } from "../../kit/small-disk.ts";
import { databaseFaults } from "./database-faults.ts";
import { diskFaults } from "./disk-faults.ts";
import { proxiedEstate } from "./proxied-estate.ts";
import { strikeAll } from "./strike-all.ts";

vi.setConfig({ testTimeout: 900_000, hookTimeout: 60_000 });

const value = Number(process.env.REEVE_SEED ?? Date.now() % 100_000);
const seed = { value, random: seededRandom(value) };
const settings = { max_connections: 40 };

test(`whatever befalls the database, what callers were told stays true, and all comes to an end (seed ${value})`, async () => {
  await using proxied = await proxiedEstate({ settings });
  await strikeAll(proxied, databaseFaults, seed);
});

test(`so it is when the database's disk is full (seed ${value})`, async (context) => {
  using disk = smallDisk(512);
  if (!disk) return context.skip(noSmallDisk);
  await using proxied = await proxiedEstate({ settings, directory: disk.root });
  await strikeAll(proxied, diskFaults(disk), seed);
});
