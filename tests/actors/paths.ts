import { type AnyEventObject, transition } from "xstate";
import { getShortestPaths } from "xstate/graph";
import { serverMachine } from "./servers.ts";

/** One thing that happens to a server, as a program can make it happen. */
export type Happening = "racked" | "count" | "skip" | "approved" | "image" | "no image" | "wait";

export interface ServerPath {
  readonly happenings: readonly Happening[];
  /** Where it ends. */
  readonly state: string;
  /** What its actions say on the way, in order. */
  readonly said: readonly string[];
}

const events: Readonly<Record<Happening, AnyEventObject>> = {
  racked: { type: "racked" },
  count: { type: "count" },
  skip: { type: "xstate.done.actor.burnIn", output: 1 },
  approved: { type: "approved" },
  image: { type: "xstate.done.actor.image", output: "debian" },
  "no image": { type: "xstate.error.actor.image", error: new Error("no image") },
  wait: { type: "xstate.after.patience.server.racking" },
};

/** A way to each state of the machine, and to each number of its failed attempts. */
export function serverPaths(): readonly ServerPath[] {
  const machine = serverMachine({ seen: [], image: () => new Promise(() => {}) });
  const paths = getShortestPaths(machine, {
    input: { id: "s1" },
    events: Object.values(events) as never,
    serializeState: ({ value, context }) => JSON.stringify([value, (context as { attempts: number }).attempts]),
  });
  return paths.map(({ state, steps }) => {
    // The first step is its beginning.
    const taken = steps.slice(1).map(({ event }) => event);
    const said: string[] = ["s1 is being racked"];
    let [snapshot] = [steps[0]!.state as any];
    for (const event of taken) {
      const [next, actions] = transition(machine, snapshot, event as never);
      snapshot = next;
      for (const { type, params } of actions) if (type === "say") said.push(`s1 ${(params as { what: string }).what}`);
    }
    return { happenings: taken.map(happeningOf), state: String(state.value), said };
  });
}

function happeningOf({ type }: { readonly type: string }): Happening {
  const found = Object.entries(events).find(([, event]) => event.type === type);
  if (!found) throw new Error(`nothing makes ${type} happen`);
  return found[0] as Happening;
}
