import type { Context } from "@reeve/runtime";
import { scheduler } from "../scheduler/index.ts";
import { volumes } from "./contract.ts";

interface Needs {
  readonly sizeGiB: number;
  readonly availabilityZone?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Asks the scheduler where a volume is to go, none of the addresses where it failed. It keeps the room free there. */
export function place(ctx: Context, id: string, needs: Needs, exclude: readonly string[]): Promise<string> {
  const { sizeGiB, availabilityZone, labels = {} } = needs;
  return ctx.ref(scheduler).place({
    manager: volumes.name,
    request: id,
    needs: { sizeGiB },
    labels,
    exclude: [...exclude],
    ...(availabilityZone === undefined ? {} : { availabilityZone }),
  });
}

/** The volume will not be there. */
export function releasePlace(ctx: Context, id: string): void {
  const released = ctx.ref(scheduler).release({ request: id });
  released.catch((err: unknown) => ctx.log.debug({ id, err }, "the placement could not be released"));
}
