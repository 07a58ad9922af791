import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresServer } from "@reeve/testing";
import { ratioOf } from "./alternate.ts";
import type { Question } from "./durable/child.ts";
import type { Outcome } from "./durable/load.ts";
import type { Figure } from "./figure.ts";
import { median } from "./median.ts";
import { type Program, startProgram } from "./program.ts";

const rounds = 11;
const warmUpMs = 2_000;
const forMs = 1_000;
const unit = "creates/s";

/** Everything durable as it is by default; memory and log sized so that no checkpoint falls into a round. */
const settings = { fsync: "on", shared_buffers: "256MB", max_wal_size: "4GB", max_connections: 100 };

/**
 * 64 callers in one process with what they call; each create is on the disk when it is answered. Ours keeps it in an SQLite
 * file and in PostgreSQL, DBOS in that same PostgreSQL, all on the same disk.
 */
export async function figures(): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), "reeve-bench-"));
  try {
    await using server = await postgresServer({ directory, settings });
    await using ours = await start("reeve", join(directory, "store.sqlite"));
    await using shared = await start("reeve-postgres", await server.createDatabase());
    await using peer = await start("dbos", await server.createDatabase());
    const stacks = { ours, shared, peer };
    const seen: Record<keyof typeof stacks, Outcome>[] = [];
    for (const stack of Object.values(stacks)) await stack.ask({ forMs: warmUpMs });
    for (let round = 0; round < rounds; round++) {
      const outcome: Partial<Record<keyof typeof stacks, Outcome>> = {};
      // Each is first as often as last.
      const names = Object.keys(stacks) as (keyof typeof stacks)[];
      for (const name of round % 2 === 0 ? names : names.reverse()) outcome[name] = await stacks[name].ask({ forMs });
      seen.push(outcome as Record<keyof typeof stacks, Outcome>);
    }
    const our = seen.map((round) => round.ours.createsPerSecond);
    const ourShared = seen.map((round) => round.shared.createsPerSecond);
    const their = seen.map((round) => round.peer.createsPerSecond);
    const cpuUs = median(seen.map((round) => round.ours.cpuUsPerCreate));
    return [
      {
        id: "durable.dbos.64",
        ours: median(our),
        peer: median(their),
        ratio: ratioOf(our, their),
        unit,
        peerName: "DBOS 5, a workflow of one step, PostgreSQL 18",
      },
      {
        id: "durable.dbos.pg.64",
        ours: median(ourShared),
        peer: median(their),
        ratio: ratioOf(ourShared, their),
        unit,
        peerName: "DBOS 5, a workflow of one step, the same PostgreSQL 18",
      },
      alone("durable.loop", median(seen.map((round) => round.ours.loopP99Ms)), "ms p99"),
      alone("durable.cpu", cpuUs, "us each"),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function start(name: string, place: string): Promise<Program<Question, Outcome>> {
  return startProgram(new URL("./durable/child.ts", import.meta.url), [name, place]);
}

function alone(id: string, ours: number, unit: string): Figure {
  return { id, ours, peer: null, ratio: null, unit, peerName: null };
}
