import { type HostNews, HostPicture } from "@reeve/runtime/internal/inspection";
import { expect, test } from "vitest";
import { current, type Hearing } from "./hearing.ts";
import type { KnownHost } from "./known-host.ts";
import { NewsOutlet } from "./news-outlet.ts";
import type { EndpointMessage } from "./page-protocol.ts";

const context = { causes: [], epoch: 1, inFlight: 0, queued: 0, calls: 0, errors: 0, startedAt: 0 };

/** A host of so many managers, each with a past of a kilobyte, and a viewer that reads when it is told to. */
function scene(managers: number) {
  const host: KnownHost = { picture: new HostPicture("a-1"), name: "a", heardAtMs: 0, heardAt: 0, hearing: current };
  const waiting: (() => void)[] = [];
  const told: EndpointMessage[] = [];
  const socket = {
    bufferedAmount: 0,
    most: 0,
    send(text: string, written: () => void) {
      this.bufferedAmount += text.length;
      this.most = Math.max(this.most, this.bufferedAmount);
      told.push(JSON.parse(text));
      waiting.push(() => {
        this.bufferedAmount -= text.length;
        written();
      });
    },
  };
  const outlet = new NewsOutlet({ socket, wallNow: () => 0, hostOf: (id) => (id === "a-1" ? host : undefined) });
  const tell = (news: Partial<HostNews>): void => {
    const whole = { instance: "a-1", seq: host.picture.seq + 1, at: 0, ...news };
    host.picture.apply(whole);
    outlet.news(whole);
  };
  const hear = (hearing: Hearing): void => {
    host.hearing = hearing;
    outlet.hearing("a-1", "a", hearing);
  };
  const readAll = (): void => {
    for (let next = waiting.shift(); next; next = waiting.shift()) next();
  };
  const cause = { reason: "DRIVER_LOST", message: "x".repeat(1_000), since: 0 };
  const actors = Array.from({ length: managers }, (_, index) => ({
    ...{ seq: index, at: 0, id: `m/${index}#1`, name: `m/${index}`, definition: "d", history: [] },
    snapshot: { status: "active", value: "serving", context: { ...context, causes: [cause] } } as const,
  }));
  const begin = (): void => {
    tell({ host: { host: "a", startedAt: 0, panels: [], acts: true } });
    for (let from = 0; from < managers; from += 200) tell({ actors: actors.slice(from, from + 200) });
  };
  const introductions = () => told.flatMap((one) => (one.type === "news" ? (one.news.actors ?? []) : []));
  return { socket, told, tell, hear, begin, readAll, introductions };
}

test("what a viewer cannot take at once waits here as little, and is told once", () => {
  const { socket, begin, readAll, introductions } = scene(16_000);
  begin();
  expect(introductions().length).toBeLessThan(2_000);
  readAll();
  expect(introductions()).toHaveLength(16_000);
  expect(new Set(introductions().map(({ id }) => id)).size).toBe(16_000);
  expect(socket.most).toBeLessThan(2_097_152);
});

test("a slow viewer is told the last figures, and how many messages were left out, before what comes next", () => {
  const { told, tell, begin, readAll } = scene(4_000);
  begin();
  const message = { seq: 1, at: 0, to: "m/0#1", type: "call", count: 3 };
  for (let calls = 1; calls <= 50; calls++)
    tell({ loads: [{ id: "m/0#1", inFlight: 0, queued: 0, calls, errors: 0 }], messages: [message], skipped: 2 });
  readAll();
  tell({ messages: [{ ...message, seq: 2 }] });
  const loads = told.flatMap((one) => (one.type === "news" ? (one.news.loads ?? []) : []));
  expect(loads.map(({ calls }) => calls)).toEqual([50]);
  expect(told.slice(-2)).toMatchObject([
    { type: "missed", missed: 50 * 5 },
    { type: "news", news: { messages: [{ seq: 2 }] } },
  ]);
});

test("a host that is lost meanwhile is said to be lost after all that is told of it", () => {
  const { told, hear, begin, readAll } = scene(4_000);
  begin();
  hear({ is: "lost", since: 1 });
  readAll();
  expect(told.at(-1)).toMatchObject({ type: "hearing", host: "a", hearing: { is: "lost" } });
});

test("an answer is sent at once, however much waits", () => {
  const host: KnownHost = { picture: new HostPicture("a-1"), name: "a", heardAtMs: 0, heardAt: 0, hearing: current };
  const sent: string[] = [];
  const socket = { bufferedAmount: 100_000_000, send: (text: string) => void sent.push(text) };
  const outlet = new NewsOutlet({ socket, wallNow: () => 0, hostOf: () => host });
  outlet.news({ instance: "a-1", seq: 1, at: 0, ended: ["m/a#1"] });
  outlet.say({ type: "answer", number: 7, value: null });
  expect(sent.map((text) => JSON.parse(text).type)).toEqual(["answer"]);
});
