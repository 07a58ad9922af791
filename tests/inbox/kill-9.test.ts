import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createSupervisor, inProcess } from "@reeve/runtime";
import { type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { long } from "../kit/long.ts";
import { barnManager, type Operation, operations } from "./barn.ts";
import { deliver, deliverUntilSettled } from "./delivery.ts";
import { type Rows, rowsOfFile, rowsOfServer } from "./rows.ts";
import { type Backend, backends, openBackend } from "./stores.ts";

const child = fileURLToPath(new URL("./killed.fixture.ts", import.meta.url));
/** More steps than a delivery has on its longest way. */
const mostSteps = 60;
/** So many of them, evenly spread, in an ordinary run; with REEVE_LONG each. */
const sampled = 3;

vi.setConfig({ testTimeout: 600_000 });

/** The steps there were when it got as far as its answer; undefined where it did not. */
async function dies(...args: readonly string[]): Promise<number | undefined> {
  const stdio = ["ignore", "pipe", "inherit"] as const;
  const dying = spawn(process.execPath, ["--conditions=reeve-source", child, ...args], { stdio: [...stdio] });
  let said = "";
  dying.stdout!.on("data", (data) => {
    said += data;
  });
  const [, signal] = await once(dying, "close");
  expect(signal).toBe("SIGKILL");
  return said === "" ? undefined : Number(said);
}

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
}, 60_000);
afterAll(() => server.close());

const newPlace = async (backend: Backend, directory: string, step: number) =>
  backend === "sqlite" ? join(directory, `${step}.sqlite`) : server.createDatabase();
const rowsOf = async (backend: Backend, place: string): Promise<Rows> =>
  backend === "sqlite" ? rowsOfFile(place) : rowsOfServer(server, place);

interface Left {
  readonly told: string;
  readonly steps: readonly string[];
}

/** What the next life tells the next delivery, and the effects that there are then. */
async function nextLife(backend: Backend, place: string, shouts: string, operation: Operation): Promise<Left> {
  const hub = inProcess();
  const store = openBackend(backend, place);
  const transport = hub.client({ caller: "barn-01" });
  const supervisor = createSupervisor({ host: "barn-01", store, transport, log: { level: "silent" } });
  supervisor.spawn(barnManager(shouts));
  await supervisor.start();
  let reason: string | undefined;
  try {
    const web = hub.client({ caller: "web" });
    await web.connect();
    const delivery = { id: "c1", input: { bale: "b1" }, acknowledges: ["c0"] };
    ({ reason } = await deliverUntilSettled(web, operation, delivery));
    expect((await deliverUntilSettled(web, operation, delivery)).reason).toBe(reason);
    await deliver(web, "shout", { id: "c2", input: { bale: "last" }, acknowledges: ["c1"] });
  } finally {
    await supervisor.stop();
  }
  const { effects, keys } = await rowsOf(backend, place);
  // Of the casts that were acknowledged nothing is left.
  expect(keys).toEqual(["cast-c2"]);
  const lines = existsSync(shouts) ? readFileSync(shouts, "utf8").split("\n") : [];
  const shouted = lines.filter((line) => line === "b1").map(() => "shouted");
  return { told: reason ?? "carried out", steps: [...effects, ...shouted] };
}

/** What may be left of each operation, wherever its callee died; of all steps, each of them has to come up. */
const expected: Record<Operation, readonly Left[]> = {
  thresh: [
    { told: "carried out", steps: ["begun", "threshed"] },
    { told: "carried out", steps: ["begun", "threshed by recovery"] },
  ],
  store: [{ told: "carried out", steps: ["stored"] }],
  stack: [
    { told: "carried out", steps: ["stacked"] },
    { told: "INTERRUPTED", steps: ["stacked"] },
  ],
  weigh: [
    { told: "carried out", steps: ["on the scales", "weighed"] },
    { told: "INTERRUPTED", steps: ["on the scales"] },
  ],
  // What no store knows of can only be done again.
  shout: [
    { told: "carried out", steps: ["shouted"] },
    { told: "carried out", steps: ["shouted", "shouted"] },
  ],
};

const onPostgres: readonly Operation[] = ["thresh", "store", "weigh"];
const cases = backends.flatMap((backend) =>
  (backend === "sqlite" ? operations : onPostgres).map((operation) => [backend, operation] as const),
);

/** Steps from 1 to `last`. */
function stepsTo(last: number): readonly number[] {
  if (long || last <= sampled) return Array.from({ length: last }, (_, index) => index + 1);
  return Array.from({ length: sampled }, (_, index) => 1 + Math.round((index * (last - 1)) / (sampled - 1)));
}

test.each(cases)("killed at each step of a cast that it carries out, %s: %s", async (backend, operation) => {
  const directory = await mkdtemp(join(tmpdir(), "reeve-inbox-"));
  const killedAt = async (step: number) => {
    const shouts = join(directory, `${step}.txt`);
    const place = await newPlace(backend, directory, step);
    const last = await dies(backend, place, shouts, operation, String(step));
    return { last, left: await nextLife(backend, place, shouts, operation) };
  };
  try {
    const { last, left: whole } = await killedAt(mostSteps);
    expect(whole).toEqual(expected[operation][0]);
    expect(last).toBeGreaterThan(5);
    const seen = new Set([JSON.stringify(whole)]);
    for (const step of stepsTo(last!)) {
      const { last: through, left } = await killedAt(step);
      expect(through, `killed at step ${step}`).toBeUndefined();
      expect(expected[operation], `killed at step ${step}`).toContainEqual(left);
      seen.add(JSON.stringify(left));
    }
    if (long) expect([...seen].sort()).toEqual(expected[operation].map((left) => JSON.stringify(left)).sort());
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
