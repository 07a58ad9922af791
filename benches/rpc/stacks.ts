import { type Feature, type FeatureName, features } from "./features.ts";
import type { Stack } from "./stack.ts";
import { putInPlace } from "./stand-in.ts";

/** Each is loaded only by the processes that run it. */
const loaders = {
  reeve: async () => (await import("./reeve.ts")).reeve(),
  nats: async () => (await import("./nats-request.ts")).natsRequest,
  moleculer: async () => (await import("./moleculer.ts")).moleculer,
  nest: async () => (await import("./nest.ts")).nest,
  ceiling: async () => (await import("./ceiling.ts")).ceiling,
} as const satisfies Readonly<Record<string, () => Promise<Stack>>>;

/** One that is compared with others. */
export type PeerName = keyof typeof loaders;

/** `without scan` is ours with one feature less. */
export type StackName = PeerName | `without ${FeatureName}`;

/** At most one in a process. */
export async function loadStack(name: StackName): Promise<Stack> {
  if (name in loaders) return loaders[name as PeerName]();
  const feature = name.slice("without ".length) as FeatureName;
  const { change, standIn }: Feature = features[feature];
  const checkAsked = standIn && putInPlace(standIn);
  const { reeve } = await import("./reeve.ts");
  checkAsked?.();
  // Several may be up at once, and must not answer each other's calls.
  return reeve(change, `without-${feature}`);
}

/** What they are compared as. */
export const titles: Readonly<Record<PeerName, string>> = {
  reeve: "Reeve",
  nats: "nats.js request() + msgpackr",
  moleculer: "Moleculer 0.15 on NATS",
  nest: "NestJS 12 on NATS",
  ceiling: "the same bytes, neither encoded nor decoded",
};
