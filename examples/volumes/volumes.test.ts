import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { postgres } from "@reeve/postgres";
import { sqlite } from "@reeve/runtime/sqlite";
import { type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useVolumes } from "./caller.ts";
import { volumes } from "./contract.ts";
import { startHost } from "./supervisor.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

const stores = {
  SQLite: async (directory: string) => sqlite({ path: join(directory, "reeve.sqlite") }),
  PostgreSQL: async () => postgres({ url: await server.createDatabase() }),
};

describe.each(["SQLite", "PostgreSQL"] as const)("on %s", (name) => {
  test("the story of the caller holds", async () => {
    const directory = await mkdtemp(join(tmpdir(), "reeve-example-"));
    const supervisor = await startHost(directory, await stores[name](directory));
    try {
      const lines: string[] = [];
      await useVolumes(supervisor.ref(volumes), (line) => lines.push(line));
      expect(lines.filter((line) => !line.startsWith("copied "))).toEqual([
        "db is available at block-01@ssd",
        "block-01@ssd answered: fulfilled",
        "copy of db is available",
        "db has 2 GiB",
        "refused: no more than 4 GiB",
        "0 volumes are left",
      ]);
      expect(lines).toContain("copied 100 %");
      expect((await readdir(join(directory, "ssd"))).filter((name) => !name.startsWith(".reeve-"))).toEqual([]);
    } finally {
      await supervisor.stop();
      await rm(directory, { recursive: true });
    }
  });

  test("a crash in the middle is recovered from", async () => {
    const directory = await mkdtemp(join(tmpdir(), "reeve-example-"));
    const supervisor = await startHost(directory, await stores[name](directory));
    try {
      const volume = supervisor.ref(volumes);
      const { id } = await volume.create({ name: "db", sizeGiB: 1 });
      await writeFile(join(directory, "ssd", `${id}.volume`), Buffer.alloc(2 ** 28, 1), { flag: "r+" });
      const copying = volume.copy({ id }).result.catch((error: unknown) => error);
      const begun = async () => (await volume.list({ filter: { status: "creating" } })).items;
      await expect.poll(begun, { interval: 1, timeout: 5_000 }).toHaveLength(1);
      supervisor.kill("volume", "block-01@ssd");
      expect(await copying).toMatchObject({ reason: "PEER_LOST" });
      const settled = async () => (await volume.list({})).items.map(({ status }) => status).sort();
      await expect.poll(settled, { timeout: 5_000 }).toEqual(["available", "error"]);
      expect((await readdir(join(directory, "ssd"))).filter((name) => !name.startsWith(".reeve-"))).toEqual([
        `${id}.volume`,
      ]);
    } finally {
      await supervisor.stop();
      await rm(directory, { recursive: true });
    }
  });
});

test("it runs as a person runs it", async () => {
  const main = fileURLToPath(new URL("./main.ts", import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--conditions=reeve-source", main]);
  expect(stderr).toBe("");
  expect(stdout.trimEnd().split("\n").at(-1)).toBe("0 volumes are left");
});
