import { connect as dial, type NatsConnection } from "@nats-io/transport-node";
import { call, contract } from "@reeve/contract";
import { nats } from "@reeve/nats";
import { connect, createSupervisor, defineManager, openEnvironment } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { type NatsServer, natsServer, recordingLogger, silentLogger } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { watcher } from "./watchers.ts";

// A broker without permissions: what holds here holds against everybody who can reach it. What a forger does in the name of its
// victim's own token only permissions stop.

const bells = contract("bell", "1.0", { ring: call({ input: z.object({}), output: z.string(), timeout: "20s" }) });
const most = 2 ** 53 - 1;

let server: NatsServer;
let forger: NatsConnection;
beforeAll(async () => {
  server = await natsServer();
  forger = await dial({ servers: server.url });
});
afterAll(async () => {
  await forger.close();
  await server.close();
});

async function tower(host: string) {
  const log = recordingLogger();
  const transport = nats({ servers: server.url, caller: host });
  const supervisor = createSupervisor({ host, transport, store: sqlite({ path: ":memory:" }), log });
  supervisor.spawn(
    defineManager({ contract: bells, setup: ({ address }) => ({ operations: { ring: () => address } }) }),
  );
  onTestFinished(() => supervisor.stop());
  await supervisor.start();
  const complaints = (kind: string) => log.lines.filter(({ fields }) => (fields as { kind?: string }).kind === kind);
  return { supervisor, log, complaints };
}

async function caller(name: string) {
  const log = recordingLogger();
  const connection = await connect({ transport: nats({ servers: server.url, caller: name }), log });
  onTestFinished(() => connection.close());
  return { bell: connection.ref(bells), log };
}

const sequences = new Map<string, number>();

/** Tells of a bell, under whatever token and sender. */
function announce(token: string, sender: string, entry: object, head: object = {}): void {
  const sequence = (sequences.get(sender) ?? 0) + 1;
  sequences.set(sender, sequence);
  const bell = { manager: "bell", version: "1.0", epoch: most, heldMs: 1e12, inFlight: 0, queued: 0, ...entry };
  const message = {
    type: "reeve.members.v1",
    sender,
    host: "forger",
    sequence,
    everyMs: 2_000,
    entries: [bell],
    ...head,
  };
  forger.publish(`reeve.sys.members.${token}`, JSON.stringify(message));
}

test("claims to others' addresses at the highest epoch, with goodbyes for them, cost not one of 384 calls", async () => {
  await tower("block-01");
  const { bell, log } = await caller("web-1");
  expect(await bell.at("block-01").ring({})).toBe("block-01");
  let rounds = 0;
  const calls: Promise<string>[] = [];
  while (calls.length < 384) {
    const incarnation = `i${rounds++}`;
    announce("forger", "F1", { address: "block-01", incarnation, store: "x", state: "serving", canServe: true });
    announce("forger", "F1", { address: "block-01", incarnation, store: "x", state: "stopped" });
    await forger.flush();
    for (let n = 0; n < 8; n++) calls.push(n % 2 === 0 ? bell.ring({}) : bell.at("block-01").ring({}));
    await Promise.all(calls.slice(-8));
  }
  expect(new Set(await Promise.all(calls))).toEqual(new Set(["block-01"]));
  expect(log.lines.filter(({ level }) => level === "warn")).toMatchObject([
    { fields: { kind: "claimed", caller: "forger", what: "bell.v1 block-01" } },
  ]);
});

test("twenty times as many made-up senders as there is room for keep no real host out, whether it was there or comes then", {
  timeout: 60_000,
}, async () => {
  const transport = nats({ servers: server.url, caller: "ours" });
  await transport.connect();
  onTestFinished(() => transport.close());
  const { members, until } = watcher(transport, { maxSenders: 1_000 });
  await transport.flush();
  await tower("block-02");
  const there = (address: string) => members.at("bell", 1, address)?.canServe === true;
  await until(() => there("block-02"));
  for (let made = 0; made < 20_000; made++) {
    // Half of them under one token, half under as many.
    const token = made % 2 === 0 ? "forger" : `f${made}`;
    announce(token, `M${made}`, { address: `x${made}`, state: "serving", canServe: true });
    if (made % 2_000 === 0) await forger.flush();
  }
  await forger.flush();
  announce("last", "LAST", { address: "last", state: "serving", canServe: true });
  // All of that has been taken in.
  await until(() => there("last"));
  await tower("block-03");
  await until(() => there("block-03"));
  // With its next heartbeat, if it had to make room.
  await vi.waitFor(() => expect(there("block-02")).toBe(true), { timeout: 10_000 });
});

