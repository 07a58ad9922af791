import type { StandIn } from "./stand-in.ts";

/** How the echo's contract is written instead. */
export interface EchoChange {
  readonly input?: "anything";
  readonly output?: "anything";
  readonly idempotent?: true;
}

/** One thing that ours does with every call, and how to have the same call without it. */
export interface Feature {
  readonly title: string;
  readonly change?: EchoChange;
  readonly standIn?: StandIn;
}

const moduleAt = (path: string) => new URL(`../../packages/runtime/src/${path}`, import.meta.url).href;

const standIn = (path: string, file: string): StandIn => ({
  module: moduleAt(path),
  file: new URL(`./without/${file}`, import.meta.url).href,
});

/** What a schema passes through is copied, so that nothing is shared: it would hide half of what a schema costs. */
const uncopied: StandIn = {
  module: moduleAt("rpc/copy-shared.ts"),
  passage: "return flat && parsed !== raw ? parsed : copyShared(parsed, raw);",
  instead: "return parsed;",
};

/** A frame to a message, each way: an answer comes to the subject that its call's message named. */
const unbatched: StandIn = {
  module: moduleAt("rpc/wire/limits.ts"),
  passage: "export const maxFrames = 32;",
  instead: "export const maxFrames = 1;",
};

/** None of these is a switch of the runtime's: a contract leaves the thing out, or another module takes the place of its own. */
export const features = {
  nothing: { title: "nothing: less than this is noise" },
  batching: {
    title: "one message for the calls, and the answers, of a tick",
    standIn: unbatched,
  },
  scan: { title: "scan of every byte", standIn: standIn("rpc/wire/scan.ts", "byte-scan.ts") },
  input: { title: "input parsed", change: { input: "anything" }, standIn: uncopied },
  output: { title: "answer parsed", change: { output: "anything" }, standIn: uncopied },
  memory: { title: "memory of answers, against what comes twice", change: { idempotent: true } },
  deadlines: { title: "deadlines watched", standIn: standIn("base/deadline-wheel.ts", "deadlines.ts") },
  sentTime: { title: "time lost on the way deducted", standIn: standIn("rpc/wire/sender-clock.ts", "sent-time.ts") },
  context: { title: "context of an operation", standIn: standIn("rpc/callee/context.ts", "context.ts") },
  tally: { title: "counters of $SRV.STATS", standIn: standIn("rpc/remote/server/operation-tally.ts", "tally.ts") },
  budget: { title: "retry budget", standIn: standIn("rpc/remote/client/retry-budget.ts", "retry-budget.ts") },
} as const satisfies Readonly<Record<string, Feature>>;

export type FeatureName = keyof typeof features;
