import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { postgres } from "@reeve/postgres";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { postgresServer, silentLogger } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { long } from "../kit/long.ts";
import type { LifeOptions } from "./killed.fixture.ts";
import { serverPaths } from "./paths.ts";
import { serverManager, servers } from "./servers.ts";

const program = fileURLToPath(new URL("./killed.fixture.ts", import.meta.url));
let server: Awaited<ReturnType<typeof postgresServer>>;

beforeAll(async () => {
  server = await postgresServer();
}, 120_000);
afterAll(() => server.close());

async function life(options: LifeOptions): Promise<string | null> {
  const args = ["--conditions=reeve-source", program, JSON.stringify(options)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (signal === null) expect(code).toBe(0);
  return signal;
}

const moments = ["before", "after"] as const;
const instants = (commits: number, actions: number): NonNullable<LifeOptions["die"]>[] => [
  ...Array.from({ length: commits }, (_, index) => moments.map((moment) => ({ commit: index + 1, moment }))).flat(),
  ...Array.from({ length: actions }, (_, index) => ({ action: index + 1 })),
];

const paths = serverPaths();
const longest = paths.reduce((one, other) => (other.happenings.length > one.happenings.length ? other : one));

test("the paths go to every state", () => {
  const states = [...new Set(paths.map(({ state }) => state))].sort();
  expect(states).toEqual(["imaging", "lost", "racking", "ready", "testing", "waiting"]);
  expect(longest.happenings).toEqual(expect.arrayContaining(["racked"]));
});

/** Every instant of every path by hand; in an ordinary run those that come to an end, with each action and some commits. */
const cases = (
  long ? paths : paths.filter(({ state, happenings }) => state === "ready" || happenings.includes("wait"))
).flatMap((path) => {
  const all = instants(8 + path.happenings.length * 2, path.said.length);
  const some = all.filter((die, index) => "action" in die || index % 12 === path.happenings.length % 12);
  return (long ? all : some).map((die) => ({ path, die }));
});

test.each(["SQLite", "PostgreSQL"])(
  "killed at each transition and continued on %s, a server comes to the same state, and what its actions do is done",
  async (kind) => {
    let killed = 0;
    // In an ordinary run each instant is one of one of the two.
    const own = cases.filter((_, index) => long || (index % 2 === 0) === (kind === "SQLite"));
    for (const { path, die } of own) {
      const directory = mkdtempSync(join(tmpdir(), "reeve-actors-"));
      onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
      const store = kind === "SQLite" ? { path: join(directory, "a.sqlite") } : { url: await server.createDatabase() };
      const options = { store, device: join(directory, "device"), happenings: path.happenings, state: path.state };
      const told = `${path.happenings.join(", ")} killed at ${JSON.stringify(die)}`;
      if ((await life({ ...options, die })) === "SIGKILL") killed++;
      await life(options);
      const supervisor = createSupervisor({
        host: "a",
        store: kind === "SQLite" ? sqlite({ path: store.path! }) : postgres({ url: store.url! }),
        log: silentLogger,
      });
      supervisor.spawn(serverManager({ seen: [], image: () => new Promise(() => {}) }));
      await supervisor.start();
      const ref = supervisor.ref(servers);
      const lines = existsSync(options.device) ? readFileSync(options.device, "utf8").trim().split("\n") : [];
      // At least once and in order: a kill may have cut short who was to note that they have run.
      expect([...new Set(lines)], told).toEqual([...new Set(path.said)]);
      expect(await ref.find({ id: "s1" }), told).toMatchObject({ value: path.state });
      expect(await ref.notes({}), told).toEqual(path.happenings.includes("racked") ? ["s1/racked"] : []);
      await supervisor.stop();
    }
    expect(killed).toBeGreaterThan(own.length / 2);
  },
  long ? 3_600_000 : 300_000,
);
