import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cached, natsServerBinary } from "./binary.ts";
import { fetchOfficialRelease } from "./official-release.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "reeve-binary-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

async function script(file: string, says: string): Promise<string> {
  await writeFile(file, `#!/bin/sh\necho "${says}"\n`);
  await chmod(file, 0o755);
  return file;
}

test("NATS_SERVER wins, and is refused by name when it is nothing to use", async () => {
  const good = await script(join(directory, "mine"), "nats-server: v2.11.3");
  vi.stubEnv("NATS_SERVER", good);
  expect(await natsServerBinary()).toBe(good);
  vi.stubEnv("NATS_SERVER", join(directory, "missing"));
  await expect(natsServerBinary()).rejects.toThrow(/^NATS_SERVER: ".*missing" does not run/);
  vi.stubEnv("NATS_SERVER", await script(join(directory, "old"), "nats-server: v2.8.4"));
  await expect(natsServerBinary()).rejects.toThrow(/^NATS_SERVER: ".*old" is too old.*v2\.8\.4.*2\.9 or later/);
});

test("a recent one on the PATH is taken, an old one is passed over", async () => {
  const old = join(directory, "old");
  const recent = join(directory, "recent");
  await Promise.all([mkdir(old), mkdir(recent)]);
  await script(join(old, "nats-server"), "nats-server: v2.8.4");
  const good = await script(join(recent, "nats-server"), "nats-server: v2.9.0");
  vi.stubEnv("NATS_SERVER", "");
  vi.stubEnv("PATH", `${old}:${recent}:/usr/bin:/bin`);
  expect(await natsServerBinary()).toBe(good);
});

test("the first way that gives a working server fills the cache, and later calls take it from there", async () => {
  const tried: string[] = [];
  const unreachable = async () => {
    tried.push("unreachable");
    throw new Error("host not found");
  };
  const tooOld = async (into: string) => {
    tried.push("too old");
    await script(join(into, "nats-server"), "nats-server: v1.4.1");
  };
  const works = async (into: string) => {
    tried.push("works");
    await script(join(into, "nats-server"), "nats-server: v2.9.10");
  };
  const file = await cached(directory, [unreachable, tooOld, works]);
  expect(await readFile(file, "utf8")).toContain("v2.9.10");
  expect(await cached(directory, [unreachable, tooOld, works])).toBe(file);
  expect(tried).toEqual(["unreachable", "too old", "works"]);
});

test("when no way works, the error tells what was tried and what to install", async () => {
  const error = await cached(directory, [() => Promise.reject(new Error("host not found")), async () => {}]).catch(
    (cause: Error) => cause,
  );
  expect(String(error)).toMatch(
    /no nats-server 2\.9 or later.*host not found.*does not run.*apt-get install nats-server/s,
  );
});

test("an official release that is not the pinned one is refused, one out of reach fails at once", async () => {
  const body = Buffer.from("not the release");
  const server = createServer((_, response) => response.end(body)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const sha256 = createHash("sha256").update(body).digest("hex");
    await expect(fetchOfficialRelease(directory, `http://127.0.0.1:${port}`)).rejects.toThrow(
      `has SHA-256 ${sha256}, not the pinned`,
    );
  } finally {
    server.close();
  }
  await expect(fetchOfficialRelease(directory, `http://127.0.0.1:${port}`)).rejects.toThrow("ECONNREFUSED");
});
