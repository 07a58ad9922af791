import { expect, onTestFinished, test } from "vitest";
import { seededRandom } from "../base/random.ts";
import { memoryCounters, recordingLogger } from "../telemetry/index.ts";
import { type InProcessHub, inProcess } from "../transport/in-process/in-process.ts";
import type { Transport } from "../transport/transport.ts";
import { nuid } from "./nuid.ts";
import type { ServedManager } from "./served-manager.ts";
import { ServiceProtocol } from "./service-protocol.ts";

const manager = (change: Partial<ServedManager> = {}): ServedManager => ({
  name: "volume",
  version: "1.2",
  address: "block-01@ssd",
  cluster: "rack-a",
  epoch: 7,
  startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  endpoints: () => [
    {
      name: "get",
      subject: "reeve.call.volume.v1.get.any.*",
      queueGroup: "reeve",
      metadata: { route: "any" },
      requests: 3,
      errors: 1,
      lastError: "NOT_FOUND: no such volume",
      processingMs: 1.0000005,
    },
    { name: "list", subject: "s", queueGroup: "", requests: 0, errors: 0, lastError: "", processingMs: 0 },
  ],
  state: () => ({ state: "serving", inFlight: 2 }),
  ...change,
});

async function protocol(hub: InProcessHub = inProcess({ maxPayloadBytes: 8_192 })) {
  const [ours, theirs] = [hub.client({ caller: "ours" }), hub.client({ caller: "theirs" })];
  await Promise.all([ours.connect(), theirs.connect()]);
  const log = recordingLogger();
  const counters = memoryCounters();
  const services = new ServiceProtocol({ transport: ours, random: seededRandom(1), log, counters });
  onTestFinished(() => services.close());
  return { services, log, counters, ask: (subject: string, reply?: string) => ask(theirs, subject, reply) };
}

let asked = 0;

/** Everything that is answered; `nobody` when the broker says that nobody listens. */
async function ask(transport: Transport, subject: string, reply?: string): Promise<any[]> {
  asked += 1;
  const inbox = reply ?? `${transport.inbox}.${asked}`;
  const answers: unknown[] = [];
  const subscription = transport.subscribe(inbox, ({ data, noResponders }) => {
    answers.push(noResponders ? "nobody" : JSON.parse(new TextDecoder().decode(data)));
  });
  transport.publish(subject, new Uint8Array(0), { reply: inbox });
  // Answers to everybody's managers are spread over turns of the event loop.
  for (let turn = 0; turn < 20; turn++) {
    await transport.flush();
    await new Promise((resolve) => setImmediate(resolve));
  }
  subscription.unsubscribe();
  return answers;
}

const identity = {
  name: "volume",
  id: expect.stringMatching(/^[0-9A-Za-z]{22}$/),
  version: "1.2.0",
  metadata: { address: "block-01@ssd", cluster: "rack-a", epoch: "7" },
};

test("PING tells who is there, exactly as the protocol has it", async () => {
  const { services, ask } = await protocol();
  services.serve(manager());
  expect(await ask("$SRV.PING")).toEqual([{ type: "io.nats.micro.v1.ping_response", ...identity }]);
});

test("INFO tells the endpoints", async () => {
  const { services, ask } = await protocol();
  services.serve(manager());
  expect(await ask("$SRV.INFO")).toEqual([
    {
      type: "io.nats.micro.v1.info_response",
      ...identity,
      description: "volume manager at block-01@ssd",
      endpoints: [
        { name: "get", subject: "reeve.call.volume.v1.get.any.*", queue_group: "reeve", metadata: { route: "any" } },
        { name: "list", subject: "s", queue_group: "", metadata: {} },
      ],
    },
  ]);
});

