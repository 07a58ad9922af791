import type { Stack } from "./stack.ts";

/** Each is loaded only by the processes that run it. */
const loaders = {
  reeve: async () => (await import("./reeve.ts")).reeve,
  nats: async () => (await import("./nats-request.ts")).natsRequest,
  moleculer: async () => (await import("./moleculer.ts")).moleculer,
  nest: async () => (await import("./nest.ts")).nest,
} as const satisfies Readonly<Record<string, () => Promise<Stack>>>;

export type StackName = keyof typeof loaders;

export function loadStack(name: StackName): Promise<Stack> {
  return loaders[name]();
}

/** What they are compared as. */
export const titles: Readonly<Record<StackName, string>> = {
  reeve: "Reeve",
  nats: "nats.js request() + msgpackr",
  moleculer: "Moleculer 0.15 on NATS",
  nest: "NestJS 12 on NATS",
};
