import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresServer } from "@reeve/testing";
import { ratioOf } from "./alternate.ts";
import type { Outcome } from "./durable/load.ts";
import type { Figure } from "./figure.ts";
import { median } from "./median.ts";
import { startProgram } from "./program.ts";

const rounds = 7;
const warmUpMs = 2_000;
const forMs = 1_000;
const settings = { fsync: "on", shared_buffers: "256MB", max_wal_size: "4GB", max_connections: 100 };

/**
 * 64 callers in one process with what they cast to. Ours: a row and a durable cast in one commit, until the cast has been carried
 * out on the disk. Beside it DBOS's workflow of one step on PostgreSQL, as `durable.dbos.64` has it.
 */
export async function figures(): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), "reeve-bench-"));
  try {
    await using server = await postgresServer({ directory, settings });
    await using ours = await startProgram<{ forMs: number }, Outcome>(new URL("./casts/child.ts", import.meta.url), [
      join(directory, "store.sqlite"),
    ]);
    await using peer = await startProgram<{ forMs: number }, Outcome>(new URL("./durable/child.ts", import.meta.url), [
      "dbos",
      await server.createDatabase(),
    ]);
    const our: number[] = [];
    const their: number[] = [];
    for (const stack of [ours, peer]) await stack.ask({ forMs: warmUpMs });
    for (let round = 0; round < rounds; round++) {
      our.push((await ours.ask({ forMs })).createsPerSecond);
      their.push((await peer.ask({ forMs })).createsPerSecond);
    }
    return [
      {
        id: "casts.64",
        ours: median(our),
        peer: median(their),
        ratio: ratioOf(our, their),
        unit: "casts/s",
        peerName: "DBOS 5, a workflow of one step, PostgreSQL 18",
      },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
