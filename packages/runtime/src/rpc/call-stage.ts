import type { Outcome, ReeveError } from "@reeve/contract";

/** One row of the table below. */
export interface CallStage {
  readonly name: "held" | "queued" | "joined" | "sent" | "running" | "detached" | "settled";
  /** What its caller is told of it where the call ends now, unless an earlier attempt has left more; undefined once it has been told. */
  readonly outcome: Outcome | undefined;
  /** Its caller has been told how it ended. */
  readonly settled: boolean;
  /** A handler of this process has its turn and has not returned: it keeps what it holds. */
  readonly running: boolean;
}

const row = (
  name: CallStage["name"],
  outcome: Outcome | undefined,
  { settled = false, running = false }: Partial<CallStage> = {},
): CallStage => Object.freeze({ name, outcome, settled, running });

/**
 * Where a call is, on its way from the caller's ref to its end, and what may be said of it if it ends there.
 *
 * | stage | where it is | ends as | leaves it by |
 * |---|---|---|---|
 * | `held` | nobody has it: somebody to answer it is looked for, or it waits for a link | `never-sent` | `taken`, `sent`, its end |
 * | `queued` | a manager of this process has it, and its turn has not come | `not-executed` | `begin`, a refusal (to `held`), its end |
 * | `joined` | it repeats an earlier call under its idempotency key, which may run, and waits for that one's answer | `maybe-executed` | `taken` where that one did not run after all, a refusal (to `held`), its end |
 * | `sent` | it was handed to the socket; what became of it only its callee can say | `maybe-executed` | `unsent`, a refusal (to `held`), its end |
 * | `running` | its turn has come here: the owner is asked, or its handler runs | `maybe-executed` | `leave` where it did not begin after all (to `held`), its end (to `detached`) |
 * | `detached` | its caller has been told, and its handler still runs | | `leave` |
 * | `settled` | it is over | | |
 *
 * A call that was refused keeps what was left of it: it ends as the worst of what its stage says and what its attempts say.
 */
export const callStages: readonly CallStage[] = Object.freeze([
  row("held", "never-sent"),
  row("queued", "not-executed"),
  row("joined", "maybe-executed"),
  row("sent", "maybe-executed"),
  row("running", "maybe-executed", { running: true }),
  row("detached", undefined, { settled: true, running: true }),
  row("settled", undefined, { settled: true }),
]);

/** As what a call ends that ends now. @param attempts what those left of it that had it before */
export function outcomeOf({ outcome }: CallStage, attempts: readonly { readonly error: ReeveError }[] = []): Outcome {
  const left = attempts.map(({ error }) => error.outcome);
  if (left.includes("maybe-executed")) return "maybe-executed";
  return outcome === "never-sent" && left.includes("not-executed") ? "not-executed" : outcome!;
}
