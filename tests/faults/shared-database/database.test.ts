import { seededRandom } from "@reeve/testing";
import { test, vi } from "vitest";
import { databaseFaults } from "./database-faults.ts";
import { proxiedEstate } from "./proxied-estate.ts";
import { strikeAll } from "./strike-all.ts";

vi.setConfig({ testTimeout: 900_000, hookTimeout: 60_000 });

const value = Number(process.env.REEVE_SEED ?? Date.now() % 100_000);
const seed = { value, random: seededRandom(value) };

test(`whatever befalls the database, what callers were told stays true, and all comes to an end (seed ${value})`, async () => {
  await using proxied = await proxiedEstate({ settings: { max_connections: 40 } });
  await strikeAll(proxied, databaseFaults, seed);
});
