import type { PostgresServer } from "@reeve/testing";
import { endIfStuck, fillWithLog } from "../../kit/full-disk.ts";
import type { SmallDisk } from "../../kit/small-disk.ts";
import type { DatabaseFault } from "./database-faults.ts";
import { until } from "./estate.ts";

const lasts = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How often what has become free is taken again. */
const fillEveryMs = 20;
/** How long after the end of its time a full disk may have befallen nobody. */
const longestMs = 60_000;

/** What befalls a database whose files lie on that disk. */
export function diskFaults(disk: SmallDisk): readonly DatabaseFault[] {
  return [
    {
      name: "PostgreSQL's disk full, with room left in its log",
      async strike({ server, account }, _, lastsMs) {
        const told = () => account.entries.filter(({ reason }) => reason === "STORE_FAILED").length;
        const before = told();
        await fullFor(server, disk, lastsMs, () => told() > before);
      },
    },
    {
      name: "PostgreSQL's disk full, its log as well",
      async strike({ server }, _, lastsMs) {
        // The next that is committed ends it, and it cannot recover; unless a checkpoint has made room in its log meanwhile.
        await until("PostgreSQL to end", async () => !server.running || (await recovers(server, disk)));
        await fullFor(server, disk, lastsMs);
      },
    },
  ];
}

/** Takes all room; whether the server has ended of that before, and tries to recover. */
async function recovers(server: PostgresServer, disk: SmallDisk): Promise<boolean> {
  try {
    await fillWithLog(server, disk);
    return false;
  } catch (error) {
    if ((error as { readonly code?: string }).code === "57P03") return true;
    throw error;
  }
}

/** @param enough what has to have come of it besides */
async function fullFor(server: PostgresServer, disk: SmallDisk, ms: number, enough = () => true): Promise<void> {
  const endsAt = performance.now() + ms;
  try {
    while (performance.now() < endsAt || !enough()) {
      if (performance.now() > endsAt + longestMs) throw new Error("nobody was told of the full disk");
      disk.fill();
      await lasts(fillEveryMs);
    }
  } finally {
    disk.free();
  }
  // It may have ended meanwhile, or be about to; then it reads its log again, which a busy disk takes its time for.
  const answers = async () => {
    await endIfStuck(server);
    await server.start();
    return server.query("select 1");
  };
  await until("PostgreSQL to answer", answers, 180_000).catch((error: Error) => {
    throw new Error(`${error.message}; its last words: ${server.log.slice(-4_000)}`, { cause: error.cause });
  });
}
