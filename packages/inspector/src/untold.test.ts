import { type ActorNews, type ChildNews, type HostNews, HostPicture } from "@reeve/runtime/internal/inspection";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Untold } from "./untold.ts";

const instance = "a-1";
const facts = { host: "a", startedAt: 0, panels: [], acts: true };
const context = { causes: [], epoch: 1, inFlight: 0, queued: 0, calls: 0, errors: 0, startedAt: 0 };

function actor(id: string, at: number): ActorNews {
  const snapshot = { status: "active", value: "serving", context } as const;
  return { seq: at, at, id, name: id.split("#")[0]!, definition: "d", snapshot, history: [] };
}

function child(parentId: string, at: number): ChildNews {
  return {
    seq: at,
    at,
    id: `${parentId}/child`,
    name: "child",
    parentId,
    definition: "d",
    snapshot: { status: "active", value: "on" },
  };
}

/** A host that tells of everything that can befall its actors, a few of them. */
const steps = fc.array(
  fc.record({
    what: fc.constantFrom("introduce", "change", "load", "end", "adopt", "childChange", "childEnd", "whole"),
    one: fc.integer({ min: 0, max: 4 }),
    read: fc.boolean(),
  }),
  { maxLength: 60 },
);

type Step = { readonly what: string; readonly one: number };

function newsOf(
  { what, one }: Step,
  at: number,
  picture: HostPicture,
): readonly Omit<HostNews, "instance" | "seq" | "at">[] {
  const live = [...picture.actors.keys()];
  const id = live[one % Math.max(1, live.length)];
  if (what === "introduce") return [{ definitions: { d: {} }, actors: [actor(`m${one}/a#${at}`, at)] }];
  if (what === "whole") return [...picture.whole(at, 2)].map(({ instance: _, seq: __, at: ___, ...news }) => news);
  if (id === undefined) return [];
  const step = { seq: at, at, event: "step" };
  if (what === "change")
    return [{ changes: [{ ...step, id, snapshot: { status: "active", value: `v${at}`, context } }] }];
  if (what === "load") return [{ loads: [{ id, inFlight: 1, queued: 2, calls: at, errors: 0 }] }];
  if (what === "end") return [{ ended: [id] }];
  if (what === "adopt") return [{ children: [child(id, at)] }];
  const status = what === "childEnd" ? "done" : "active";
  return [{ childChanges: [{ ...step, id: `${id}/child`, snapshot: { status, value: `w${at}` } }] }];
}

/** What a page shows of it: the state of each, not how it came to it. */
function shown({ actors, ended, children, facts: known }: HostPicture) {
  const state = ({ id, snapshot }: ActorNews | ChildNews) => [id, snapshot] as const;
  return {
    known,
    actors: new Map([...actors.values()].map(state)),
    ended: new Map([...ended.values()].map(state)),
    children: new Map([...children.values()].map(state)),
  };
}

test("however slowly a viewer reads, in the end it knows what is", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const [truth, page, untold] = [new HostPicture(instance), new HostPicture(instance), new Untold()];
      let seq = 0;
      const tell = (news: Omit<HostNews, "instance" | "seq" | "at">): void => {
        seq += 1;
        const told = { ...news, instance, seq, at: seq };
        truth.apply(told);
        untold.add(told, truth);
      };
      const read = (): void => void page.apply(JSON.parse(JSON.stringify(untold.take(truth, seq))));
      tell({ host: facts, definitions: { d: {} }, actors: [actor("m0/a#0", 0)] });
      for (const step of all) {
        for (const news of newsOf(step, seq + 1, truth)) tell(news);
        if (step.read && !untold.isEmpty) read();
      }
      for (let parts = 0; !untold.isEmpty; parts++) {
        if (parts > 1_000) throw new Error("it never ends");
        read();
      }
      expect(shown(page)).toEqual(shown(truth));
    }),
    { numRuns: 1_000 },
  );
});

test("of what changes often it is told once what it is last", () => {
  const [truth, untold] = [new HostPicture(instance), new Untold()];
  const tell = (news: Partial<HostNews>, seq: number): void => {
    truth.apply({ instance, seq, at: seq, ...news });
    untold.add({ instance, seq, at: seq, ...news }, truth);
  };
  tell({ host: facts, actors: [actor("m/a#1", 1)] }, 1);
  expect(untold.take(truth, 1)).toMatchObject({ host: facts, actors: [{ id: "m/a#1" }] });
  for (let calls = 1; calls <= 100; calls++)
    tell({ loads: [{ id: "m/a#1", inFlight: 0, queued: 0, calls, errors: 0 }] }, calls + 1);
  expect(untold.take(truth, 2)).toMatchObject({ loads: [{ calls: 100 }] });
  expect(untold.isEmpty).toBe(true);
});

test("actors that come and go untold are not remembered for ever", () => {
  const [truth, untold] = [new HostPicture(instance), new Untold()];
  const tell = (news: Partial<HostNews>, seq: number): void => {
    truth.apply({ instance, seq, at: seq, ...news });
    untold.add({ instance, seq, at: seq, ...news }, truth);
  };
  tell({ host: facts }, 1);
  untold.take(truth, 1);
  for (let life = 1; life <= 20_000; life++) {
    tell({ actors: [actor(`m/a#${life}`, life)] }, 2 * life);
    tell({ ended: [`m/a#${life}`] }, 2 * life + 1);
  }
  let parts = 0;
  for (; !untold.isEmpty; parts++) untold.take(truth, 1);
  expect(parts).toBeLessThan(100);
});