test("what another host's capabilities are nobody else says, be it three exabytes or that it drains", async () => {
  const open = async (host: string) => {
    const transport = nats({ servers: server.url, caller: host });
    await transport.connect();
    const opened = await openEnvironment({ host, transport, store: sqlite({ path: ":memory:" }), log: silentLogger });
    onTestFinished(async () => {
      await opened.close();
    });
    return opened.environment;
  };
  const [block, scheduler] = [await open("block-04"), await open("ctl-01")];
  // Each of them may be told as news and as an answer.
  const heard = new Set<string>();
  scheduler.reports.subscribe(({ address, status, capabilities, epoch }) =>
    heard.add(`${address} ${status} ${JSON.stringify(capabilities)} ${epoch}`),
  );
  scheduler.reports.request();
  const schema = z.object({ freeGiB: z.number() });
  const handle = block.capabilities.attach({ manager: "volume", address: "block-04", epoch: 1, schema });
  handle.setStatus("ready");
  handle.update({ freeGiB: 10 });
  const [before, after] = [10, 9].map((freeGiB) => `block-04 ready {"freeGiB":${freeGiB}} 1`);
  await expect.poll(() => [...heard]).toEqual([before]);
  const lie = { manager: "volume", address: "block-04", epoch: most, count: 9, ageMs: 0, full: true };
  const head = { type: "reeve.capabilities.v1", sender: "F4", host: "block-04", whole: true };
  for (const [index, said] of [
    { ...lie, status: "ready", set: { freeGiB: 3e9 } },
    { ...lie, status: "draining", set: { freeGiB: 10 } },
  ].entries()) {
    const message = { ...head, sequence: index + 1, entries: [said] };
    forger.publish("reeve.sys.capabilities.forger", JSON.stringify(message));
  }
  await forger.flush();
  handle.update({ freeGiB: 9 });
  await handle.tell();
  await expect.poll(() => heard.has(after!)).toBe(true);
  expect([...heard]).toEqual([before, after]);
});

test("a newer incarnation that is announced in a host's own name ends nothing of it: its store knows of none", async () => {
  const { supervisor, log } = await tower("block-05");
  const { bell } = await caller("web-5");
  expect(await bell.at("block-05").ring({})).toBe("block-05");
  // It says its store to everybody.
  const { promise: store, resolve } = Promise.withResolvers<string>();
  const ear = forger.subscribe("reeve.sys.found.members.forger.*", {
    callback: (_, message) => resolve(message.json<{ entries: { store: string }[] }>().entries[0]!.store),
  });
  forger.publish("reeve.sys.wanted.members._host.block-05.forger");
  const claim = { address: "block-05", store: await store, incarnation: "made-up", state: "serving", canServe: true };
  ear.unsubscribe();
  const ignored = () => log.lines.filter(({ message }) => message?.includes("the store does not know of"));
  for (let times = 0; times < 5; times++) announce("block-05", "F5", claim, { host: "block-05" });
  await vi.waitFor(() => expect(ignored()).toHaveLength(1), { timeout: 10_000 });
  expect(await supervisor.ref(bells).ring({})).toBe("block-05");
  // Callers elsewhere go by what its own token says: that only permissions stop.
  expect(supervisor.managers()).toMatchObject([{ epoch: 1, status: { phase: "ready" } }]);
});

test("a question that wants its answer on somebody else's subject is answered to nobody, and told once", async () => {
  const { complaints } = await tower("block-06");
  const heard: string[] = [];
  for (const subject of ["reeve.sys.members.victim", "reeve.sys.found.members.victim.*", "_INBOX.victim.*"])
    forger.subscribe(subject, { callback: (_, message) => void heard.push(message.subject) });
  const answers = forger.subscribe("reeve.sys.found.members.forger.*");
  for (const reply of ["reeve.sys.members.victim", "reeve.sys.found.members.victim.block-06", "_INBOX.victim.1"]) {
    for (const scope of ["bell.v1", "_host.block-06"])
      forger.publish(`reeve.sys.wanted.members.${scope}.forger`, "", { reply });
  }
  // It is the last that is asked.
  forger.publish("reeve.sys.wanted.members._host.block-06.forger");
  for await (const answer of answers) {
    expect(answer.subject).toBe("reeve.sys.found.members.forger.block-06");
    break;
  }
  expect(heard).toEqual([]);
  expect(complaints("reply")).toMatchObject([{ fields: { caller: "forger" } }]);
});
