import { call, contract } from "@reeve/contract";
import { nats } from "@reeve/nats";
import { connect, createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { type NatsServer, natsServer, recordingLogger, silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";

const Nothing = z.object({});
const bells = contract("bell", "1.0", {
  ring: call({ input: Nothing, output: z.string() }),
  relay: call({ input: Nothing, output: z.string(), timeout: "20s" }),
});
const towers = contract("tower", "1.0", { climb: call({ input: Nothing, output: z.string() }) });

/** A broker that is not there yet, and where it will be. */
async function awayBroker(): Promise<NatsServer> {
  const server = await natsServer();
  onTestFinished(() => server.close());
  await server.kill();
  return server;
}

function host(name: string, servers: string, credentials = {}) {
  const log = recordingLogger();
  const supervisor = createSupervisor({
    host: name,
    transport: nats({ servers, reconnectWait: "20ms", ...credentials }),
    store: sqlite({ path: ":memory:" }),
    log,
  });
  onTestFinished(() => supervisor.stop());
  const recovered: string[] = [];
  supervisor.spawn(
    defineManager({
      contract: bells,
      setup: ({ address }) => ({
        initHost: () => void recovered.push("initHost"),
        initHostWithRpc: () => void recovered.push("initHostWithRpc"),
        operations: { ring: () => address, relay: (_, ctx) => ctx.ref(towers).climb({}) },
      }),
    }),
  );
  const status = () => {
    const [{ status }] = supervisor.managers() as [ReturnType<typeof supervisor.managers>[number]];
    return [status.phase ?? status.state, ...status.causes.map(({ reason, message }) => `${reason}: ${message}`)];
  };
  const ready = () => supervisor.until("bell", name, ({ status: { phase } }) => phase === "ready");
  return { supervisor, log, recovered, status, ready };
}

test("a host that starts before its broker serves its own process, says why, and is reached when the link comes", async () => {
  const server = await awayBroker();
  const { supervisor, recovered, status, ready, log } = host("block-01", server.url);
  const starting = supervisor.start();
  // Before anything was tried.
  expect(status()).toEqual(["booting", "LINK_LOST: there was no link to the broker yet"]);
  await starting;
  const [, port] = server.url.split("nats://");
  const why = `there was no link to the broker yet: No broker can be reached at ${port} (`;
  expect(status()).toEqual(["degraded", expect.stringContaining(why)]);
  expect(recovered).toEqual(["initHost", "initHostWithRpc"]);
  expect(await supervisor.ref(bells).ring({})).toBe("block-01");
  expect(await supervisor.ref(bells).at("block-01").ring({})).toBe("block-01");
  // It goes on as long as nobody answers, and fills no log.
  expect(log.lines.filter(({ level }) => level === "warn").length).toBeLessThan(10);
  // A call that needs somebody else waits for the link.
  const relayed = failure(supervisor.ref(bells).relay({}));
  await server.restart();
  await ready();
  expect(status()).toEqual(["ready"]);
  await using caller = await connect({ transport: nats({ servers: server.url }), log: silentLogger });
  expect(await caller.ref(bells).ring({})).toBe("block-01");
  expect(await relayed).toMatchObject({ reason: "NO_RESPONDERS" });
});

test("of two hosts of one name that start before their broker, one takes the address when the link comes", async () => {
  const server = await awayBroker();
  const [first, second] = [host("block-01", server.url), host("block-01", server.url)];
  await Promise.all([first.supervisor.start(), second.supervisor.start()]);
  for (const { supervisor } of [first, second]) expect(await supervisor.ref(bells).ring({})).toBe("block-01");
  await server.restart();
  const states = () => [first.status().join(), second.status().join()].sort();
  await expect
    .poll(states, { timeout: 10_000 })
    .toEqual([expect.stringContaining("degraded,ADDRESS_CLAIMED: "), "ready"]);
});

test("credentials that are refused are told apart from a broker that is away, and serve their own process", async () => {
  await using server = await natsServer({ users: [{ user: "block-01", password: "right" }] });
  const { supervisor, status, log } = host("block-01", server.url, { user: "block-01", password: "wrong" });
  await supervisor.start();
  expect(status()).toEqual(["degraded", expect.stringContaining("refuses these credentials")]);
  expect(log.lines).toContainEqual(
    expect.objectContaining({ level: "error", fields: expect.objectContaining({ alarm: "broker.refused" }) }),
  );
  expect(await supervisor.ref(bells).ring({})).toBe("block-01");
});

test("a broker that takes the connection and says nothing keeps no host from its start", async () => {
  const server = await natsServer();
  onTestFinished(async () => {
    server.resume();
    await server.close();
  });
  await server.pause();
  const { supervisor, status, ready } = host("block-01", server.url, { connectTimeout: "100ms" });
  await supervisor.start();
  expect(status()).toEqual(["degraded", expect.stringContaining("did not greet within 100 ms")]);
  expect(await supervisor.ref(bells).ring({})).toBe("block-01");
  server.resume();
  await ready();
});

test("a stop of a host that never had a link ends it, and all() asks who is here", async () => {
  const server = await awayBroker();
  const { supervisor, status } = host("block-01", server.url);
  await supervisor.start();
  expect(await supervisor.ref(bells).all().ring({}, { timeout: "2s" })).toMatchObject([
    { address: "block-01", status: "fulfilled", value: "block-01" },
  ]);
  await supervisor.stop();
  expect(status()[0]).toBe("stopped");
});

test("a caller that hosts nothing waits for its broker, says so, and its signal says what it waited for", async () => {
  const server = await awayBroker();
  const log = recordingLogger();
  const link = () => nats({ servers: server.url, reconnectWait: "20ms" });
  const leaving = new AbortController();
  const refused = failure(connect({ transport: link(), log, signal: leaving.signal }));
  await expect
    .poll(() => log.lines)
    .toContainEqual(
      expect.objectContaining({ level: "warn", fields: expect.objectContaining({ alarm: "broker.unreachable" }) }),
    );
  leaving.abort();
  expect(await refused).toMatchObject({
    reason: "CANCELLED",
    outcome: "never-sent",
    message: expect.stringMatching(/before a broker could be reached: No broker can be reached at 127.0.0.1:\d+ \(/),
  });
  const connecting = connect({ transport: link(), log: silentLogger });
  await server.restart();
  await (await connecting).close();
});
