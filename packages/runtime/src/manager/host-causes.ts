import type { Cause, CauseReason } from "../lifecycle/cause.ts";

/** What of a manager decides whether a condition of its host is its own. */
export interface HostedManager {
  readonly contract: { readonly name: string; readonly major: number };
  /** Whether it has tables in the host's database. */
  readonly stored: boolean;
}

/** What is wrong with managers because of where they run. */
export interface HostCauses {
  /** What that manager should know now. */
  of(manager: HostedManager): readonly Cause[];
  /** Tells of each change from now on. Returns what ends that. */
  onChange(listener: () => void): () => void;
}

/** A life that is told of what is wrong with its host. */
interface HeedingManager extends HostedManager {
  raise(cause: Cause): void;
  clear(reason: CauseReason): void;
}

/** Tells a life of what is wrong with its host, now and at each change. Returns what ends that. */
export function heed(host: HostCauses, manager: HeedingManager): () => void {
  let before: readonly Cause[] = [];
  const look = () => {
    const gone = before;
    const now = host.of(manager);
    before = now;
    for (const { reason } of gone) if (!now.some((cause) => cause.reason === reason)) manager.clear(reason);
    for (const cause of now) manager.raise(cause);
  };
  const ignore = host.onChange(look);
  look();
  return ignore;
}
