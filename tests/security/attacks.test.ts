import { connect as connectRaw, headers, type Msg } from "@nats-io/transport-node";
import { scheduler } from "@reeve/managers/scheduler";
import { permissions } from "@reeve/nats";
import { natsServer } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { brokerOf, until, users } from "./guarded-broker.ts";
import { plainClient } from "./plain-client.ts";
import { bellHost, bells, callerOf, towerHost, towers, villagers } from "./village.ts";

/** `block-02` is a host like `block-01`, in the attacker's hands. */
const printed = permissions({
  processes: [
    ...villagers,
    { caller: "block-02", serves: [bells], calls: [towers] },
    { caller: "web", calls: [bells] },
  ],
});

interface Heard {
  readonly subject: string;
  readonly data: Uint8Array;
}

/** A deployment at work, and whoever runs the broker, who sees everything. */
async function scene() {
  const administrator = { user: "administrator", password: "secret", publish: ["$SRV.>"], subscribe: [">"] };
  const server = await natsServer({ users: [...users(printed, () => false), administrator] });
  onTestFinished(() => server.close());
  const broker = brokerOf(server, printed);
  const { user, password: pass } = administrator;
  const all = await connectRaw({ servers: server.url, user, pass, inboxPrefix: "_INBOX.administrator" });
  onTestFinished(() => all.close());
  const heard: Heard[] = [];
  // The messages alias a buffer that is used again.
  all.subscribe(">", { callback: (_, { subject, data }: Msg) => void heard.push({ subject, data: data.slice() }) });
  await all.flush();
  const [block, tower] = await Promise.all([bellHost(broker), towerHost(broker)]);
  const cli = await callerOf(broker);
  /** The victims do their work: nothing is wrong with them, and whoever looks finds them. */
  const goesOn = async () => {
    for (let times = 0; times < 20; times++) expect(await cli.ref(bells).relay({})).toBe("top");
    const late = await callerOf(broker, "web");
    expect(await late.ref(bells).at("block-01").ring({})).toBe("block-01");
    for (const { manager, status } of [...block.managers(), ...tower.managers()])
      expect([manager, status.state, status.causes]).toEqual([manager, "serving", []]);
    expect(block.managers()[0]).toMatchObject({ epoch: 1 });
  };
  return { broker, block, tower, cli, heard, goesOn };
}

const tokens = ({ subject }: Heard) => subject.split(".");
const from = (caller: string) => (message: Heard) =>
  message.subject.startsWith("reeve.sys.") && tokens(message).at(-1) === caller;

const isOf = (topic: string, caller: string) => (message: Heard) => message.subject === `reeve.sys.${topic}.${caller}`;

/** The same, a little worse: of the highest epoch and number, of another size, drained, and the last that its sender says. */
function worse({ data }: Heard, sender?: string): Uint8Array {
  const text = new TextDecoder().decode(data);
  if (!text.startsWith("{")) return data;
  const said = JSON.parse(text, (key, value) => {
    if (key === "epoch") return Number.MAX_SAFE_INTEGER;
    if (key === "status" || key === "state") return "draining";
    return key === "strokes" ? 3e18 : value;
  });
  const named = sender === undefined ? {} : { sender };
  const last = sender === undefined;
  return new TextEncoder().encode(JSON.stringify({ ...said, ...named, sequence: Number.MAX_SAFE_INTEGER, last }));
}

test("heartbeats, farewells and news in a victim's name are denied, as they were and worse, and it goes on", async () => {
  const { heard, broker, goesOn } = await scene();
  const attacker = await plainClient(broker, "block-02");
  await until(() => heard.filter(from("block-01")).length >= 2);
  for (const message of heard.filter(from("block-01"))) {
    expect(await attacker.mayPublish(message.subject, message.data)).toBe(false);
    expect(await attacker.mayPublish(message.subject, worse(message))).toBe(false);
  }
  await goesOn();
});

test("what is said of a victim in one's own name, which the broker lets through, is believed by nobody", async () => {
  const { heard, broker, goesOn, tower } = await scene();
  const attacker = await plainClient(broker, "block-02");
  await until(() => ["members", "capabilities"].every((topic) => heard.some(isOf(topic, "block-01"))));
  // A newcomer may be forestalled: who looks has heard of the victim before.
  await goesOn();
  await until(async () => (await tower.ref(scheduler).hosts({})).items.some(({ address }) => address === "abbey"));
  for (let round = 0; round < 3; round++) {
    for (const topic of ["alive", "members", "capabilities", "inspection"]) {
      for (const message of heard.filter(isOf(topic, "block-01"))) {
        const subject = message.subject.replace(/[^.]+$/, "block-02");
        // As the same process, and as another.
        for (const data of [message.data, worse(message), worse(message, `made-up-${round}`)])
          expect(await attacker.mayPublish(subject, data)).toBe(true);
      }
    }
    await goesOn();
  }
  const { items } = await tower.ref(scheduler).hosts({});
  expect(items.filter(({ address }) => address === "abbey")).toMatchObject([
    { status: "ready", epoch: 1, members: ["block-01"], capabilities: { strokes: 12 } },
  ]);
});

test("processes that were made up are denied, and leave room for one that is there", async () => {
  const { heard, broker, goesOn } = await scene();
  const attacker = await plainClient(broker, "block-02");
  await until(() => heard.some(from("block-01")));
  const { subject, data } = heard.find(from("block-01"))!;
  for (let number = 0; number < 200; number++) {
    const madeUp = subject.replace(/[^.]+$/, `made-up-${number}`);
    expect(await attacker.mayPublish(madeUp, data)).toBe(false);
  }
  await goesOn();
  expect(heard.filter(({ subject }) => subject.includes("made-up"))).toEqual([]);
});

