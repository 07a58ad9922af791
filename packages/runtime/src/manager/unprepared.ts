import { type Contract, isReason, type ReeveError, reeveError } from "@reeve/contract";
import { driverFailureOf, markDriverFailure } from "@reeve/driver-sdk/internal";
import type { AttachedDriver } from "../driver/index.ts";
import type { LifecycleStatus } from "../lifecycle/status.ts";
import type { Behaviour } from "../rpc/callee/behaviour.ts";
import { Unrun } from "../rpc/callee/unrun.ts";

type Waiting = Pick<AttachedDriver<any>, "waitedFor">;

/**
 * Why operations may not use the driver though it can be called: recovery or `initHost` failed, and is tried again. Then
 * they find it as they do while it is away; see `driverPatience`.
 */
export function unpreparedBecause(key: string, { causes }: LifecycleStatus): ReeveError | undefined {
  const cause = causes.find(({ reason }) => reason === "PREPARE_FAILED");
  return cause && reeveError("DRIVER_LOST", `${key} is not prepared: ${cause.message}`);
}

/**
 * What a step of the start failed with. One that took too long while a call to the driver was out was held up by the
 * driver: it is the driver's failure, and no other's.
 */
export function blamedOnDriver(error: unknown, driver: Waiting | undefined): unknown {
  if (!isReason(error, "START_TIMEOUT")) return error;
  const [call] = driver?.waitedFor() ?? [];
  if (call === undefined) return error;
  const [name = call, method = ""] = call.split(": ");
  const blamed = reeveError("START_TIMEOUT", `${error.message}; it waits for ${call}`, {
    data: error.data,
    cause: error,
  });
  return markDriverFailure(blamed, { driver: name, method, passing: true });
}

/** What a manager offers whose `setup` a driver call has failed in: a clear word until it is tried again. */
export function notSetUp({ operations }: Contract, key: string, error: unknown): Behaviour {
  const refuse = () => {
    const why = driverFailureOf(error)?.error.message ?? String(error);
    const refused = reeveError("DRIVER_LOST", `${key} is not set up: ${why}`, {
      outcome: "not-executed",
      cause: error,
    });
    throw new Unrun(refused, true);
  };
  return { operations: Object.fromEntries([...operations.keys()].map((name) => [name, refuse])), owner: refuse };
}
