import { call, contract, stream } from "@reeve/contract";
import { seededRandom } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { transports, useHouse } from "./broker.ts";

const echo = contract("echo", "1.0", {
  say: call({ input: z.object({ text: z.string() }), output: z.string() }),
  count: stream({ input: z.object({}), progress: z.number(), output: z.number() }),
});

/** `say({ text: "a" })`, without an end to its time. */
const validCall = Buffer.from("02dc000291cb0000000000000000950105cb7e37e43c8800759cc081a474657874a161", "hex");
const hex = (text: string) => Buffer.from(text, "hex");
/** `REEVE_FUZZ=long` sends a million. */
const frames = process.env.REEVE_FUZZ === "long" ? 1_000_000 : 5_000;

describe.each(transports)("hostile bytes at a live server, %s", (name) => {
  const house = useHouse(name);

  async function attacked() {
    const host = await house.host("server");
    const serving = await host.serve(echo, {
      operations: {
        say: ({ text }) => text,
        count: async function* () {
          yield 1;
          return 1;
        },
      },
    });
    const attacker = await house.raw("attacker");
    const honest = (await house.host("client")).ref(echo);
    const send = (data: Uint8Array, operation = "say", reply = `${attacker.inbox}.s3cret.1`) =>
      attacker.publish(`reeve.call.echo.v1.${operation}.any.attacker`, data, { reply });
    return { host, serving, attacker, honest, send };
  }

  test.each([
    ["nothing", ""],
    ["another version", "0191d1"],
    ["an envelope without frames", "029191cb0000000000000000"],
    ["a head without time", "029190"],
    ["a head with a time that is none", "029191cb7ff8000000000000"],
    ["a call without number", "02dc000291cb00000000000000009101"],
    ["a call with number 0", "02dc000291cb0000000000000000920100"],
    ["acks that are no pairs", "02dc000294cb0000000000000000c0019105920207"],
    ["a floor that is no number", "02dc000294cb0000000000000000c0a16190920207"],
    ["an incarnation that is no text", "02dc000292cb000000000000000007920207"],
    ["a frame without kind", "02dc000291cb0000000000000000 90".replaceAll(" ", "")],
    ["a call without deadline", "02dc000291cb0000000000000000920105"],
    ["meta that is no map", `02dc000291cb0000000000000000950105cb7e37e43c8800759c0780`],
    ["a chain of 10,000", "02dc000291cb0000000000000000940105cb7e37e43c8800759c81a5636861696edc2710"],
    ["a record definition", "02d4724091a161"],
    ["a cancel of what is not here", "02dc000291cb0000000000000000920207"],
    ["credit for what is not here", "02dc000291cb000000000000000093030 7ff".replaceAll(" ", "")],
    ["a kind that does not exist yet", "02dc000291cb0000000000000000920fc0"],
    ["4 Gi of array", "02ddffffffff"],
    ["5,000 levels", `02${"91".repeat(5_000)}c0`],
  ])("%s: the server lives, and honest calls are answered", async (_, bytes) => {
    const { honest, send, serving } = await attacked();
    for (let i = 0; i < 3; i++) send(hex(bytes));
    expect(await honest.say({ text: "still here" })).toBe("still here");
    expect(serving.endpoint.inFlight).toBe(0);
  });

  test("a message whose answer would go to another's inbox, or to no inbox, is dropped", async () => {
    const { attacker, honest, send, serving } = await attacked();
    send(validCall, "say");
    await expect.poll(() => serving.endpoint.calls).toBe(1);
    const stolen: unknown[] = [];
    attacker.subscribe("_INBOX.client.>", (message) => void stolen.push(message.subject));
    for (const reply of ["_INBOX.client.x.s.1", "_INBOX.attacker", "reeve.call.echo.v1.say.any.server"]) {
      send(validCall, "say", reply);
    }
    send(Buffer.from('{"text":"x"}'), "say", "reeve.call.admin.v1.x.any.y");
    expect(await honest.say({ text: "a" })).toBe("a");
    await attacker.flush();
    // A broker that does not keep inboxes apart hands on the honest answer, and nothing else.
    expect(stolen).toHaveLength(1);
    expect(serving.endpoint.calls).toBe(2);
  });

  test(`${frames} broken messages: nothing is retained, and the next honest call works`, async () => {
    const { honest, send, serving, host, attacker } = await attacked();
    const random = seededRandom(7);
    for (let i = 0; i < frames; i++) {
      const bytes = Buffer.from(validCall);
      for (let flips = 1 + Math.floor(random() * 4); flips > 0; flips--) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      }
      send(
        random() < 0.3 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes,
        random() < 0.5 ? "say" : "count",
      );
      if (i % 500 === 0) await attacker.flush();
    }
    await attacker.flush();
    await host.transport.flush();
    expect(await honest.say({ text: "after" })).toBe("after");
    await expect.poll(() => serving.endpoint.inFlight, { timeout: 10_000 }).toBe(0);
    expect(serving.service.mailbox.inFlight).toBe(0);
  }, 600_000);
});
