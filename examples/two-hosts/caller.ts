// node --conditions=reeve-source examples/two-hosts/caller.ts nats://127.0.0.1:4222
import { randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import { ReeveError } from "@reeve/contract";
import { scheduler } from "@reeve/managers/scheduler";
import { type Volume, volumes } from "@reeve/managers/volume";
import { nats } from "@reeve/nats";
import { connect } from "@reeve/runtime";
import { check, say, step, until } from "./step.ts";
import { speak } from "./word.ts";

const [, , servers = "nats://127.0.0.1:4222"] = process.argv;
const mebibytes = 96;

// No manager lives here, no table either: all it has is the contracts and the broker.
await using connection = await connect({
  transport: nats({ servers, user: "cli", password: process.env.REEVE_PASSWORD }),
});
const volume = connection.ref(volumes);
let db: Volume;

await step("create", async () => {
  db = await volume.create({ name: "db", sizeGiB: mebibytes / 1024, labels: { media: "ssd" } });
  say(`db is ${db.status} at ${db.host}: block-01 took the call, sched-01 chose the place`);
  check(db.host === "block-01@ssd", `db is at ${db.host}`);
});

await step("list", async () => {
  const { items } = await volume.list({});
  const hosts = await connection.ref(scheduler).hosts({});
  say(
    `volumes: ${items.map(({ name }) => name).join()}; sched-01 knows ${hosts.items.map(({ address }) => address).join(", ")}`,
  );
  check(items.length === 1 && hosts.items.length === 3, `${items.length} volumes on ${hosts.items.length} backends`);
});

await step("extend", async () => {
  const grown = await volume.extend({ id: db.id, sizeGiB: 2 * db.sizeGiB });
  say(`db has ${grown.sizeGiB * 1024} MiB: whoever was asked, ${grown.host} did it`);
  check(grown.sizeGiB === 2 * db.sizeGiB, `db has ${grown.sizeGiB} GiB`);
});

await step("copy", async () => {
  await fill(db);
  const seen: number[] = [];
  const copying = volume.copy({ id: db.id, name: "copy" });
  for await (const { percent } of copying) seen.push(percent);
  const copy = await copying.result;
  say(`copied in ${seen.length} steps up to ${seen.at(-1)} %; the copy is ${copy.status}`);
  check(seen.at(-1) === 100 && copy.status === "available", `it ended at ${seen.at(-1)} %, ${copy.status}`);
});

await step("kill", async () => {
  const creating = volume.create({ name: "late", sizeGiB: 1, labels: { media: "archive" } });
  const told = creating.then(
    ({ status }) => status,
    (error: unknown) => (error instanceof ReeveError ? `${error.reason}, ${error.outcome}` : String(error)),
  );
  const { id, host } = await until("the create of late", () => find("late", "creating"));
  speak({ event: "wish", wish: "kill" });
  say(`${host} was at work on late; the caller was told ${await told}`);
  const late = await until("late to be settled", async () => {
    const found = await volume.get({ id });
    return found.status === "creating" ? undefined : found;
  });
  say(`its journal was read by the next process: late is ${late.status}, ${late.fault?.reason}`);
  check(late.status === "error" && late.fault?.reason === "INTERRUPTED", `late is ${late.status}`);
  await volume.delete({ id });
  const { items } = await volume.list({});
  check(items.length === 2, `${items.map(({ name }) => name).join()} are there`);
});

// With `--stay` block-01 is left to whoever looks at it.
if (!process.argv.includes("--stay")) await step("drain", drain);

async function drain(): Promise<void> {
  const copying = volume.copy({ id: db.id, name: "last" });
  let told = false;
  for await (const { percent } of copying) {
    if (percent < 100 && !told) speak({ event: "wish", wish: "drain" });
    told = true;
  }
  const last = await copying.result;
  const reason = await until("block-01 to leave", () =>
    volume.get({ id: db.id }).then(
      () => undefined,
      (error: unknown) => (error instanceof ReeveError && error.reason === "NO_RESPONDERS" ? error.reason : undefined),
    ),
  );
  say(`block-01 finished the copy, which is ${last.status}, and left; now a call ends with ${reason}`);
  check(told && last.status === "available", `the copy is ${last.status}`);
}

async function find(name: string, status: Volume["status"]): Promise<Volume | undefined> {
  const { items } = await volume.list({ filter: { status } });
  return items.find((candidate) => candidate.name === name && candidate.host !== null);
}

/** The caller happens to be on the same machine. */
async function fill({ id }: Volume): Promise<void> {
  const { path } = await volume.connect({ id });
  await using file = await open(path, "r+");
  const chunk = randomBytes(2 ** 20);
  for (let at = 0; at < mebibytes; at++) await file.write(chunk, 0, chunk.length, at * chunk.length);
}
