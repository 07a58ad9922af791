import { type Outcome, reeveError } from "@reeve/contract";
import { type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Estate } from "./estate.ts";
import { asked, operations, type Place } from "./operations.ts";
import { kept } from "./promises.ts";
import { forwarded } from "./steps.ts";

// What the checker makes of calls whose callers were not told how they ended, and of callers that were told wrongly.

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

type Volume = Place["volume"];
type Method = (...given: readonly unknown[]) => unknown;
/** Whether a call is carried out that ends with an error. */
type Fate = "carried out" | "dropped";

/** Calls as that many before them go through; those that follow end with an outcome, whatever becomes of them. */
class Answers {
  readonly volume: Volume;
  readonly #inner: Volume;
  #left: number;
  readonly #fate: Fate;
  readonly #outcome: Outcome;

  constructor(inner: Volume, after: number, fate: Fate, outcome: Outcome) {
    this.#inner = inner;
    this.#left = after;
    this.#fate = fate;
    this.#outcome = outcome;
    this.volume = forwarded<Volume>(
      inner,
      Object.fromEntries(called.map((name) => [name, (...given: unknown[]) => this.#call(name, given)])),
    );
  }

  /** Whether any call ended in that way. */
  get used(): boolean {
    return this.#left < 0;
  }

  #call(name: (typeof called)[number], given: readonly unknown[]): unknown {
    const call = () => (this.#inner[name] as Method)(...given);
    if (--this.#left >= 0) return call();
    this.#left = -1;
    if (!streams.has(name)) return this.#end(async () => void (await call()));
    return { result: this.#end(async () => void (await (call() as { readonly result: Promise<unknown> }).result)) };
  }

  async #end(calling: () => Promise<void>): Promise<never> {
    if (this.#fate === "carried out") await calling();
    throw reeveError("PEER_LOST", `it ends as ${this.#outcome}`, { outcome: this.#outcome });
  }
}

const called = [
  ...(["create", "extend", "delete", "snapshot", "deleteSnapshot", "clone"] as const),
  ...(["copy", "import", "export", "connect", "disconnect"] as const),
];
const streams: ReadonlySet<string> = new Set(["copy", "import", "export"]);

async function started() {
  const estate = await Estate.open({ server });
  const address = "block-01@ssd";
  await estate.start({ host: "block-01" });
  await estate.placeable(address);
  const volume = estate.volume.at(address);
  const place: Place = { estate, volume, labels: { media: "ssd" }, address, timeout: "20s" };
  return { estate, place };
}

test.each<Fate>(["carried out", "dropped"])(
  "whichever call of an operation got no answer, one that was %s is not told as lost",
  async (fate) => {
    const { estate, place } = await started();
    await using _ = estate;
    let unanswered = 0;
    for (const operation of operations)
      for (let after = 0; ; after++) {
        const answers = new Answers(place.volume, after, fate, "maybe-executed");
        const key = `${operation.name}-${after}`;
        const running = operation.prepare({ ...place, volume: answers.volume }, key).then(({ run }) => run());
        const ended = await running.then(
          () => "value",
          (error) => error.outcome,
        );
        expect(ended, key).toBe(answers.used ? "maybe-executed" : "value");
        expect(await estate.verdict(), key).toEqual(kept);
        if (!answers.used) break;
        unanswered += 1;
      }
    expect(unanswered).toBeGreaterThan(operations.length);
  },
);

/** How many calls come before the one that a lie is told of, and by which promise that is found. */
const lies = [
  ...(["extend", "delete", "connect"] as const).map((name) => ({ name, needs: 1, found: "lost" as const })),
  ...(["deleteSnapshot", "disconnect"] as const).map((name) => ({ name, needs: 2, found: "lost" as const })),
  ...(["create", "import"] as const).map((name) => ({ name, needs: 0, found: "disowned" as const })),
  ...(["snapshot", "clone", "copy", "export"] as const).map((name) => ({ name, needs: 1, found: "disowned" as const })),
];

test("whatever ran though its caller was told that it did not is found", async () => {
  const { estate, place } = await started();
  await using _ = estate;
  expect(lies.map(({ name }) => name).sort()).toEqual(operations.map(({ name }) => name).sort());
  const told = { lost: 0, disowned: 0 };
  for (const { name, needs, found } of lies) {
    const { prepare } = operations.find((operation) => operation.name === name)!;
    const answers = new Answers(place.volume, needs, "carried out", "not-executed");
    const prepared = await prepare({ ...place, volume: answers.volume }, name);
    await expect(prepared.run()).rejects.toMatchObject({ outcome: "not-executed" });
    told[found] += 1;
    const { lost, disowned } = await estate.verdict();
    expect({ lost: lost.length, disowned: disowned.length }, name).toEqual(told);
  }
});

const ends = [
  { told: "acknowledged", outcome: undefined, lost: 0 },
  { told: "not answered", outcome: "maybe-executed", lost: 0 },
  { told: "told as not executed though it was", outcome: "not-executed", lost: 1 },
] as const;

test.each(ends)(
  "a creation whose key is asked for again says nothing of what came after it: an extension that was $told",
  async ({ outcome, lost }) => {
    const { estate, place } = await started();
    await using _ = estate;
    const host = estate.host("block-01");
    const answers = outcome && new Answers(place.volume, 1, "carried out", outcome);
    const volume = answers?.volume ?? place.volume;
    const { prepare } = operations.find(({ name }) => name === "extend")!;
    // Its work is committed, and its answer is not: its key stays open, though its caller is answered by the next life.
    await host.arm('"callKeys" set "state"');
    const preparing = prepare({ ...place, volume }, "grown");
    await host.stopped();
    await estate.start({ host: "block-01" });
    const { run } = await preparing;
    const ended = run().then(
      () => undefined,
      (error) => error.outcome,
    );
    expect(await ended).toBe(outcome);
    expect(await estate.openKeys()).toEqual(["grown-source"]);
    await asked(place, "grown-source");
    expect((await estate.verdict()).lost).toHaveLength(lost);
  },
);
