import type { Context } from "@reeve/runtime";
import { scheduler } from "../scheduler/index.ts";
import { volumes } from "./contract.ts";

interface Needs {
  readonly sizeGiB: number;
  readonly availabilityZone?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/**
 * Asks the scheduler where a volume is to go, none of the addresses where it failed. It keeps the room free there.
 *
 * @param timeoutMs how long it may wait for news of hosts. Default: as `place` has it
 */
export function place(
  ctx: Context,
  id: string,
  needs: Needs,
  exclude: readonly string[],
  timeoutMs?: number,
): Promise<string> {
  const { sizeGiB, availabilityZone, labels = {} } = needs;
  return ctx.ref(scheduler).place(
    {
      manager: volumes.name,
      request: id,
      needs: { sizeGiB },
      labels,
      exclude: [...exclude],
      ...(availabilityZone === undefined ? {} : { availabilityZone }),
    },
    timeoutMs === undefined ? {} : { timeout: timeoutMs },
  );
}

/** The volume will not be there. */
export function releasePlace(ctx: Context, id: string): void {
  const released = ctx.ref(scheduler).release({ request: id });
  released.catch((err: unknown) => ctx.log.debug({ id, err }, "the placement could not be released"));
}
