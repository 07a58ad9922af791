import type { HostCasts } from "../../casts/index.ts";
import { readAddress } from "../../config/index.ts";
import { type CleanupRefusal, type CleanupReport, heardOf } from "../../manager/cleanup.ts";
import type { OtherProcesses } from "../../manager/other-processes.ts";

interface HostCleanupOptions {
  /** The host that is asked. */
  readonly host: string;
  readonly casts: HostCasts;
  readonly otherProcesses: OtherProcesses | undefined;
}

/** Finishes what a dead host has left itself: the durable casts of its `supervisor.ref`, and of its managers without a store. */
export async function cleanUpHost(
  { host, casts, otherProcesses }: HostCleanupOptions,
  dead: string,
): Promise<CleanupReport | CleanupRefusal> {
  if (dead === host) return { refused: "alive", why: "it is the host that was asked" };
  const heard = await heardOf(otherProcesses, dead, ({ address }) => readAddress("address", address).host === dead);
  if (heard !== undefined) return { refused: "alive", why: heard };
  const taken = await casts.takeOver(dead);
  if (taken === undefined) return { refused: "unknown", why: `no host "${dead}" has ever used this database` };
  if (taken === "alive") return { refused: "alive", why: "it has started again just now" };
  return { ...taken, rows: [] };
}
