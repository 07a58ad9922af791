import { ManualClock } from "@reeve/runtime/internal";
import { expect, test } from "vitest";
import { nextHearing } from "./hearing.ts";
import { stranger } from "./known-host.ts";
import { SilenceWatch } from "./silence-watch.ts";

function watched() {
  const clock = new ManualClock();
  const host = stranger("b-1", "b");
  const link = { connected: true, flush: async () => {} };
  let alive = false;
  const hear = (): void => {
    [host.heardAtMs, host.heardAt] = [clock.now(), clock.wallNow()];
    host.hearing = nextHearing(host.hearing, { type: "toldAll", at: host.heardAt });
  };
  const watch = new SilenceWatch({
    clock,
    transport: {
      get connected() {
        return link.connected;
      },
      flush: () => link.flush(),
    },
    alive: () => alive,
    hosts: () => [host],
    hear: (one, event) => {
      one.hearing = nextHearing(one.hearing, event);
    },
  });
  watch.begin();
  hear();
  const live = (on: boolean): void => {
    alive = on;
  };
  return { clock, host, link, watch, hear, live };
}

test("a host is silent after 3 s and lost after 5 s, since it was last heard", async () => {
  const { clock, host, hear } = watched();
  await clock.advance(1_000);
  hear();
  const since = clock.wallNow();
  await clock.advance(2_900);
  expect(host.hearing).toEqual({ is: "current" });
  await clock.advance(400);
  expect(host.hearing).toEqual({ is: "silent", since });
  await clock.advance(1_600);
  expect(host.hearing).toEqual({ is: "silent", since });
  await clock.advance(400);
  expect(host.hearing).toEqual({ is: "lost", since });
  hear();
  expect(host.hearing).toEqual({ is: "current" });
});

test("a host whose process shows that it lives is silent, and never lost", async () => {
  const { clock, host, live } = watched();
  live(true);
  await clock.advance(60_000);
  expect(host.hearing.is).toBe("silent");
  live(false);
  await clock.advance(300);
  expect(host.hearing.is).toBe("lost");
});

test("without a broker every host is unreachable, and lost only 5 s after it is back", async () => {
  const { clock, host, link } = watched();
  link.connected = false;
  await clock.advance(300);
  expect(host.hearing.is).toBe("unreachable");
  await clock.advance(60_000);
  expect(host.hearing.is).toBe("unreachable");
  link.connected = true;
  await clock.advance(4_900);
  expect(host.hearing.is).toBe("unreachable");
  await clock.advance(400);
  expect(host.hearing).toEqual({ is: "lost", since: host.heardAt });
});

test("a broker that does not confirm gives no verdict on anybody", async () => {
  for (const flush of [() => Promise.reject(new Error("no")), () => new Promise<void>(() => {})]) {
    const { clock, host, link } = watched();
    link.flush = flush;
    await clock.advance(60_000);
    expect(host.hearing.is).toBe("unreachable");
  }
});

test("what the broker still had for this process is taken in before anybody is called silent", async () => {
  const { clock, host, link, hear } = watched();
  link.flush = async () => hear();
  await clock.advance(60_000);
  expect(host.hearing).toEqual({ is: "current" });
});

test("ended, it has no timer left", async () => {
  const { clock, watch } = watched();
  watch.end();
  expect(clock.pending).toBe(0);
});