test("who only calls announces nothing: no made-up member of an older version takes newer operations from anybody", async () => {
  const { broker, goesOn } = await scene();
  const bell = { manager: "bell", version: "1.0", epoch: 1, state: "serving", canServe: true, inFlight: 0, queued: 0 };
  const message = { type: "reeve.members.v1", sender: "F1", host: "x", everyMs: 60_000, sequence: 1, whole: true };
  for (const caller of ["web", "census"]) {
    const attacker = await plainClient(broker, caller);
    const told = JSON.stringify({ ...message, entries: [{ ...bell, address: caller }] });
    for (const subject of [`members.${caller}`, `found.members.cli.${caller}`, `alive.${caller}`])
      expect(await attacker.mayPublish(`reeve.sys.${subject}`, told)).toBe(false);
  }
  await goesOn();
});

test("a call in another's name is denied, also one that was sent before, and nothing runs", async () => {
  const { heard, broker, block, cli, goesOn } = await scene();
  expect(await cli.ref(bells).ring({})).toBe("block-01");
  const sent = heard.find(({ subject }) => subject.startsWith("reeve.call.bell.v1.ring.") && subject.endsWith(".cli"))!;
  const { calls } = block.managers()[0]!;
  for (const caller of ["web", "block-02", "census"]) {
    const attacker = await plainClient(broker, caller);
    const reply = `_INBOX.${caller}.stolen.1`;
    expect(await attacker.mayPublish(sent.subject, sent.data, reply)).toBe(false);
    expect(await attacker.mayPublish(sent.subject, "{}", reply)).toBe(false);
  }
  expect(block.managers()[0]!.calls).toBe(calls);
  await goesOn();
});

/** Where somebody who may not publish there would like an answer to go. */
const coveted = [
  "reeve.sys.found.members.nobody.block-01",
  "reeve.call.tower.v1.climb.any.block-01",
  "reeve.call.bell.v1.ring.any.web",
  "made.up.subject",
];

test("a question or call that names a reply subject of somebody else's is answered to nobody, and not even tried", async () => {
  const { heard, broker, goesOn } = await scene();
  const wanted = new Set(heard.map(({ subject }) => subject).filter((subject) => /\.wanted\./.test(subject)));
  expect(wanted.size).toBeGreaterThan(0);
  const attacker = await plainClient(broker, "cli");
  const census = await plainClient(broker, "census");
  const call = heard.find(({ subject }) => subject.startsWith("reeve.call."))?.data ?? new Uint8Array([1]);
  for (const reply of coveted) {
    const before = heard.length;
    for (const subject of wanted)
      await attacker.mayPublish(
        subject.replace(/[^.]+$/, (last) => mine(last)),
        "",
        reply,
      );
    expect(await attacker.mayPublish("reeve.call.bell.v1.ring.block-01.cli", "{}", reply)).toBe(true);
    expect(await attacker.mayPublish("reeve.call.bell.v1.ring.block-01.cli", call, reply)).toBe(true);
    for (const verb of ["PING", "INFO", "STATS"])
      expect(await census.mayPublish(`$SRV.${verb}.bell`, "", reply)).toBe(true);
    await goesOn();
    expect(heard.slice(before).filter(({ subject }) => subject === reply)).toEqual([]);
  }
  expect(broker.denied().filter((line) => line.includes('User "block-01"'))).toEqual([]);
});

/** Questions end in the token of whoever asks. */
const mine = (last: string) => (printed.processes.some(({ caller }) => caller === last) ? "cli" : last);

test("who uses every right of a neighbour's hears nothing of calls and answers that are not for it", async () => {
  const { broker, cli, goesOn } = await scene();
  const { servers, user, password: pass } = broker.login("block-02");
  const attacker = await connectRaw({ servers, user, pass, inboxPrefix: "_INBOX.block-02" });
  onTestFinished(() => attacker.close());
  const overheard: string[] = [];
  const { subscribe } = printed.processes.find(({ caller }) => caller === "block-02")!;
  for (const rule of subscribe) {
    const [subject = "", queue] = rule.split(" ");
    // In the group of its own kind it gets its share, which nothing can take from a server.
    if (queue !== undefined) continue;
    attacker.subscribe(subject, { callback: (_, message) => void overheard.push(message.subject) });
  }
  await attacker.flush();
  for (let times = 0; times < 20; times++) expect(await cli.ref(bells).at("block-01").ring({})).toBe("block-01");
  await goesOn();
  await attacker.flush();
  expect(overheard.filter((subject) => subject.startsWith("reeve.call.") || subject.startsWith("_INBOX."))).toEqual([]);
  expect(overheard.length).toBeGreaterThan(0);
});

test("what a stolen password cannot do: pass for an administrator, or for who may speak for others", async () => {
  const { broker, goesOn } = await scene();
  const { servers, user, password: pass } = broker.login("cli");
  const thief = await connectRaw({ servers, user, pass, inboxPrefix: "_INBOX.cli" });
  onTestFinished(() => thief.close());
  for (const principal of [
    { user: "ada", roles: ["admin"] },
    { user: "bell/block-01", roles: ["*"] },
  ]) {
    const spoken = headers();
    spoken.set("Reeve-Principal", JSON.stringify(principal));
    const refused = await thief.request("reeve.call.bell.v1.ring.block-01.cli", "{}", {
      headers: spoken,
      timeout: 5_000,
    });
    expect(refused.headers?.get("Reeve-Reason")).toBe("NOT_PERMITTED");
  }
  await goesOn();
});
