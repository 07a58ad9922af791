import type { ActorNews, ChildNews, HostNews } from "@reeve/runtime/internal/inspection";
import { expect, test } from "vitest";
import { type StatelyFrame, StatelyFrames } from "./stately-frame.ts";
import { StatelyHost } from "./stately-host.ts";

const context = { causes: [], epoch: 1, inFlight: 0, queued: 0, calls: 0, errors: 0, startedAt: 0 };

function actor(id: string): ActorNews {
  const snapshot = { status: "active", value: "serving", context } as const;
  return { id, name: id.replace(/#.*/, ""), definition: "d", snapshot, history: [], at: 0 };
}

function child(id: string, parentId: string): ChildNews {
  return { id, name: id, parentId, definition: "d", snapshot: { status: "active", value: "idle" }, at: 0 };
}

/** A host as a viewer sees it that takes frames while `open`. */
function shown() {
  const lines: string[] = [];
  const link = { open: true };
  const send = (frame: StatelyFrame) => {
    const id = frame.sessionId.replace(/^i\//, "");
    if (!link.open) return false;
    if (frame.type === "@xstate.actor") lines.push(`${id} begins`);
    else if (frame.type === "@xstate.event") lines.push(`${id} takes ${frame.event.type}`);
    else lines.push(`${id} is ${frame.snapshot.status}`);
    return true;
  };
  const port = { frames: new StatelyFrames(), send, definition: () => ({}), manager: () => undefined, now: () => 0 };
  const host = new StatelyHost("i", "a", 0, port);
  let seq = 0;
  const tell = (news: Partial<HostNews>) => {
    seq += 1;
    lines.length = 0;
    host.news({ instance: "i", seq, at: 0, ...news });
  };
  return { host, lines, link, tell };
}

const facts = { host: "a", startedAt: 0, panels: [], acts: false };

test("what tells everything once more ends what it does not tell of, children first, when it has been told in all its parts", () => {
  const { lines, tell } = shown();
  tell({ host: facts, actors: [actor("v#1"), actor("w#2")], children: [child("c", "v#1")] });
  expect(lines).toEqual([
    "i begins",
    "i is active",
    "v#1 begins",
    "v#1 is active",
    "w#2 begins",
    "w#2 is active",
    "c begins",
    "c is active",
  ]);
  tell({ host: facts, actors: [] });
  tell({ more: true, actors: [actor("w#2")] });
  // What the viewer has already is not told again.
  expect(lines).toEqual([]);
  tell({ loads: [] });
  expect(lines).toEqual(["c is stopped", "v#1 is stopped"]);
  tell({ ended: ["v#1"] });
  expect(lines).toEqual([]);
});

test("nothing begins before what it is below, where that could not be sent", () => {
  const { lines, link, tell } = shown();
  tell({ host: facts });
  link.open = false;
  tell({ actors: [actor("v#1")] });
  link.open = true;
  tell({ children: [child("c", "v#1")] });
  expect(lines).toEqual([]);
  tell({ host: facts, actors: [actor("v#1")], children: [child("c", "v#1")] });
  expect(lines).toEqual(["v#1 begins", "v#1 is active", "c begins", "c is active"]);
});

test("a host that is gone while its viewer is slow is told as that later", () => {
  const { host, lines, link, tell } = shown();
  tell({ host: facts, actors: [actor("v#1")] });
  link.open = false;
  host.hearing("gone");
  expect(host.told).toBe(false);
  link.open = true;
  lines.length = 0;
  host.catchUp(3);
  expect([lines, host.told]).toEqual([["v#1 is stopped", "i is stopped"], true]);
});

test("a manager that takes another's place ends it, if that has not ended itself", () => {
  const { lines, tell } = shown();
  tell({ host: facts, actors: [actor("v#1")] });
  tell({ actors: [actor("v#2")] });
  expect(lines).toEqual(["v#1 is stopped", "v#2 begins", "v#2 is active"]);
});
