import type { CastInfo, WorkInfo } from "@reeve/runtime/host";
import { expect, test } from "vitest";
import { toldWork } from "./told-work.ts";

const work = (id: string, state: WorkInfo["state"], begunAt: number, more: Partial<WorkInfo> = {}): WorkInfo => ({
  ...{ id, manager: "volume/a", kind: "volume.creating", resource: `v-${id}`, state, begunBy: "a", begunAt },
  ...{ failures: 0, lastError: null, nextAt: null, waitingFor: null, user: null, tenant: null },
  ...more,
});

const cast = (id: string, state: CastInfo["state"], createdAt: number): CastInfo => ({
  ...{ id, holder: "volume/a", manager: "barn", operation: "store", address: null, lane: null, state, createdAt },
  ...{ user: "ada", tenant: null, requestId: "r1", dueAt: 0, attempts: 0, nextAt: null, reason: null, lastError: null },
});

const all = () => true;

test("the worst is first, and of the same the oldest", () => {
  const hosts = [
    { instance: "a", work: [work("1", "left", 1), work("2", "failed", 9)], casts: [cast("7", "dead", 8)] },
    { instance: "b", work: [work("3", "running", 5), work("4", "running", 2)], casts: [cast("8", "dead", 3)] },
    { instance: "c", work: [work("5", "failed", 4)], casts: [cast("9", "sent", 1), cast("6", "waiting", 0)] },
  ];
  const { deadLetters, stuck, running, casts } = toldWork(hosts, all);
  const ids = (told: readonly { readonly item: { readonly id: string } }[]) => told.map(({ item }) => item.id);
  expect([deadLetters, stuck, running, casts].map(ids)).toEqual([
    ["8", "7"],
    ["5", "2", "1"],
    ["4", "3"],
    ["6", "9"],
  ]);
});

test("what several hosts tell of stands once, as the one that holds it tells", () => {
  const left = work("1", "left", 1);
  const running = work("1", "running", 1);
  for (const told of [
    [left, running, left],
    [running, left],
  ]) {
    const hosts = told.map((item, index) => ({ instance: `host-${index}`, work: [item], casts: [] }));
    const { stuck, running } = toldWork(hosts, all);
    expect([stuck, running.map(({ instance }) => instance)]).toEqual([
      [],
      [`host-${told.findIndex((one) => one !== left)}`],
    ]);
  }
});

test("only what fits is there", () => {
  const hosts = [
    { instance: "a", work: [work("1", "failed", 1, { lastError: "No Disk" })], casts: [cast("7", "dead", 8)] },
  ];
  const of = (sought: string) => {
    const { deadLetters, stuck } = toldWork(hosts, (text) => text.toLowerCase().includes(sought));
    return [deadLetters.length, stuck.length];
  };
  expect([of("no disk"), of("barn"), of("volume/a"), of("x")]).toEqual([
    [0, 1],
    [1, 0],
    [1, 1],
    [0, 0],
  ]);
});
