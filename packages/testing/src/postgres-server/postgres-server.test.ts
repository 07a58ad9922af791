import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { childrenOf, haveEnded } from "../programs/children.ts";
import { isStopped } from "../programs/stopped.ts";
import { type PostgresServer, postgresServer } from "./postgres-server.ts";

const bound = { timeout: 15_000, interval: 10 };

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer({ settings: { max_connections: 20 } });
});
afterAll(() => server.close());

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => client.end().catch(() => {}));
  return client;
}

test("it takes clients under the settings it was given, and each database is a new one", async () => {
  const [first, second] = await Promise.all([server.createDatabase(), server.createDatabase()]);
  await server.query("create table t (i integer)", [], first);
  await expect(server.query("select * from t", [], second)).rejects.toThrow('relation "t" does not exist');
  expect(await server.query("show max_connections", [], first)).toEqual([{ max_connections: "20" }]);
  expect(await server.query("select $1::int + 1 as sum", [2])).toEqual([{ sum: 3 }]);
  expect(server.log).toContain('relation "t" does not exist');
});

test("a wrong password is refused", async () => {
  await expect(server.query("select 1", [], server.url.replace(":postgres@", ":wrong@"))).rejects.toThrow(
    'password authentication failed for user "postgres"',
  );
});

test("killed, all its processes are gone, and it starts again with what was committed on the same port", async () => {
  const url = await server.createDatabase();
  await server.query("create table t (i integer)", [], url);
  const client = await connected(url);
  await client.query("insert into t values (1)");
  await client.query("begin; insert into t values (2)");
  const { pid } = server;
  const { rows } = await client.query("select pg_backend_pid() as backend");
  await server.kill();
  expect(server.running).toBe(false);
  expect(await haveEnded([pid, rows[0].backend])).toBe(true);
  await server.start();
  expect(server.pid).not.toBe(pid);
  expect(await server.query("select i from t", [], url)).toEqual([{ i: 1 }]);
});

test("stopped, it ends its sessions in order and starts again", async () => {
  const client = await connected(server.url);
  const ended = new Promise((resolve) => client.once("end", resolve));
  await server.stop();
  await ended;
  expect(server.log).toContain("database system is shut down");
  await server.start();
  expect(await server.query("select 1 as one")).toEqual([{ one: 1 }]);
});

test("paused, it answers neither those it has nor new ones, until it goes on", async () => {
  const client = await connected(server.url);
  await server.pause();
  let answers = 0;
  const asked = [client.query("select 1"), server.query("select 1")].map((answer) => answer.then(() => answers++));
  // All of them have got what was asked for, and stand still.
  await Promise.all((await childrenOf(server.pid)).map(async (pid) => expect(await isStopped(pid)).toBe(true)));
  expect(answers).toBe(0);
  server.resume();
  await Promise.all(asked);
  expect(answers).toBe(2);
});

test("a directory of one's own keeps its data over servers", async () => {
  const directory = await mkdtemp(join(tmpdir(), "reeve-postgres-own-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  {
    await using first = await postgresServer({ directory });
    await first.query("create table t as select 7 as i");
  }
  await using second = await postgresServer({ directory });
  expect(await second.query("select i from t")).toEqual([{ i: 7 }]);
});

test("it dies with the process that started it, paused or not, and its files with it", async () => {
  const program = `
    import { postgresServer } from ${JSON.stringify(import.meta.resolve("./postgres-server.ts"))};
    import { childrenOf } from ${JSON.stringify(import.meta.resolve("../programs/children.ts"))};
    const server = await postgresServer();
    await server.pause();
    console.log(JSON.stringify([server.pid, ...(await childrenOf(server.pid))]));
    setInterval(() => {}, 1000);
  `;
  const place = await mkdtemp(join(tmpdir(), "reeve-test-"));
  onTestFinished(() => rm(place, { recursive: true }));
  // The server may run as another user.
  await chmod(place, 0o755);
  const child = spawn(process.execPath, ["--conditions=reeve-source", "--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TMPDIR: place },
  });
  const [line] = await once(child.stdout, "data");
  const pids: number[] = JSON.parse(String(line));
  expect(pids.length).toBeGreaterThan(1);
  child.kill("SIGKILL");
  await once(child, "exit");
  await vi.waitFor(async () => expect(await haveEnded(pids)).toBe(true), bound);
  await vi.waitFor(async () => expect(await readdir(place)).toEqual([]), bound);
});
