import { call, contract } from "@reeve/contract";
import { inProcess } from "@reeve/runtime";
import { fakeClock } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { Host } from "./host.ts";
import { Roll } from "./roll.ts";

const bells = contract("bell", "1.0", {
  ring: call({ input: z.object({ n: z.number() }), output: z.number(), timeout: "30s" }),
});

test("of what is kept until it is known who lives here, nothing runs whose time has passed by then", async () => {
  const [hub, roll, clock] = [inProcess(), new Roll(), fakeClock()];
  let admitted = false;
  const open = async (name: string) => {
    const transport = hub.client({ caller: name });
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
  const json = (n: number, timeout: string) =>
    town.transport.publish("reeve.call.bell.v1.ring.tower.town", new TextEncoder().encode(JSON.stringify({ n })), {
      reply: "_INBOX.json",
      headers: { "Reeve-Timeout": timeout },
    });
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
