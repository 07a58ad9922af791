import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { volumes } from "@reeve/managers/volume";
import { nats } from "@reeve/nats";
import { connect } from "@reeve/runtime";
import { natsServer, silentLogger } from "@reeve/testing";
import { test, vi } from "vitest";
import { ArrayHost } from "../volume/array-host.ts";
import { mendArray, spoilArray } from "../volume/faulty-array.ts";
import { hold, long, note } from "./figure.ts";

vi.setConfig({ testTimeout: 120_000 });

const sizeGiB = 1 / 1024;
/** So many volumes are connected on the bad backend as its host is killed. */
const connected = long ? 20 : 5;
const calls = long ? 400 : 100;

test("one bad backend: its host starts, the other backend serves, and nothing of the bad one is lost", async () => {
  const fault = "bad backend, host kill -9";
  const directory = await mkdtemp(join(tmpdir(), "reeve-bad-backend-"));
  const root = join(directory, "bad");
  await using broker = await natsServer();
  await using caller = await connect({ transport: nats({ servers: broker.url, caller: "cli" }), log: silentLogger });
  const volume = caller.ref(volumes);
  const soon = <T>(ask: () => Promise<T>) => vi.waitFor(ask, { timeout: 60_000, interval: 50 });
  const make = (media: string) => soon(() => volume.create({ name: media, sizeGiB, labels: { media } }));
  const options = { servers: broker.url, host: "arrays", directory };
  const first = await ArrayHost.start(options);
  const good = await make("good");
  for (let made = 0; made < connected; made++) await volume.connect({ id: (await make("bad")).id });
  let refused = 0;
  let lost = 0;
  let running = first;
  let healedMs = 0;
  // First nobody can count it, then nobody can connect its volumes.
  for (const method of ["list", "connect"]) {
    await running.kill();
    spoilArray(root, { method, code: "UNAVAILABLE", message: "the array reboots" });
    try {
      running = await ArrayHost.start(options);
    } catch {
      refused++;
      continue;
    }
    await soon(() => volume.get({ id: good.id }));
    const answers = Array.from({ length: calls }, () => volume.disconnect({ id: good.id }));
    lost += (await Promise.allSettled(answers)).filter(({ status }) => status === "rejected").length;
    mendArray(root);
    const mendedAt = performance.now();
    await make("bad");
    healedMs = Math.max(healedMs, performance.now() - mendedAt);
  }
  const { items } = await volume.list({ limit: 100 });
  await running[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
  const spoilt = items.filter(({ status }) => status !== "available").length;
  hold({ fault, invariant: "starts refused", bound: { is: 0 }, figure: refused });
  hold({ fault, invariant: "calls lost at the good backend", bound: { is: 0 }, figure: lost });
  hold({ fault, invariant: "volumes in error afterwards", bound: { is: 0 }, figure: spoilt });
  note({ fault, invariant: "places again after", bound: { atMost: 60_000 }, figure: healedMs, unit: "ms" });
});
