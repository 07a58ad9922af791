import { randomBytes } from "node:crypto";
import type { Clock } from "@reeve/runtime";
import { systemClock } from "@reeve/runtime/transport";
import { requireKnownNames } from "../options/known-names.ts";
import { delaysOf, type NexusDelays } from "./delays.ts";
import { parseInterfaces } from "./device/interface-name.ts";
import { type NexusPersonality, type NexusPersonalityOption, personalityOf } from "./personality.ts";

export interface NexusSimulatorOptions {
  /** What the switch is like. Default `n9k`. */
  readonly personality?: NexusPersonalityOption;
  /** Its Ethernet ports, single or as ranges. Default `["Ethernet1/1-48"]`. */
  readonly interfaces?: readonly string[];
  readonly hostname?: string;
  /** What it was configured with and has saved: commands, in lines or with ` ; ` between them. */
  readonly configuration?: string;
  /** How long it takes for things, by its clock. Default `none`; `device` as field reports have it. */
  readonly delays?: "none" | "device" | Partial<NexusDelays>;
  /** Its time: delays, cookies, uptime. Default the system's; `scaledClock(1_000)` makes the system's faster. */
  readonly clock?: Clock;
  /** How long ago it was started, in milliseconds. Default thirty days. */
  readonly uptimeMs?: number;
  /** Default `admin`. */
  readonly username?: string;
  /** Default a random one. */
  readonly password?: string;
  /** Of what happens by chance. Default: `REEVE_FAULT_SEED` of the environment, else a random one. */
  readonly seed?: number;
  /** Where the seed is told, once something is left to chance. Default stderr. */
  readonly print?: (line: string) => void;
}

export interface CompiledNexusOptions {
  readonly personality: NexusPersonality;
  readonly interfaces: readonly string[];
  readonly hostname: string;
  readonly configuration: string;
  readonly delays: NexusDelays;
  readonly clock: Clock;
  readonly uptimeMs: number;
  readonly username: string;
  readonly password: string;
  readonly seed: number;
  readonly print: (line: string) => void;
}

const thirtyDaysMs = 30 * 86_400_000;

const known: readonly (keyof NexusSimulatorOptions)[] = [
  "personality",
  "interfaces",
  "hostname",
  "configuration",
  "delays",
  "clock",
  "uptimeMs",
  "username",
  "password",
  "seed",
  "print",
];

/** @throws RangeError that names the option and its value */
export function compileOptions(options: NexusSimulatorOptions): CompiledNexusOptions {
  requireKnownNames("", options, known);
  const { seed = Number(process.env.REEVE_FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32)) } = options;
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed: expected a whole number, got ${seed}`);
  const { uptimeMs = thirtyDaysMs, hostname = "switch" } = options;
  if (!(uptimeMs >= 0)) throw new RangeError(`uptimeMs: expected 0 or more, got ${uptimeMs}`);
  if (!/^[A-Za-z0-9.-]{1,63}$/.test(hostname)) throw new RangeError(`hostname: expected a host name, got ${hostname}`);
  const { username = "admin", password = randomBytes(12).toString("base64url") } = options;
  // RFC 7617: what is before the first colon is the user.
  if (!/^[^:]+$/.test(username))
    throw new RangeError(`username: expected text without a colon, got ${JSON.stringify(username)}`);
  if (password === "") throw new RangeError("password: expected at least one character");
  return {
    personality: personalityOf(options.personality ?? "n9k"),
    interfaces: interfacesOf(options.interfaces ?? ["Ethernet1/1-48"]),
    hostname,
    configuration: options.configuration ?? "",
    delays: delaysOf(options.delays ?? "none"),
    clock: options.clock ?? systemClock,
    uptimeMs,
    username,
    password,
    seed,
    print: options.print ?? ((line) => process.stderr.write(`${line}\n`)),
  };
}

function interfacesOf(names: readonly string[]): string[] {
  return names.flatMap((name) => {
    try {
      return parseInterfaces(name);
    } catch {
      throw new RangeError(
        `interfaces: expected such as "Ethernet1/1" or "Ethernet1/1-4", got ${JSON.stringify(name)}`,
      );
    }
  });
}
