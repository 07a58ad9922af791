import { call, contract } from "@reeve/contract";
import { nats, permissions } from "@reeve/nats";
import { type Cause, connect, createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { type NatsServer, type NatsUser, natsServer, recordingLogger, silentLogger } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";

const Nothing = z.object({});
const bells = contract("bell", "1.0", {
  ring: call({ input: Nothing, output: z.string() }),
  relay: call({ input: Nothing, output: z.string() }),
});
const towers = contract("tower", "1.0", { climb: call({ input: Nothing, output: z.string() }) });

interface Rights {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

const printed = permissions({
  processes: [
    { caller: "block-01", serves: [bells], calls: [towers] },
    { caller: "tower-01", serves: [towers] },
    { caller: "cli", calls: [bells] },
  ],
});
const of = (caller: string): Rights => printed.processes.find((process) => process.caller === caller)!;
const [full, cli] = [of("block-01"), of("cli")];

const without = ({ publish, subscribe }: Rights, right: keyof Rights, subject: string): Rights => {
  const left = { publish, subscribe, [right]: { publish, subscribe }[right].filter((one) => one !== subject) };
  expect(left[right]).toHaveLength({ publish, subscribe }[right].length - 1);
  return left;
};

const user = (name: string, { publish, subscribe }: Rights): NatsUser => ({
  ...{ user: name, password: "secret", publish, subscribe },
});
const users = (block: Rights, caller = cli) => [
  user("block-01", block),
  user("tower-01", of("tower-01")),
  user("cli", caller),
];

let broker: NatsServer;
beforeAll(async () => {
  broker = await natsServer({ users: users(full) });
});
afterAll(() => broker.close());

const link = (name: string) => nats({ servers: broker.url, user: name, password: "secret", reconnectWait: "20ms" });

async function host() {
  const log = recordingLogger();
  const store = () => sqlite({ path: ":memory:" });
  const tower = createSupervisor({
    ...{ host: "tower-01", transport: link("tower-01"), store: store(), log: silentLogger },
    trustedForwarders: printed.trustedForwarders,
  });
  tower.spawn(defineManager({ contract: towers, setup: () => ({ operations: { climb: () => "top" } }) }));
  const block = createSupervisor({ host: "block-01", transport: link("block-01"), store: store(), log });
  block.spawn(
    defineManager({
      contract: bells,
      setup: ({ address }) => ({
        operations: { ring: () => address, relay: (_, ctx) => ctx.ref(towers).climb({}) },
      }),
    }),
  );
  onTestFinished(() => Promise.all([block.stop(), tower.stop()]).then(() => undefined));
  await Promise.all([block.start(), tower.start()]);
  const isNow = async (accepts: (causes: readonly Cause[]) => boolean) =>
    (await block.until("bell", "block-01", ({ status }) => accepts(status.causes))).status;
  return { block, log, isNow };
}

async function caller() {
  const connection = await connect({ transport: link("cli"), log: silentLogger });
  onTestFinished(() => connection.close());
  return connection;
}

test("with the rights that permissions() prints nothing is denied, and calls go both ways", async () => {
  await broker.reload({ users: users(full) });
  const { block, isNow } = await host();
  const { ref } = await caller();
  expect(await ref(bells).relay({})).toBe("top");
  expect(await block.ref(towers).climb({})).toBe("top");
  await isNow((causes) => causes.length === 0);
});

test.each<[keyof Rights, string, string, string]>([
  ["subscribe", "reeve.call.bell.v1.*.block-01.*", "LINK_REFUSED", "reeve.call.bell.v1.*.block-01.*"],
  ["subscribe", "_INBOX.block-01.>", "LINK_REFUSED", "_INBOX.block-01."],
  ["subscribe", "reeve.sys.alive.*", "LINK_REFUSED", "reeve.sys.alive.*"],
  ["subscribe", "reeve.sys.members.*", "LINK_REFUSED", "reeve.sys.members.*"],
  ["subscribe", "reeve.sys.found.members.block-01.*", "LINK_REFUSED", "reeve.sys.found.members.block-01.*"],
  ["subscribe", "reeve.sys.wanted.members.bell.v1.*", "LINK_REFUSED", "reeve.sys.wanted.members.bell.v1.*"],
  ["publish", "reeve.sys.alive.block-01", "LINK_REFUSED", "reeve.sys.alive.block-01"],
  ["publish", "reeve.sys.members.block-01", "LINK_REFUSED", "reeve.sys.members.block-01"],
  [
    "publish",
    "reeve.sys.wanted.members.*.*.block-01",
    "LINK_REFUSED",
    "reeve.sys.wanted.members._host.block-01.block-01",
  ],
  ["subscribe", "$SRV.PING", "LINK_RESTRICTED", "$SRV.PING"],
  ["subscribe", "reeve.sys.wanted.inspection.*", "LINK_RESTRICTED", "reeve.sys.wanted.inspection.*"],
])(
  "without the right to %s %s a host is %s from the start, and says so once",
  async (right, subject, reason, denied) => {
    await broker.reload({ users: users(without(full, right, subject)) });
    const { block, log, isNow } = await host();
    const { state, causes } = await isNow((standing) =>
      standing.some((cause) => cause.reason === reason && cause.message.includes(`to ${right} ${denied}`)),
    );
    expect([state, causes.map((cause) => cause.reason)]).toEqual([
      reason === "LINK_REFUSED" ? "degraded" : "serving",
      [reason],
    ]);
    expect(await block.ref(bells).ring({})).toBe("block-01");
    // As often as heartbeats are sent.
    await block.until("bell", "block-01", () => true);
    const alarms = log.lines.filter(({ fields }) => (fields as { alarm?: string }).alarm === `${right}.denied`);
    const subjects = alarms.map(({ fields }) => (fields as { subject: string }).subject);
    expect(subjects).toEqual([...new Set(subjects)]);
  },
);

test("a host that may not answer is told apart from one that is silent, by itself", async () => {
  await broker.reload({ users: users(without(full, "publish", "_INBOX.>")) });
  const { isNow } = await host();
  const { ref } = await caller();
  const leaving = new AbortController();
  const hanging = failure(ref(bells).ring({}, { signal: leaving.signal }));
  const { causes } = await isNow((standing) => standing.some(({ reason }) => reason === "LINK_REFUSED"));
  expect(causes).toMatchObject([{ data: { denied: [{ right: "publish", subject: "_INBOX.cli.>" }] } }]);
  leaving.abort();
  await hanging;
});

test("calls that the broker does not let through fail at once, as not executed, and run when it does", async () => {
  await broker.reload({ users: users(full, without(cli, "publish", "reeve.call.bell.v1.*.*.cli")) });
  const { block } = await host();
  const { ref } = await caller();
  const refused = { reason: "NOT_PERMITTED", code: "PERMISSION_DENIED", outcome: "not-executed", address: "block-01" };
  const message = expect.stringContaining("the broker forbids publishing to reeve.call.bell.v1.ring.block-01.cli");
  const calls = Array.from({ length: 5 }, () => failure(ref(bells).ring({})));
  for (const one of calls) expect(await one).toMatchObject({ ...refused, message });
  expect(await failure(ref(bells).ring({}))).toMatchObject({ ...refused, message });
  expect(block.managers()).toMatchObject([{ calls: 0, status: { causes: [] } }]);
  await broker.reload({ users: users(full) });
  await expect.poll(() => ref(bells).ring({}).catch(String), { timeout: 15_000 }).toBe("block-01");
});

test("calls whose answers could not come fail at once, and are not sent", async () => {
  await broker.reload({ users: users(without(full, "subscribe", "_INBOX.block-01.>")) });
  const { block, isNow } = await host();
  await isNow((causes) => causes.length > 0);
  expect(await failure(block.ref(bells).relay({}))).toMatchObject({
    reason: "NOT_PERMITTED",
    message: expect.stringContaining("the broker forbids subscribing to _INBOX.block-01."),
  });
  // What is in this process needs no broker.
  expect(await block.ref(bells).ring({})).toBe("block-01");
  await broker.reload({ users: users(full) });
  await isNow((causes) => causes.length === 0);
  expect(await block.ref(bells).relay({})).toBe("top");
});

test("a caller that may not hear who is there is told so, and not that nobody is", async () => {
  const deaf = without(without(cli, "subscribe", "reeve.sys.members.*"), "subscribe", "reeve.sys.found.members.cli.*");
  await broker.reload({ users: users(full, deaf) });
  await host();
  const { ref } = await caller();
  expect(await failure(ref(bells).ring({}))).toMatchObject({
    reason: "NOT_PERMITTED",
    message: expect.stringMatching(/the broker does not permit .*to subscribe reeve.sys.members.\*/),
  });
});

test("rights that are given while a host runs end its causes, and those that are taken begin them", async () => {
  await broker.reload({ users: users({ publish: ["nothing"], subscribe: ["nothing"] }) });
  const { isNow, log } = await host();
  const { causes } = await isNow((standing) => {
    const denied = standing.flatMap(({ data }) => (data as { denied?: readonly object[] } | undefined)?.denied ?? []);
    return standing.length === 2 && denied.length > 8;
  });
  expect(causes.map(({ reason }) => reason).sort()).toEqual(["LINK_REFUSED", "LINK_RESTRICTED"]);
  await broker.reload({ users: users(full) });
  await isNow((standing) => standing.length === 0);
  const { ref } = await caller();
  expect(await ref(bells).ring({})).toBe("block-01");
  await broker.reload({ users: users(without(full, "subscribe", "reeve.call.bell.v1.*.any.* reeve")) });
  await isNow((standing) => standing.some(({ reason }) => reason === "LINK_REFUSED"));
  expect(log.lines.filter(({ level }) => level === "error").length).toBeLessThan(60);
});
