import { call, contract } from "@reeve/contract";
import { inProcess } from "@reeve/runtime";
import type { Transport } from "@reeve/runtime/transport";
import { fakeClock } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { Host } from "./host.ts";
import { Roll } from "./roll.ts";

const bells = contract("bell", "1.0", {
  ring: call({ input: z.object({ n: z.number() }), output: z.number(), timeout: "30s" }),
});

/** What a message holds is there only while it is handed over. */
function usingBuffersAgain(inner: Transport): Transport {
  const subscribe: Transport["subscribe"] = (subject, handler, options) =>
    inner.subscribe(
      subject,
      (message) => {
        const data = Buffer.from(message.data);
        handler({ ...message, data });
        data.fill(0);
      },
      options,
    );
  return new Proxy(inner, {
    get(target, name) {
      if (name === "subscribe") return subscribe;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

test("of what is kept until it is known who lives here, nothing runs whose time has passed by then", async () => {
  const [hub, roll, clock] = [inProcess(), new Roll(), fakeClock()];
  let admitted = false;
  const open = async (name: string) => {
    const transport = usingBuffersAgain(hub.client({ caller: name }));
    await transport.connect();
    const host = new Host(transport, roll, { clock, admits: () => admitted });
    onTestFinished(() => host.close());
    return host;
  };
  const [tower, town] = [await open("tower"), await open("town")];
  const rung: number[] = [];
  await tower.serve(bells, { operations: { ring: ({ n }) => rung.push(n) } });
  const bell = town.ref(bells);
  const late = expect(bell.ring({ n: 1 }, { timeout: "300ms" })).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  const kept = bell.ring({ n: 2 });
  const answers: unknown[] = [];
  town.transport.subscribe("_INBOX.json", ({ headers }) => void answers.push(headers?.["Nats-Service-Error-Code"]));
  const json = (n: number, timeout: string) => {
    const bytes = new TextEncoder().encode(JSON.stringify({ n }));
    const headers = { "Reeve-Timeout": timeout };
    town.transport.publish("reeve.call.bell.v1.ring.tower.town", bytes, { reply: "_INBOX.json", headers });
  };
  json(3, "300");
  json(4, "900");
  await clock.advance(500);
  await late;
  admitted = true;
  tower.remoteServer.admit();
  await clock.advance(0);
  await kept;
  await expect.poll(() => answers.length).toBe(2);
  expect(rung.sort()).toEqual([2, 4]);
});

test("more than is kept is dropped, which is said once; what is kept is taken in while the loop turns", async () => {
  const [hub, roll] = [inProcess(), new Roll()];
  let admitted = false;
  const [own, other] = [hub.client({ caller: "tower" }), hub.client({ caller: "town" })];
  for (const transport of [own, other]) await transport.connect();
  const tower = new Host(own, roll, { admits: () => admitted });
  onTestFinished(() => tower.close());
  const rung: number[] = [];
  const { endpoint } = await tower.serve(bells, { operations: { ring: ({ n }) => rung.push(n) } });
  const send = (n: number) =>
    other.publish("reeve.call.bell.v1.ring.tower.town", new TextEncoder().encode(JSON.stringify({ n })));
  const warnings = () => tower.log.lines.filter(({ message }) => message?.startsWith("more came in"));
  for (let time = 1; time <= 2; time++) {
    for (let n = 1; n <= 5_000; n++) send(n);
    await other.flush();
    await expect.poll(warnings).toHaveLength(time);
    admitted = true;
    const before = endpoint.calls;
    tower.remoteServer.admit();
    tower.remoteServer.admit();
    expect(endpoint.calls).toBe(before + 64);
    send(7);
    await expect.poll(() => rung.length).toBe(1_025 * time);
    expect(rung.at(-1)).toBe(7);
    admitted = false;
    expect(warnings()).toHaveLength(time);
  }
});
