import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nats } from "@reeve/nats";
import { createSupervisor, type Supervisor } from "@reeve/runtime";
import { hosts } from "@reeve/runtime/host";
import { sqlite } from "@reeve/runtime/sqlite";
import { natsServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { PageClient } from "../wire/page-client.ts";
import { barnManager, barns } from "./barn.ts";
import { rowsOfFile } from "./rows.ts";

let server: Awaited<ReturnType<typeof natsServer>>;
beforeAll(async () => {
  server = await natsServer();
});
afterAll(() => server.close());

/** A barn in a file, and clients that know no more than docs/wire.md. */
class Farm {
  readonly #directory: string;
  readonly #namespace = `farm-${process.hrtime.bigint()}`;
  /** `shout` waits for it. */
  gate: Promise<void> | undefined;
  #supervisor: Supervisor | undefined;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(): Promise<Farm> {
    const farm = new Farm(await mkdtemp(join(tmpdir(), "reeve-farm-")));
    onTestFinished(async () => {
      await farm.#supervisor?.stop();
      await rm(farm.#directory, { recursive: true, force: true });
    });
    await farm.begin();
    return farm;
  }

  /** @param disk another name is another file */
  async begin(disk = "barn"): Promise<void> {
    this.#supervisor = createSupervisor({
      ...{ host: "barn-01", namespace: this.#namespace, log: { level: "silent" } },
      store: sqlite({ path: join(this.#directory, `${disk}.sqlite`) }),
      transport: nats({ servers: server.url }),
    });
    this.#supervisor.spawn(barnManager(join(this.#directory, "shouts"), () => this.gate));
    await this.#supervisor.start();
  }

  async end(): Promise<void> {
    await this.#supervisor?.stop();
    this.#supervisor = undefined;
  }

  async client(caller: string): Promise<Outbox> {
    const page = await PageClient.connect(server.url, caller);
    onTestFinished(() => page.close());
    return new Outbox(page, `${this.#namespace}.call.barn.v1`);
  }

  /** Acknowledgements of casts that it keeps no key of. */
  async unknown(): Promise<number | undefined> {
    const host = this.#supervisor!.as({ user: "ada", roles: ["viewer"] })
      .ref(hosts)
      .at("barn-01");
    const { counts } = await host.counts({});
    return counts.find(({ name, labels }) => name === "casts.unknown" && labels.manager === "barn")?.value;
  }

  steps(bale: string): Promise<readonly string[]> {
    return this.#supervisor!.ref(barns).at("barn-01").steps({ bale });
  }

  get shouts(): readonly string[] {
    const path = join(this.#directory, "shouts");
    return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  }

  /** The keys that are kept, once it has ended. */
  async keys(disk = "barn"): Promise<readonly string[]> {
    await this.end();
    return rowsOfFile(join(this.#directory, `${disk}.sqlite`)).keys;
  }
}

/** What somebody would write in another language to deliver casts. */
class Outbox {
  readonly page: PageClient;
  readonly #base: string;
  #numbers = 0;

  constructor(page: PageClient, base: string) {
    this.page = page;
    this.#base = base;
  }

  /** A delivery under the next number. Returns that. */
  send(operation: string, meta: object | null, bale = "b1", number = ++this.#numbers): number {
    const frame = [1, number, this.page.deadline(30_000), meta, { bale }];
    this.page.say({}, `${this.#base}.${operation}.barn-01`, frame);
    return number;
  }

  /** What it is told, `ok` or a reason. */
  told(number: number): Promise<string> {
    return vi.waitFor(
      () => {
        const answer = this.page.about(number).find(([kind]) => kind === 16 || kind === 17);
        expect(answer, `an answer to ${number}`).toBeDefined();
        return answer![0] === 16 ? "ok" : (answer![2].reason as string);
      },
      { timeout: 10_000 },
    );
  }

  deliver(operation: string, id: string, acknowledges?: readonly string[], bale?: string): Promise<string> {
    const meta = { key: `cast-${id}`, ...(acknowledges && { acknowledges }) };
    return this.told(this.send(operation, meta, bale));
  }
}

test("a cast is delivered as often as one likes, has one effect, and its key goes when it is acknowledged", async () => {
  const farm = await Farm.open();
  const outbox = await farm.client("web-1");
  for (let time = 0; time < 3; time++) expect(await outbox.deliver("store", "c1")).toBe("ok");
  await farm.end();
  await farm.begin();
  expect(await outbox.deliver("store", "c1")).toBe("ok");
  expect(await farm.steps("b1")).toEqual(["stored"]);
  expect(await outbox.deliver("store", "c2", ["c1"], "b2")).toBe("ok");
  expect(await farm.keys()).toEqual(["cast-c2"]);
});

test("nobody else's acknowledgement drops a key", async () => {
  const farm = await Farm.open();
  const [outbox, forger] = [await farm.client("web-1"), await farm.client("web-2")];
  expect(await outbox.deliver("store", "c1")).toBe("ok");
  expect(await forger.deliver("store", "c2", ["c1"], "b2")).toBe("ok");
  // Under the same key it is another cast: of another user.
  expect(await forger.deliver("store", "c1", undefined, "b3")).toBe("ok");
  expect(await forger.deliver("store", "c2", ["c1"], "b2")).toBe("ok");
  expect(await outbox.deliver("store", "c1")).toBe("ok");
  expect(await farm.steps("b1")).toEqual(["stored"]);
  // The second time it was its own.
  expect(await farm.unknown()).toBe(1);
  expect(await farm.keys()).toEqual(["cast-c1", "cast-c2"]);
});

test("a delivery that joins one that runs has what it acknowledges dropped as well", async () => {
  const farm = await Farm.open();
  const outbox = await farm.client("web-1");
  expect(await outbox.deliver("store", "c1")).toBe("ok");
  const { promise, resolve } = Promise.withResolvers<void>();
  farm.gate = promise;
  const first = outbox.send("shout", { key: "cast-c2" }, "b2");
  // It runs: what comes next joins it.
  await vi.waitFor(
    async () => {
      outbox.send("shout", { key: "cast-c2" }, "b2", first);
      await new Promise((turn) => setImmediate(turn));
      expect(outbox.page.about(first).some(([kind]) => kind === 19)).toBe(true);
    },
    { timeout: 10_000 },
  );
  const joining = outbox.send("shout", { key: "cast-c2", acknowledges: ["c1"] }, "b2");
  resolve();
  expect(await Promise.all([outbox.told(first), outbox.told(joining)])).toEqual(["ok", "ok"]);
  // And one that is answered from memory.
  expect(await outbox.deliver("store", "c3", undefined, "b3")).toBe("ok");
  expect(await outbox.deliver("shout", "c2", ["c3"], "b2")).toBe("ok");
  expect(farm.shouts).toEqual(["b2"]);
  expect(await farm.keys()).toEqual(["cast-c2"]);
});

test.each([
  ["without a key", "store", { acknowledges: ["c1"] }],
  ["under a key that is not a cast's", "store", { key: "k2", acknowledges: ["c1"] }],
  ["with what is not a cast", "steps", { key: "cast-c2", acknowledges: ["c1"] }],
  ["of more than 256", "store", { key: "cast-c2", acknowledges: ["c1", ...Array(256).fill("x")] }],
  ["of an id of 65 characters", "store", { key: "cast-c2", acknowledges: ["c1", "x".repeat(65)] }],
  ["of an id that is a pattern", "store", { key: "cast-c2", acknowledges: ["c1", "%"] }],
  ["that is text", "store", { key: "cast-c2", acknowledges: "c1" }],
])("an acknowledgement %s is refused with its call, and drops nothing", async (_, operation, meta) => {
  const farm = await Farm.open();
  const outbox = await farm.client("web-1");
  expect(await outbox.deliver("store", "c1")).toBe("ok");
  expect(await outbox.told(outbox.send(operation, meta, "b2"))).toBe("MALFORMED_FRAME");
  expect(await farm.steps("b2")).toEqual([]);
  expect(await farm.keys()).toEqual(["cast-c1"]);
});

test("copies of deliveries that come after the acknowledgement do not run", async () => {
  const farm = await Farm.open();
  const outbox = await farm.client("web-1");
  expect(await outbox.deliver("store", "c1")).toBe("ok");
  const late = outbox.send("store", { key: "cast-c1" });
  await outbox.told(late);
  expect(await outbox.deliver("store", "c2", ["c1"], "b2")).toBe("ok");
  // The same number again, and one that had never come.
  outbox.send("store", { key: "cast-c1" }, "b1", late);
  await outbox.deliver("store", "c1");
  await outbox.deliver("store", "c1");
  expect(await farm.steps("b1")).toEqual(["stored"]);
  expect(await farm.keys()).toEqual(["cast-c2"]);
});

test("a cast is carried out once on each store: on a new disk it runs again, on the old one it does not", async () => {
  const farm = await Farm.open();
  const outbox = await farm.client("web-1");
  expect(await outbox.deliver("store", "c1")).toBe("ok");
  await farm.end();
  await farm.begin("new disk");
  expect(await farm.steps("b1")).toEqual([]);
  expect(await outbox.deliver("store", "c1")).toBe("ok");
  expect(await farm.steps("b1")).toEqual(["stored"]);
  await farm.end();
  await farm.begin();
  expect(await outbox.deliver("store", "c1")).toBe("ok");
  expect(await farm.steps("b1")).toEqual(["stored"]);
});
