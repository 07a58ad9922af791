import type { BoundMethods, Driver, DriverSession } from "@reeve/driver-sdk";
import type { NetworkDriverPort } from "@reeve/driver-sdk/network";
import type { Call, Changed, Fault, Method } from "./careless.fixture.ts";
import { faultsOfAnswers } from "./faults-of-answers.fixture.ts";
import { faultsOfCalls } from "./faults-of-calls.fixture.ts";
import { faultsOfFailures } from "./faults-of-failures.fixture.ts";
import { faultsOfNeighbours } from "./faults-of-neighbours.fixture.ts";
import type { PatchPanel } from "./patch-panel.ts";

/** One promise broken at a time. */
export const faults: Readonly<Record<string, Fault>> = {
  ...faultsOfCalls,
  ...faultsOfNeighbours,
  ...faultsOfAnswers,
  ...faultsOfFailures,
};

/** A driver with a fault. */
export function faulty(driver: Driver<NetworkDriverPort>, panel: PatchPanel, fault: string): Driver<NetworkDriverPort> {
  const { otherwise } = faults[fault]!;
  return { ...driver, setup: async (context) => changedBy(await driver.setup(context), otherwise(panel)) };
}

function changedBy(session: DriverSession, otherwise: Readonly<Record<string, Changed>>): DriverSession {
  const group = (prefix: string, methods: BoundMethods): BoundMethods =>
    Object.fromEntries(
      Object.entries(methods).map(([name, run]): [string, Method] => {
        const changed = otherwise[`${prefix}${name}`];
        return [name, changed ? async (input, call) => changed(input, call, run) : run];
      }),
    );
  const abilities = Object.entries(session.abilities).map(([name, methods]) => [name, group(`${name}.`, methods)]);
  const stats = session.stats!;
  const counted = otherwise.stats;
  return {
    ...session,
    methods: group("", session.methods),
    abilities: Object.fromEntries(abilities),
    stats: counted ? async (call) => counted(undefined, call as Call, (_none, given) => stats(given)) : stats,
  };
}
