import { parseArgs } from "node:util";

export interface SimulationOptions {
  readonly hosts: readonly number[];
  /** Two share a PostgreSQL; one has a file. */
  readonly schedulers: number;
  /** How long each phase is measured. */
  readonly seconds: number;
  readonly churn: number;
  readonly seed: number;
  readonly json: boolean;
}

/** @throws Error naming the option and the value */
export function readOptions(args: readonly string[]): SimulationOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      hosts: { type: "string", default: "100,1000,10000" },
      schedulers: { type: "string", default: "1" },
      seconds: { type: "string", default: "10" },
      churn: { type: "string", default: "0.5" },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
    },
  });
  return {
    hosts: values.hosts.split(",").map((one) => number("hosts", one, { least: 1, most: 600_000 })),
    schedulers: number("schedulers", values.schedulers, { least: 1, most: 4 }),
    seconds: number("seconds", values.seconds, { least: 1, most: 3_600 }),
    churn: number("churn", values.churn, { least: 0, most: 100, whole: false }),
    seed: number("seed", values.seed, { least: 0, most: 2 ** 31 }),
    json: values.json,
  };
}

function number(
  name: string,
  text: string,
  { least, most, whole = true }: { readonly least: number; readonly most: number; readonly whole?: boolean },
): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  throw new Error(
    `--${name}: expected ${whole ? "a whole number" : "a number"} from ${least} to ${most}, got "${text}"`,
  );
}
