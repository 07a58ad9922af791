import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { nats } from "@reeve/nats";
import { connect } from "@reeve/runtime";
import {
  type NatsServer,
  natsServer,
  type PostgresServer,
  postgresServer,
  silentLogger,
  tcpProxy,
} from "@reeve/testing";
import { expect, onTestFinished } from "vitest";
import { mills } from "./mill.ts";

const program = fileURLToPath(new URL("./mill-process.fixture.ts", import.meta.url));

/** A member of the cluster in a process of its own. */
export interface MillProcess {
  readonly child: ChildProcess;
  /** What it has told. */
  readonly told: readonly string[];
  /** The lives that it has had, by their epochs. */
  lives(): string[];
  /** The sacks that it has recovered. */
  cleaned(): string[];
  /** Cuts it off from the broker, or from the database. */
  readonly broker: Awaited<ReturnType<typeof tcpProxy>>;
  readonly database: Awaited<ReturnType<typeof tcpProxy>>;
}

/** A broker, a database and members of a cluster as processes. */
export async function valley(names: readonly string[]) {
  const server: NatsServer = await natsServer();
  onTestFinished(() => server.close());
  const postgres: PostgresServer = await postgresServer();
  onTestFinished(() => postgres.close());
  const url = new URL(await postgres.createDatabase());
  const members: MillProcess[] = [];
  for (const name of names) {
    const broker = await tcpProxy(server.port);
    const database = await tcpProxy(postgres.port);
    onTestFinished(() => broker.close());
    onTestFinished(() => database.close());
    const own = new URL(url);
    own.port = String(database.port);
    const child = spawn(
      process.execPath,
      ["--conditions=reeve-source", program, name, `127.0.0.1:${broker.port}`, own.href],
      { stdio: ["ignore", "pipe", "inherit", "ipc"] },
    );
    onTestFinished(() => void child.kill("SIGKILL"));
    const told: string[] = [];
    createInterface({ input: child.stdout! }).on("line", (line) => told.push(line));
    const cleaned = () => told.filter((line) => line.startsWith("cleans ")).map((line) => line.slice(7));
    const lives = () => told.filter((line) => line.startsWith("ready ")).map((line) => line.slice(6));
    members.push({ child, told, lives, cleaned, broker, database });
    await until(() => told.includes("ready 1"));
  }
  const caller = await connect({ transport: nats({ servers: server.url, caller: "caller" }), log: silentLogger });
  onTestFinished(() => caller.close());
  const mill = caller.as({ user: "ada", roles: [] }).ref(mills);
  /** The table, as nobody of them sees it. */
  const sacks = async () => {
    const rows = await rowsOf(postgres, url.href, "sacks");
    return new Map(rows.map(({ id, status, by }) => [String(id), `${status} by ${by}`]));
  };
  /**
   * Has each of them grind a sack, and waits until all are half ground. A call that a busy machine has failed is made again under its
   * key.
   */
  const grindAll = async (): Promise<void> => {
    const waiting = new Set<string>();
    await until(async () => {
      for (const name of names) {
        if (waiting.has(name)) continue;
        waiting.add(name);
        const grinding = mill.at(name).grind({ id: `of-${name}` }, { idempotencyKey: `k-${name}` });
        void grinding.catch(() => undefined).finally(() => waiting.delete(name));
      }
      return (await sacks()).size === 2 * names.length;
    });
  };
  return { members, mill, sacks, grindAll, postgres };
}

/** The rows of the table whose name ends like that, read past everybody. */
export async function rowsOf(postgres: PostgresServer, url: string, name: string) {
  const [found] = await postgres.query(
    "select quote_ident(table_schema) || '.' || quote_ident(table_name) as place from information_schema.tables where table_name like '%' || $1",
    [name],
    url,
  );
  return postgres.query(`select * from ${String(found!.place)}`, [], url);
}

/** Longer than anything takes on a busy machine: how long it should take is measured elsewhere. */
const patienceMs = 120_000;

/** Resolves when a condition holds, with how long that took. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<number> {
  const from = performance.now();
  await expect.poll(condition, { timeout: patienceMs, interval: 50 }).toBe(true);
  return Math.round(performance.now() - from);
}
