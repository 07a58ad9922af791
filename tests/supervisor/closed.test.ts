import { call, contract } from "@reeve/contract";
import { connect, createSupervisor, defineManager, inProcess } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { faultTransport, silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";

const bells = contract("bell", "1.0", { ring: call({ input: z.object({}), output: z.string() }) });
const horns = contract("horn", "1.0", { blow: call({ input: z.object({}), output: z.string() }) });
const ringer = defineManager({ contract: bells, setup: ({ address }) => ({ operations: { ring: () => address } }) });

async function tower() {
  const hub = inProcess();
  const host = (name: string) =>
    createSupervisor({
      host: name,
      store: sqlite({ path: ":memory:" }),
      log: silentLogger,
      transport: hub.client({ caller: name }),
    });
  const supervisor = host("tower-01");
  supervisor.spawn(ringer);
  await supervisor.start();
  return { hub, host, supervisor };
}

const refused = { reason: "TRANSPORT_CLOSED", outcome: "never-sent", retryable: false };

test("a call through a connection that was closed fails at once, though the manager is still there", async () => {
  const { hub, supervisor } = await tower();
  const connection = await connect({ transport: hub.client({ caller: "cli" }), log: silentLogger });
  const bell = connection.ref(bells);
  expect(await bell.ring({})).toBe("tower-01");
  await connection.close();
  expect(await failure(bell.ring({}))).toMatchObject(refused);
  expect(await failure(bell.at("tower-01").ring({}))).toMatchObject(refused);
  expect(await bell.all().ring({})).toMatchObject([{ address: "tower-01", status: "rejected", reason: refused }]);
  expect(await failure(connection.ref(horns).blow({}))).toMatchObject({ outcome: "never-sent" });
  await supervisor.stop();
});

test("a connection is closed within seconds, though its transport never is", async () => {
  const { hub, supervisor } = await tower();
  const transport = faultTransport(hub.client({ caller: "cli" }), { print: () => {} });
  const close = vi.spyOn(transport, "close").mockReturnValue(new Promise<void>(() => {}));
  const connection = await connect({ transport, log: silentLogger });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const closing = connection.close();
  await vi.advanceTimersByTimeAsync(5_000);
  await closing;
  expect(close).toHaveBeenCalledOnce();
  vi.useRealTimers();
  await supervisor.stop();
});

test("a call that still looks for its callee when the connection is closed fails as well", async () => {
  const { hub, supervisor } = await tower();
  const connection = await connect({ transport: hub.client({ caller: "cli" }), log: silentLogger });
  const calling = failure(connection.ref(bells).ring({}));
  await connection.close();
  expect(await calling).toMatchObject({ outcome: "never-sent" });
  await supervisor.stop();
});

test("a call through a supervisor that has stopped fails at once, though another host serves", async () => {
  const { host, supervisor } = await tower();
  const other = host("tower-02");
  await other.start();
  const bell = other.ref(bells);
  expect(await bell.ring({})).toBe("tower-01");
  await other.stop();
  expect(await failure(bell.ring({}))).toMatchObject(refused);
  await supervisor.stop();
});
