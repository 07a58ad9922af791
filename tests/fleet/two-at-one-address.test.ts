import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { nats } from "@reeve/nats";
import { connect } from "@reeve/runtime";
import { natsServer, silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { belfries } from "./belfry.ts";

const program = fileURLToPath(new URL("./belfry.fixture.ts", import.meta.url));
vi.setConfig({ testTimeout: 150_000 });

class Tower {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  constructor(servers: string, host: string, path: string, life: string) {
    this.#child = spawn(process.execPath, ["--conditions=reeve-source", program, servers, host, path, life], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#exit = once(this.#child, "exit");
    createInterface({ input: this.#child.stdout! }).on("line", (line) => this.lines.push(line));
    onTestFinished(() => this.end("SIGKILL"));
  }

  /** What it ran. */
  get struck(): readonly string[] {
    return this.lines.filter((line) => line.startsWith("struck"));
  }

  /** Once, and nothing else. */
  async hasStruck(lines: readonly string[]): Promise<void> {
    await vi.waitFor(() => expect(this.struck).toEqual(lines), { timeout: 20_000 });
  }

  async said(line: string, timeout = 60_000): Promise<void> {
    await vi.waitFor(() => expect(this.lines).toContain(line), { timeout });
  }

  async isNow(state: string, timeout = 60_000): Promise<void> {
    const states = /^(booting|preRpc|serving|degraded|draining|stopped)/;
    await vi.waitFor(() => expect(this.lines.findLast((line) => states.test(line))).toBe(state), { timeout });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.signal(signal);
    if (signal === "SIGKILL") this.signal("SIGCONT");
    await this.#exit;
  }
}

/** A broker, somebody who calls, and processes of one host name, each with a store of its own. */
async function open() {
  const directory = mkdtempSync(join(tmpdir(), "reeve-belfry-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const broker = await natsServer();
  onTestFinished(() => broker.close());
  const caller = await connect({ transport: nats({ servers: broker.url }), log: silentLogger });
  onTestFinished(() => caller.close());
  const tower = (life: string, host = "tower") => new Tower(broker.url, host, join(directory, `${life}.db`), life);
  const ear = nats({ servers: broker.url });
  await ear.connect();
  onTestFinished(() => ear.close());
  /** Resolves when a host has been heard for so many of its intervals: two seconds each. */
  const intervals = async (host: string, count: number) => {
    let heard = 0;
    ear.subscribe(`reeve.sys.alive.${host}`, () => void heard++);
    await vi.waitFor(() => expect(heard).toBeGreaterThanOrEqual(count), { timeout: 2_500 * count, interval: 100 });
  };
  const belfry = caller.ref(belfries);
  const strikeAll = (from: number, count: number) =>
    Promise.all(Array.from({ length: count }, (_, n) => belfry.at("tower").strike({ n: from + n })));
  return { tower, belfry, strikeAll, intervals };
}

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, n) => `struck ${from + n}`);

test("of two processes with fresh stores at one address one runs the calls, and the other serves when that one has stopped", async () => {
  const { tower, belfry, strikeAll } = await open();
  const first = tower("first");
  await first.said("started");
  const second = tower("second");
  await second.said("started");
  expect(second.lines).toContain("degraded ADDRESS_CLAIMED");
  expect(second.lines).not.toContain("initHost");
  expect(new Set(await strikeAll(0, 40))).toEqual(new Set(["first"]));
  expect((await belfry.all().strike({ n: 40 })).map(({ status }) => status)).toEqual(["fulfilled"]);
  expect(await belfry.strike({ n: 41 })).toBe("first");
  await first.hasStruck(numbers(0, 42));
  expect(second.struck).toEqual([]);
  await first.end("SIGTERM");
  expect(new Set(await strikeAll(50, 10))).toEqual(new Set(["second"]));
  await second.isNow("serving ready");
  expect(second.lines).toContain("initHost");
  await second.hasStruck(numbers(50, 10));
});

test("of two processes that start at once at one address each call runs in one", async () => {
  const { tower, strikeAll } = await open();
  const [first, second] = [tower("first"), tower("second")];
  await Promise.all([first.said("started"), second.said("started")]);
  await vi.waitFor(
    () => expect([first, second].filter(({ lines }) => lines.includes("degraded ADDRESS_CLAIMED"))).toHaveLength(1),
    { timeout: 20_000 },
  );
  await strikeAll(0, 40);
  const [one, other] = first.struck.length > 0 ? [first, second] : [second, first];
  await one.hasStruck(numbers(0, 40));
  expect(other.struck).toEqual([]);
});

test("a process that was stopped and replaced runs nothing when it goes on, and waits for its successor", async () => {
  const { tower, belfry, strikeAll, intervals } = await open();
  const first = tower("first");
  await first.said("started");
  expect(await belfry.at("tower").strike({ n: 0 })).toBe("first");
  first.signal("SIGSTOP");
  const second = tower("second");
  await second.said("started");
  // Its predecessor is silent, not gone: what comes for the address lies at both.
  const during = strikeAll(1, 20);
  expect(new Set(await during)).toEqual(new Set(["second"]));
  // Long enough for others to take the first one for dead.
  await intervals("tower", 6);
  first.signal("SIGCONT");
  const after = strikeAll(21, 20);
  expect(new Set(await after)).toEqual(new Set(["second"]));
  await first.isNow("degraded ADDRESS_CLAIMED");
  expect(new Set(await strikeAll(41, 10))).toEqual(new Set(["second"]));
  await second.hasStruck(numbers(1, 50));
  expect(first.struck).toEqual(["struck 0"]);
  expect(second.lines).not.toContain("degraded ADDRESS_CLAIMED");
  await second.end("SIGTERM");
  expect(await belfry.at("tower").strike({ n: 60 })).toBe("first");
});

test("a process that was stopped for some time, and replaced by nobody, goes on", async () => {
  const { tower, strikeAll, intervals } = await open();
  const first = tower("first");
  await Promise.all([first.said("started"), tower("third", "bystander").said("started")]);
  first.signal("SIGSTOP");
  const calls = strikeAll(0, 5);
  await intervals("bystander", 4);
  first.signal("SIGCONT");
  expect(new Set(await calls)).toEqual(new Set(["first"]));
  await first.hasStruck(numbers(0, 5));
  await first.isNow("serving ready");
});
