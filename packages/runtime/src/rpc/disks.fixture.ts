import { call, cast, contract } from "@reeve/contract";
import { z } from "zod";
import type { Behaviour } from "./callee/behaviour.ts";
import type { Stage } from "./stage.fixture.ts";

const Id = z.object({ id: z.string() });

/** In which every route is. */
export const disks = contract("disks", "1.2", {
  who: call({ input: z.object({}), output: z.string() }),
  extend: call({ route: "owner", input: Id, output: z.string(), lane: ({ id }) => id }),
  inspect: call({ route: "owner", input: Id, output: z.string() }),
  touch: cast({ route: "owner", input: Id }),
  build: call({ route: "address", input: z.object({}), output: z.string() }),
  copy: call({ since: "1.2", input: z.object({}), output: z.string() }),
});

/** The version before `copy`, and without what an owner does. */
export const older = contract("disks", "1.1", {
  who: call({ input: z.object({}), output: z.string() }),
  build: call({ route: "address", input: z.object({}), output: z.string() }),
});

/** Answers with its own address; asks `owners` who owns what. */
export function member(address: string, owners: Record<string, string | null> = {}): Behaviour & { asked: number } {
  const named = async () => address;
  const behaviour = {
    asked: 0,
    operations: { who: named, extend: named, inspect: named, touch: async () => {}, build: named, copy: named },
    owner: ({ id }: { id: string }) => {
      behaviour.asked++;
      return owners[id] ?? null;
    },
  };
  return behaviour;
}

/** A member at an address, and how often it was asked for an owner. */
export function addDisks(stage: Stage, address: string, owners?: Record<string, string | null>, options = {}) {
  const behaviour = member(address, owners);
  return Object.assign(stage.add(disks, behaviour, { address, ...options }), { behaviour });
}
