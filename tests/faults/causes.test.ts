import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { nats } from "@reeve/nats";
import { connect } from "@reeve/runtime";
import { natsServer, silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { hold, long, note } from "./figure.ts";
import { quarry } from "./quarry.ts";

vi.setConfig({ testTimeout: 180_000 });

const program = fileURLToPath(new URL("./causes.fixture.ts", import.meta.url));
const rounds = long ? 20 : 3;

/** A quarry in a process of its own, with a configuration in a file. */
function openQuarry(servers = "") {
  const directory = mkdtempSync(join(tmpdir(), "reeve-causes-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "quarry.json");
  const write = (text: string) => writeFileSync(file, text);
  write('{ "depth": 1 }');
  const child = spawn(process.execPath, ["--conditions=reeve-source", program, file, servers], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value as string;
  return {
    next,
    /** Has it read another configuration. Resolves with what it says, and after how many ms. */
    async reset(text: string) {
      write(text);
      const at = performance.now();
      child.kill("SIGHUP");
      return { said: await next(), ms: performance.now() - at };
    },
    /** How many calls it made of itself, and how many of these failed. */
    async end() {
      child.kill("SIGTERM");
      const [, made, , failed] = (await next()).split(" ");
      return { made: Number(made), failed: Number(failed) };
    },
  };
}

test("a reload that failed under load fails no call, and is a cause until one is good", async () => {
  const fault = "reload that failed";
  const host = openQuarry();
  expect([await host.next(), await host.next()].sort()).toEqual(["open", "well"]);
  const said: string[] = [];
  const took: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const text of ["{ depth", `{ "depth": ${round} }`]) {
      const told = await host.reset(text);
      said.push(told.said);
      took.push(told.ms);
    }
  }
  expect(said).toEqual(Array.from({ length: rounds }, () => ["CONFIG_REFUSED", "well"]).flat());
  const { made, failed } = await host.end();
  hold({ fault, invariant: "calls that failed", bound: { is: 0 }, figure: failed });
  hold({ fault, invariant: "calls made meanwhile", bound: { atLeast: rounds }, figure: made });
  const slowest = (which: number) => Math.max(...took.filter((_, index) => index % 2 === which));
  note({ fault, invariant: "SIGHUP until the cause stands", bound: { atMost: 500 }, figure: slowest(0), unit: "ms" });
  note({ fault, invariant: "SIGHUP until it is over", bound: { atMost: 500 }, figure: slowest(1), unit: "ms" });
});

test("a start without a broker loses no call of its own process, and is reached when the broker comes", async () => {
  const fault = "start without a broker";
  await using server = await natsServer();
  await server.kill();
  const host = openQuarry(server.url);
  // From the first moment: before it is open.
  expect(await host.next()).toBe("LINK_LOST");
  expect(await host.next()).toBe("open");
  await server.restart();
  const at = performance.now();
  await using caller = await connect({ transport: nats({ servers: server.url }), log: silentLogger });
  const ref = caller.ref(quarry);
  await vi.waitFor(() => ref.dig({}, { timeout: "5s" }), { timeout: 60_000, interval: 20 });
  const reachedMs = performance.now() - at;
  expect(await host.next()).toBe("well");
  const { made, failed } = await host.end();
  hold({ fault, invariant: "calls of its own process that failed", bound: { is: 0 }, figure: failed });
  hold({ fault, invariant: "calls made meanwhile", bound: { atLeast: 1 }, figure: made });
  const invariant = "broker up until another process reaches it";
  note({ fault, invariant, bound: { atMost: 2_000 }, figure: reachedMs, unit: "ms" });
});
