import { nats } from "@reeve/nats";
import { createSupervisor, type SupervisorOptions } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { type NatsServer, type NatsUser, natsServer, type RecordingLogger, recordingLogger } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { guardedBroker, startHost, until } from "./guarded-broker.ts";

const warnings = (log: RecordingLogger) =>
  log.lines.filter(
    ({ level, message }) => level === "warn" && (message ?? "").includes("does not keep processes apart"),
  );

async function host(server: NatsServer, options: Partial<SupervisorOptions> = {}) {
  const log = recordingLogger();
  const transport = nats({ servers: server.url, reconnectWait: "20ms", ...loginOf(server) });
  const shared = { host: "block-01", transport, store: sqlite({ path: ":memory:" }), log };
  const supervisor = createSupervisor({ ...shared, ...options });
  onTestFinished(() => supervisor.stop());
  await supervisor.start();
  return { log, transport };
}

const logins = new WeakMap<NatsServer, { user: string; password: string }>();
const loginOf = (server: NatsServer) => logins.get(server) ?? {};

/** Logs its only user in. */
async function broker(rights?: Pick<NatsUser, "publish" | "subscribe">): Promise<NatsServer> {
  const user = { user: "block-01", password: "secret" };
  const server = await natsServer(rights ? { users: [{ ...user, ...rights }] } : {});
  onTestFinished(() => server.close());
  if (rights) logins.set(server, user);
  return server;
}

/** Whatever was tried before has been answered by then. */
const settled = async (transport: ReturnType<typeof nats>) => {
  await transport.permits!({ right: "publish", subject: "reeve.call.permissions.v0.try.any.somebody-else" });
};

test("a broker without permissions is told of once, with what it permits, however often the link comes back", async () => {
  const server = await broker();
  const { log, transport } = await host(server);
  await until(() => warnings(log).length === 1);
  expect(warnings(log)[0]).toMatchObject({
    message: expect.stringContaining(
      "to publish reeve.call.permissions.v0.try.any.somebody-else and to subscribe _INBOX.somebody-else.permissions.>",
    ),
  });
  for (let times = 0; times < 2; times++) {
    await server.restart();
    await until(() => transport.connected);
    await settled(transport);
  }
  expect(warnings(log)).toHaveLength(1);
});

test("a broker that comes later is told of when it comes", async () => {
  const server = await broker();
  await server.kill();
  const { log, transport } = await host(server);
  expect(warnings(log)).toEqual([]);
  await server.restart();
  await until(() => transport.connected);
  await until(() => warnings(log).length === 1);
});

test.each<[string, Pick<NatsUser, "publish" | "subscribe">, string, string]>([
  [
    "calls as others",
    { publish: ["reeve.>", "_INBOX.>"], subscribe: ["_INBOX.block-01.>"] },
    "to publish",
    "to subscribe",
  ],
  ["others' answers", { publish: ["reeve.call.*.*.*.*.block-01"], subscribe: [">"] }, "to subscribe", "to publish"],
])("rules that leave %s open are told of as that", async (_, rights, open, closed) => {
  const { log } = await host(await broker(rights));
  await until(() => warnings(log).length === 1);
  expect(warnings(log)[0]!.message).toContain(`it permits this one ${open} `);
  expect(warnings(log)[0]!.message).not.toContain(closed);
});

test("under the printed rules nothing is said, and what was tried is neither denial, nor alarm, nor cause", async () => {
  const broker = await guardedBroker({ processes: [{ caller: "block-01", serves: [] }] });
  const { log, transport } = await startHost(broker, "block-01", []);
  await until(() => broker.server.log.split("somebody-else").length > 2);
  await settled(transport);
  expect(log.lines.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
});

test("what several try at once is refused to each of them", async () => {
  const broker = await guardedBroker({ processes: [{ caller: "block-01", serves: [] }] });
  const { transport, log } = await startHost(broker, "block-01", [], { openBroker: true });
  const subject = "reeve.call.permissions.v0.try.any.somebody-else";
  const answers: boolean[] = [];
  const trying: Promise<void>[] = [];
  for (let times = 0; times < 50; times++) {
    trying.push(transport.permits!({ right: "publish", subject }).then((may) => void answers.push(may)));
    // Some answers have come by the time of the next trial, some have not.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(trying);
  expect(answers).toEqual(Array.from({ length: 50 }, () => false));
  expect(log.lines.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
});

test("nothing is said, and nothing is tried, where it is known that the broker is open", async () => {
  const server = await broker({ publish: ["reeve.sys.>", "_INBOX.>"], subscribe: [">"] });
  const { log, transport } = await host(server, { openBroker: true });
  await settled(transport);
  expect(warnings(log)).toEqual([]);
  // What `settled` tried is the only one.
  expect(server.log.split("try.any.somebody-else")).toHaveLength(2);
});

test("a value that is no switch is refused by name", () => {
  expect(() => createSupervisor({ host: "a", openBroker: "yes" as unknown as boolean })).toThrow(
    'createSupervisor: openBroker: expected true or false, got "yes"',
  );
});