test("STATS counts in whole nanoseconds, and has the live state as data", async () => {
  const { services, ask } = await protocol();
  services.serve(manager());
  const data = { state: "serving", inFlight: 2 };
  expect(await ask("$SRV.STATS")).toEqual([
    {
      type: "io.nats.micro.v1.stats_response",
      ...identity,
      started: "2026-01-02T03:04:05.000Z",
      endpoints: [
        {
          name: "get",
          subject: "reeve.call.volume.v1.get.any.*",
          queue_group: "reeve",
          num_requests: 3,
          num_errors: 1,
          last_error: "NOT_FOUND: no such volume",
          processing_time: 1_000_001,
          average_processing_time: 333_333,
          data,
        },
        {
          name: "list",
          subject: "s",
          queue_group: "",
          num_requests: 0,
          num_errors: 0,
          last_error: "",
          processing_time: 0,
          average_processing_time: 0,
          data,
        },
      ],
    },
  ]);
});

test("each is found by name, and by name and id, which stays the same while it lives", async () => {
  const { services, ask } = await protocol();
  services.serve(manager({ address: "a" }));
  const leave = services.serve(manager({ address: "b" }));
  services.serve(manager({ name: "network", address: "c" }));
  const all = await ask("$SRV.PING");
  expect(all.map(({ metadata }) => metadata.address)).toEqual(["a", "b", "c"]);
  expect(new Set(all.map(({ id }) => id)).size).toBe(3);
  expect(await ask("$SRV.PING.volume")).toEqual(all.slice(0, 2));
  expect(await ask(`$SRV.PING.volume.${all[1].id}`)).toEqual([all[1]]);
  expect(await ask(`$SRV.INFO.volume.${all[1].id}`)).toMatchObject([{ id: all[1].id }]);
  leave();
  leave();
  expect(await ask(`$SRV.PING.volume.${all[1].id}`)).toEqual(["nobody"]);
  expect(await ask("$SRV.STATS.volume")).toMatchObject([{ id: all[0].id }]);
});

test("for names that are not here, the broker says that nobody answers", async () => {
  const { services, ask } = await protocol();
  services.serve(manager());
  expect(await ask("$SRV.PING.VOLUME")).toEqual(["nobody"]);
  expect(await ask("$SRV.PING.network")).toEqual(["nobody"]);
  expect(await ask(`$SRV.PING.volume.${nuid(seededRandom(2))}`)).toEqual(["nobody"]);
  services.close();
  expect(await ask("$SRV.PING")).toEqual(["nobody"]);
});

test("nobody is made to publish outside of inboxes", async () => {
  const { services, ask, counters, log } = await protocol();
  services.serve(manager());
  expect(await ask("$SRV.PING", "svc.admin.delete")).toEqual([]);
  expect(await ask("$SRV.PING", "_INBOXES.x")).toEqual([]);
  expect(counters.value("services.unanswered", { kind: "reply" })).toBe(2);
  expect(log.lines).toHaveLength(1);
});

test("a manager that cannot say how it is keeps nobody else from answering", async () => {
  const { services, ask, counters } = await protocol();
  const broken = () => {
    throw new Error("no");
  };
  services.serve(manager({ address: "a", state: broken }));
  services.serve(manager({ address: "b", state: () => 1n }));
  services.serve(manager({ address: "c", state: () => "x".repeat(10_000) }));
  services.serve(manager({ address: "d" }));
  expect(await ask("$SRV.STATS")).toMatchObject([{ metadata: { address: "d" } }]);
  expect(await ask("$SRV.PING")).toHaveLength(4);
  expect(counters.value("services.unanswered", { kind: "answer" })).toBe(3);
});

test("hundreds of managers all answer, over several turns of the event loop", async () => {
  const { services, ask } = await protocol();
  for (let i = 0; i < 300; i++) services.serve(manager({ address: `h${i}` }));
  expect(await ask("$SRV.STATS.volume")).toHaveLength(300);
});

test("what the protocol does not allow is refused, naming it", async () => {
  const { services } = await protocol();
  expect(() => services.serve(manager({ name: "a.b" }))).toThrow(
    'service: name: expected letters, digits, - or _, got "a.b"',
  );
  expect(() => services.serve(manager({ version: "1" }))).toThrow("service: version");
});
