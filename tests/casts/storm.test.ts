import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { natsServer, postgresServer, seededRandom } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { rowsOf } from "../clusters/processes.ts";
import { long } from "../kit/long.ts";

const program = fileURLToPath(new URL("./storm.fixture.ts", import.meta.url));
const count = long ? 4_000 : 200;
const kills = long ? 40 : 4;
const seeds = long ? [1, 2, 3] : [1];

interface Member {
  child: ChildProcess;
  readonly said: string[];
  /** In its present life. */
  ready: Promise<unknown>;
  start(): void;
}

function member(args: readonly string[]): Member {
  const made: Member = {
    child: undefined as never,
    said: [],
    ready: undefined as never,
    start() {
      const stdio = ["ignore", "inherit", "inherit", "ipc"] as const;
      made.child = spawn(process.execPath, ["--conditions=reeve-source", program, ...args], { stdio: [...stdio] });
      made.ready = once(made.child, "message");
      made.child.on("message", (said) => made.said.push(String(said)));
    },
  };
  made.start();
  onTestFinished(() => void made.child.kill("SIGKILL"));
  return made;
}

async function storm(seed: number) {
  const random = seededRandom(seed);
  const broker = await natsServer();
  onTestFinished(() => broker.close());
  const server = await postgresServer();
  onTestFinished(() => server.close());
  const directory = await mkdtemp(join(tmpdir(), "reeve-storm-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const [told, entered] = [await server.createDatabase(), await server.createDatabase()];
  const seen = join(directory, "seen.txt");
  const started = (role: string, host: string, url: string) =>
    member([role, host, broker.url, "postgres", url, seen, String(count)]);
  const teller = started("teller", "tell-01", told);
  const members = [teller, started("book", "book-01", entered), started("book", "book-02", entered)];
  for (let kill = 0; kill < kills; kill++) {
    await Promise.all(members.map(({ ready }) => ready));
    await pause(random() * 500);
    const struck = members[Math.floor(random() * members.length)]!;
    struck.child.kill("SIGKILL");
    await once(struck.child, "exit");
    if (random() < 0.5) await pause(random() * 1_000);
    struck.start();
  }
  const entries = async () => rowsOf(server, entered, "book_entries");
  const outbox = async () => rowsOf(server, told, "reeve_outbox");
  const keys = async () => rowsOf(server, entered, "reeve_callKeys");
  return { teller, entries, outbox, keys, seen };
}

test.each(seeds)(
  "killed again and again, whoever casts and whoever is called: one effect of each cast, each lane in order, past its dead letters where they are skipped (seed %i)",
  {
    timeout: 600_000,
  },
  async (seed) => {
    const { teller, entries, outbox, keys, seen } = await storm(seed);
    await expect.poll(() => teller.said.includes("all"), { timeout: 200_000, interval: 100 }).toBe(true);
    const open = async () => (await outbox()).filter(({ state }) => state !== "done" && state !== "dead").length;
    await expect.poll(open, { timeout: 200_000, interval: 200 }).toBe(0);
    const rows = await entries();
    const made = rows.map(({ n }) => Number(n)).sort((a, b) => a - b);
    const torn = Array.from({ length: count }, (_, n) => n).filter((n) => n % 9 === 8 && n % 2 === 0);
    expect(made).toEqual(Array.from({ length: count }, (_, n) => n).filter((n) => !torn.includes(n)));
    const dead = (await outbox()).filter(({ state }) => state === "dead");
    expect(dead.map(({ input }) => JSON.parse(String(input)).n).sort((a, b) => a - b)).toEqual(torn);
    expect(new Set(dead.map(({ reason }) => reason))).toEqual(new Set(["UNDECLARED"]));
    const order = Map.groupBy((await readFile(seen, "utf8")).trimEnd().split("\n"), (line) => line.split(" ")[0]!);
    // Killed before its answer it may be refused once more, and none is passed without having been offered.
    expect([...new Set(order.get("refused")!.map((line) => Number(line.split(" ")[1])))]).toEqual(torn);
    for (const [lane, lines] of order) {
      if (lane === "free" || lane === "timed" || lane === "refused") continue;
      const numbers = lines.map((line) => Number(line.split(" ")[1]));
      expect([lane, numbers]).toEqual([lane, [...numbers].sort((a, b) => a - b)]);
    }
    if (!long) return;
    // Keys of what had no answer stay until their copies are over; then the next deliveries let them go.
    const kept = async () => {
      for (let more = 0; more < 4; more++) teller.child.send("more");
      await pause(1_000);
      return (await keys()).length;
    };
    await expect.poll(kept, { timeout: 120_000, interval: 500 }).toBeLessThanOrEqual(8);
    expect((await outbox()).length).toBeLessThanOrEqual(8 + dead.length);
  },
);
