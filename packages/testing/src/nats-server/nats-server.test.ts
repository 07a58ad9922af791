import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { greets } from "./greeting.ts";
import { natsServer } from "./nats-server.ts";

const bound = { timeout: 10_000, interval: 10 };

/** In lame duck mode its last greeting comes when its process has ended already: another one writes it. */
const endsWhileItGreets = `#!${process.execPath}
const { spawn } = require("node:child_process");
const { createServer } = require("node:net");
if (process.argv.includes("--version")) console.log("nats-server: v2.10.0");
else {
  let ending = false;
  process.on("SIGUSR2", () => { ending = true; });
  const port = Number(process.argv[process.argv.indexOf("--port") + 1]);
  createServer((socket) => {
    if (!ending) return socket.end("INFO {}\\r\\n");
    spawn("sh", ["-c", "sleep 0.2; echo 'INFO {}'"], { stdio: ["ignore", socket, "ignore"] });
    process.exit();
  }).listen(port, "127.0.0.1");
}
`;

/** In lame duck mode it is slow to greet the first who comes, and has ended for the second. */
const slowToGreet = `#!${process.execPath}
const { createServer } = require("node:net");
if (process.argv.includes("--version")) console.log("nats-server: v2.10.0");
else {
  let looks;
  process.on("SIGUSR2", () => { looks = 0; });
  const port = Number(process.argv[process.argv.indexOf("--port") + 1]);
  createServer((socket) => {
    if (looks === undefined) socket.end("INFO {}\\r\\n");
    else if (looks++ > 0) process.exit();
  }).listen(port, "127.0.0.1");
}
`;

test("it takes clients once it is there, and none once it was killed, stopped or closed", async () => {
  await using server = await natsServer();
  expect(server.url).toBe(`nats://127.0.0.1:${server.port}`);
  expect(await greets(server.port)).toBe(true);
  await server.kill();
  expect([server.running, await greets(server.port)]).toEqual([false, false]);
  await server.restart();
  expect([server.running, await greets(server.port)]).toEqual([true, true]);
  await server.stop();
  expect([server.running, await greets(server.port)]).toEqual([false, false]);
  expect(server.log).toContain("Server Exiting");
  await server.close();
  await server.close();
  expect(existsSync(server.directory)).toBe(false);
});

test("a paused one accepts connections but is silent, a resumed one greets", async () => {
  await using server = await natsServer();
  await server.pause();
  expect(await accepts(server.port)).toBe(true);
  expect(await greets(server.port)).toBe(false);
  server.resume();
  await vi.waitFor(async () => expect(await greets(server.port)).toBe(true), bound);
  await server.pause();
  await server.stop();
  expect(server.running).toBe(false);
});

test("in lame duck mode it takes no new clients", async () => {
  await using server = await natsServer();
  await server.lameDuck();
  expect(await greets(server.port)).toBe(false);
});

test.each([
  ["ends while it is looked at", endsWhileItGreets],
  ["was slow to greet, and has ended,", slowToGreet],
])("one that %s has sent its clients away", async (_, program) => {
  const directory = await mkdtemp(join(tmpdir(), "reeve-nats-test-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, "nats-server");
  await writeFile(file, program, { mode: 0o755 });
  vi.stubEnv("NATS_SERVER", file);
  onTestFinished(() => void vi.unstubAllEnvs());
  await using server = await natsServer();
  await server.lameDuck();
  await vi.waitFor(() => expect(server.running).toBe(false), bound);
  expect(await greets(server.port)).toBe(false);
});

test("several start at once on ports of their own", async () => {
  const servers = await Promise.all(Array.from({ length: 5 }, () => natsServer()));
  try {
    expect(new Set(servers.map(({ port }) => port)).size).toBe(5);
    expect(await Promise.all(servers.map(({ port }) => greets(port)))).toEqual([true, true, true, true, true]);
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
});

test("JetStream keeps its files over a restart on the same port and directory", async () => {
  await using server = await natsServer({ jetstream: true });
  const { port } = server;
  const store = join(server.directory, "jetstream", "jetstream");
  expect(server.log).toContain(`Store Directory: "${store}"`);
  await writeFile(join(store, "kept"), "");
  await server.restart();
  expect([server.port, existsSync(join(store, "kept"))]).toEqual([port, true]);
});

test("a configuration the server refuses is told in the server's own words", async () => {
  await expect(natsServer({ config: "nonsense {" })).rejects.toThrow(/never takes clients; it said:.*Parse error/s);
});

test("it never outlives the process that started it, even one that is killed", async () => {
  const script = `
    import { natsServer } from ${JSON.stringify(import.meta.resolve("./nats-server.ts"))};
    const server = await natsServer();
    console.log(JSON.stringify([server.port, server.directory]));
    setInterval(() => {}, 1000);
  `;
  const owner = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port, directory] = JSON.parse(String(await once(owner.stdout, "data")));
  expect(await greets(port)).toBe(true);
  owner.kill("SIGKILL");
  await vi.waitFor(async () => expect([await greets(port), existsSync(directory)]).toEqual([false, false]), bound);
});

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
