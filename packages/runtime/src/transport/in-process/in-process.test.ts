import { expect, test } from "vitest";
import { seededRandom } from "../../base/random.ts";
import type { Message } from "../transport.ts";
import { inProcess } from "./index.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function hosts(count: number, options = {}) {
  const hub = inProcess(options);
  const clients = Array.from({ length: count }, () => hub.client());
  await Promise.all(clients.map((client) => client.connect()));
  return clients as [ReturnType<typeof hub.client>, ...ReturnType<typeof hub.client>[]];
}

test("clients of one hub are hosts of their own, with inboxes of their own", async () => {
  const [a, b] = await hosts(2);
  expect(a.inbox).not.toBe(b?.inbox);
  expect(inProcess().client({ caller: "block-01" }).inbox).toMatch(/^_INBOX\.block-01\./);
});

test("each receiver has bytes of its own", async () => {
  const [a] = await hosts(1);
  const got: string[] = [];
  const spoil = ({ data }: Message) => {
    got.push(new TextDecoder().decode(data));
    data.fill(0);
  };
  a.subscribe("s", spoil);
  a.subscribe("s", spoil);
  const sent = bytes("intact");
  a.publish("s", sent);
  sent.fill(0);
  await a.flush();
  expect(got).toEqual(["intact", "intact"]);
});

test("only the publisher itself is told that nobody responds", async () => {
  const [a, b] = await hosts(2);
  const notices: string[] = [];
  b?.subscribe("_INBOX.shared.*", ({ noResponders }) => void notices.push(`b ${noResponders}`));
  a.subscribe("_INBOX.shared.*", ({ noResponders }) => void notices.push(`a ${noResponders}`));
  a.publish("nobody", bytes(""), { reply: "_INBOX.shared.1" });
  await a.flush();
  expect(notices).toEqual(["a true"]);
});

test("the injected randomness picks the member of a queue group", async () => {
  const [a] = await hosts(1, { random: seededRandom(7) });
  const got: number[] = [];
  for (const member of [0, 1, 2]) a.subscribe("work.*", () => void got.push(member), { queue: "q" });
  for (let i = 0; i < 300; i++) a.publish("work.a", bytes(""));
  await a.flush();
  const again = seededRandom(7);
  expect(got).toEqual(Array.from({ length: 300 }, () => Math.floor(again() * 3)));
});

test("options are refused by name", () => {
  expect(() => inProcess({ maxPayloadBytes: 0 })).toThrow(
    "maxPayloadBytes: expected a whole number of bytes from 1, got 0",
  );
  expect(() => inProcess().client({ caller: "a.b" })).toThrow('caller: "a.b"');
});
