import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallOptions, Ref } from "@reeve/contract";
import { fileVolumes } from "@reeve/file-volumes";
import { schedulerManager } from "@reeve/managers/scheduler";
import { type Volumes, volumeManager, volumes } from "@reeve/managers/volume";
import { nats } from "@reeve/nats";
import { localCluster, natsCluster } from "@reeve/testing";
import { afterEach, describe, expect, test } from "vitest";
import { mib } from "../volume/block-house.ts";
import { SteeredDriver } from "../volume/steered-driver.ts";

interface House {
  readonly volume: Ref<Volumes>;
  readonly steered: SteeredDriver;
  /** Of the broker; none in process. */
  readonly url: string | undefined;
}

const ada = { user: "ada", tenant: "a", roles: [] };
const input = { name: "v", sizeGiB: mib };
const key = "k1";
let closing = new AsyncDisposableStack();

afterEach(async () => {
  await closing.disposeAsync();
  closing = new AsyncDisposableStack();
});

async function open(where: string): Promise<House> {
  const root = await mkdtemp(join(tmpdir(), "reeve-departed-"));
  closing.defer(() => rm(root, { recursive: true, force: true }));
  const steered = new SteeredDriver(fileVolumes({ root }));
  const members = [schedulerManager, [volumeManager, { driver: steered.driver }]] as const;
  if (where === "in process") {
    const cluster = closing.use(await localCluster(members, { capabilityInterval: 50 }));
    return { volume: cluster.as(ada).ref(volumes), steered, url: undefined };
  }
  const hosts = { "block-01": members };
  const trustedForwarders = ["test", "web"];
  const cluster = closing.use(await natsCluster({ hosts, trustedForwarders, capabilityInterval: 50 }));
  return { volume: cluster.as(ada).ref(volumes), steered, url: cluster.server.url };
}

async function reasonOf(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
}

/** How a caller leaves a create that its host is in the middle of, and what it is told. */
const departures: Readonly<Record<string, { readonly reason: string; options(signal: AbortSignal): CallOptions }>> = {
  "its deadline passes": { reason: "DEADLINE_EXCEEDED", options: () => ({ timeout: "1s" }) },
  "it cancels": { reason: "CANCELLED", options: (signal) => ({ signal }) },
};

/** Leaves a create, with its host held in the middle of it. Returns how to let the host go on. */
async function leave({ volume, steered }: House, how: string, keyed: CallOptions): Promise<() => void> {
  const { reason, options } = departures[how]!;
  const leaving = new AbortController();
  const hold = steered.hold("create", "after");
  const left = reasonOf(volume.create(input, { ...keyed, ...options(leaving.signal) }));
  await hold.reached;
  if (how === "it cancels") leaving.abort();
  expect(await left).toMatchObject({ reason, outcome: "maybe-executed" });
  return hold.release;
}

const items = async ({ volume }: House) => (await volume.list({})).items;

describe.each(["in process", "nats"])("a caller that departs, %s", (where) => {
  describe.each(Object.keys(departures))("because %s", (how) => {
    test("finds its volume when it repeats its key, while that is made and afterwards", async () => {
      const house = await open(where);
      const goOn = await leave(house, how, { idempotencyKey: key });
      const again = house.volume.create(input, { idempotencyKey: key });
      goOn();
      const made = await again;
      expect(made).toMatchObject({ status: "available", tenant: "a" });
      expect(await house.volume.create(input, { idempotencyKey: key })).toEqual(made);
      expect(await items(house)).toEqual([made]);
      expect(house.steered.calls.filter((method) => method === "create")).toHaveLength(1);
    });

    test("finds its volume when it repeats its key only after that was made", async () => {
      const house = await open(where);
      const goOn = await leave(house, how, { idempotencyKey: key });
      goOn();
      await expect.poll(() => items(house)).toMatchObject([{ status: "available" }]);
      const made = await house.volume.create(input, { idempotencyKey: key });
      expect(await items(house)).toEqual([made]);
    });

    test("without a key, leaves work that goes on to its end, with what that had called", async () => {
      const house = await open(where);
      const goOn = await leave(house, how, {});
      goOn();
      await expect.poll(() => items(house)).toMatchObject([{ status: "available" }]);
      expect(house.steered.calls.filter((method) => method === "create")).toHaveLength(1);
    });
  });
});

test("a JSON call's deadline ends its waiting only: the repeated key gets the volume", async () => {
  const house = await open("nats");
  const web = nats({ servers: house.url!, caller: "web" });
  await web.connect();
  closing.defer(() => web.close());
  let asked = 0;
  const ask = (timeout: string): Promise<any> => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const reply = `_INBOX.web.${++asked}`;
    web.subscribe(reply, ({ data }) => resolve(JSON.parse(new TextDecoder().decode(data))));
    const headers = {
      "Reeve-Idempotency-Key": key,
      "Reeve-Principal": JSON.stringify(ada),
      "Reeve-Timeout": timeout,
    };
    web.publish("reeve.call.volume.v1.create.any.web", Buffer.from(JSON.stringify(input)), { reply, headers });
    return promise;
  };
  const hold = house.steered.hold("create", "after");
  const left = ask("500ms");
  await hold.reached;
  expect(await left).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  const again = ask("30s");
  hold.release();
  const made = await again;
  expect(made).toMatchObject({ status: "available" });
  expect(await house.volume.create(input, { idempotencyKey: key })).toEqual(made);
  expect(await items(house)).toHaveLength(1);
});
