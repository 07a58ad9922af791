import { DriverError } from "@reeve/driver-sdk";
import type { NxApi, RunOptions } from "../nxapi/nx-api.ts";
import { RequestFailure } from "../nxapi/request-failure.ts";
import type { Command, CommandAnswer } from "../nxapi/rpc.ts";
import { readInterfaceTable } from "../reading/interface-config.ts";
import type { SwitchState } from "../reading/switch-state.ts";
import { readUptime } from "../reading/uptime.ts";
import { readVlanTable } from "../reading/vlan-table.ts";

/** A switch at one moment. */
export interface SwitchReading {
  readonly state: SwitchState;
  readonly uptimeSeconds: number;
}

const commands: readonly Command[] = [
  { method: "cli", cmd: "show version" },
  { method: "cli", cmd: "show vlan" },
  { method: "cli_ascii", cmd: "show running-config interface" },
];

/**
 * Asks for all that is decided on, in one request. What ports are to carry is read from the running configuration: what they do
 * carry is not the same on one that is down.
 *
 * @throws DriverError `UNAVAILABLE` and others when it cannot be had
 */
export async function readSwitch(api: NxApi, options: RunOptions): Promise<SwitchReading> {
  const [version, vlans, interfaces] = await runShows(api, commands, options);
  const table = readInterfaceTable(interfaces!.text);
  // A switch that starts answers before it has loaded its configuration: what it would carry is not known.
  if (![...table.keys()].some((name) => name.startsWith("Ethernet")))
    throw new DriverError("UNAVAILABLE", `${api.name}: it is not ready: its configuration has no interface`);
  return {
    uptimeSeconds: readUptime(version!.body),
    state: { vlans: new Map(readVlanTable(vlans!.body)), interfaces: new Map(table) },
  };
}

/**
 * Runs commands that change nothing, all or none.
 *
 * @throws DriverError `UNAVAILABLE` when one of them is refused: a switch that starts has not all of them
 */
export async function runShows(
  api: NxApi,
  shows: readonly Command[],
  options: RunOptions,
): Promise<Extract<CommandAnswer, { kind: "done" }>[]> {
  const answers = await answersTo(api, shows, options);
  return answers.map((answer, index) => {
    if (answer.kind === "done") return answer;
    const why = answer.kind === "refused" ? answer.text : "no answer";
    const denied = /permission denied/i.test(why);
    throw new DriverError(denied ? "PERMISSION_DENIED" : "UNAVAILABLE", `${api.name}: ${shows[index]!.cmd}: ${why}`);
  });
}

/**
 * What a switch answers to commands that change nothing; asked once more when the connection broke.
 *
 * @throws DriverError `UNAVAILABLE` and others when there are no answers
 */
export function answersTo(
  api: NxApi,
  shows: readonly Command[],
  options: RunOptions,
): Promise<readonly CommandAnswer[]> {
  const run = () => api.run(shows, options);
  return run()
    .catch((error) => (error instanceof RequestFailure && error.broken ? run() : Promise.reject(error)))
    .catch((error) => Promise.reject(error instanceof RequestFailure ? error.error : error));
}
