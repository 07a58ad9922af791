import type { BoundMethods, Driver } from "@reeve/driver-sdk";
import type { NetworkDriverPort } from "@reeve/driver-sdk/network";

/** A call of a driver's method, `ability.method` for one of an ability. */
export interface PanelCall {
  readonly moment: "before" | "after";
  readonly method: string;
  readonly input: unknown;
  /** What it threw; undefined before, and where it succeeded. */
  readonly error?: unknown;
}

export type PanelCallListener = (call: PanelCall) => Promise<void> | void;

/** A driver that tells of its calls and does without some of its abilities. */
export function observed(
  driver: Driver<NetworkDriverPort>,
  without: readonly string[],
  listener: PanelCallListener = () => {},
): Driver<NetworkDriverPort> {
  const abilities = driver.abilities.filter((ability) => !without.includes(ability));
  return Object.freeze({
    ...driver,
    abilities: Object.freeze(abilities),
    setup: async (context: Parameters<typeof driver.setup>[0]) => {
      const session = await driver.setup(context);
      const offered = abilities.map((ability) => [ability, told(`${ability}.`, session.abilities[ability]!, listener)]);
      return { ...session, methods: told("", session.methods, listener), abilities: Object.fromEntries(offered) };
    },
  });
}

function told(prefix: string, methods: BoundMethods, listener: PanelCallListener): BoundMethods {
  const wrapped = Object.entries(methods).map(([name, run]): [string, BoundMethods[string]] => [
    name,
    async (input, call) => {
      const method = `${prefix}${name}`;
      await listener({ moment: "before", method, input });
      const [outcome] = await Promise.allSettled([Promise.resolve(call).then((given) => run(input, given))]);
      if (outcome.status === "rejected") {
        await listener({ moment: "after", method, input, error: outcome.reason });
        throw outcome.reason;
      }
      await listener({ moment: "after", method, input });
      return outcome.value;
    },
  ]);
  return Object.fromEntries(wrapped);
}
