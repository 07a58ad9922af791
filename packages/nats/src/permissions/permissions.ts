import { brokerConfig } from "./broker-config.ts";
import { callerRules, serverRules } from "./call-rules.ts";
import { onlyOptions, readName } from "./fields.ts";
import type { PermissionsOptions } from "./options.ts";
import { type Process, readProcesses, type ServedContract } from "./process.ts";
import type { ProcessPermissions, Rule } from "./rule.ts";
import { systemRules } from "./system-rules.ts";

export interface Permissions {
  readonly processes: readonly ProcessPermissions[];
  /** Those that call on behalf of others: the `trustedForwarders` of every supervisor. */
  readonly trustedForwarders: readonly string[];
  /**
   * An account with these users for nats-server's configuration, 2.9 or later. The password of `block-01` is the variable
   * `$REEVE_BLOCK_01` of the server's environment.
   */
  readonly config: string;
}

/**
 * The broker's rules for every process, made from the contracts that they serve and call: each may do what it needs and
 * nothing else. Pure; docs/security.md says what each rule stops.
 *
 * @throws ReeveError `INVALID_OPTION` naming the field and the value
 * @example
 * ```ts
 * const { config, trustedForwarders } = permissions({
 *   processes: [
 *     { caller: ["block-01", "block-02"], serves: [{ contract: volumes, backends: ["ssd"] }], calls: [scheduler] },
 *     { caller: "sched-01", serves: [scheduler], calls: [volumes], schedules: true },
 *     { caller: "web-api", calls: [volumes], forwards: true },
 *     { caller: "cli", calls: [{ contract: volumes, operations: ["get", "list"] }] },
 *   ],
 * });
 * ```
 */
export function permissions(options: PermissionsOptions): Permissions {
  onlyOptions("permissions", options, ["namespace", "processes"]);
  const namespace = options.namespace === undefined ? "reeve" : readName("permissions: namespace", options.namespace);
  const processes = readProcesses("permissions: processes", options.processes);
  const permitted = processes.map((process) => permissionsOf(namespace, process));
  return {
    processes: permitted,
    trustedForwarders: processes.filter(({ forwards }) => forwards).map(({ caller }) => caller),
    config: brokerConfig(namespace, permitted),
  };
}

function permissionsOf(namespace: string, process: Process): ProcessPermissions {
  const rules = unique(rulesOf(namespace, process));
  const subjects = (right: Rule["right"]) => rules.filter((rule) => rule.right === right).map(({ subject }) => subject);
  return { caller: process.caller, publish: subjects("publish"), subscribe: subjects("subscribe"), rules };
}

/** `hosts` of `@reeve/runtime`: every supervisor serves it. */
const hosts: ServedContract = { contract: { name: "host", major: 1 }, backends: [], addressed: true };

function rulesOf(namespace: string, process: Process): readonly Rule[] {
  const { caller, calls, serves, schedules, inspects, lists } = process;
  const kinds = serves && [...serves, hosts].map(({ contract }) => `${contract.name}.v${contract.major}`);
  return [
    ...systemRules.everybody(namespace, caller),
    ...calls.flatMap((called) => callerRules(namespace, caller, called)),
    ...(kinds ? systemRules.supervisor(namespace, caller, kinds) : []),
    ...(serves ?? []).flatMap((served) => serverRules(namespace, process, served)),
    // Each host for itself: none for its cluster.
    ...(serves ? serverRules(namespace, { caller, cluster: undefined }, hosts) : []),
    ...(schedules ? systemRules.scheduler(namespace, caller) : []),
    ...(inspects ? systemRules.inspector(namespace, caller) : []),
    ...(inspects ? callerRules(namespace, caller, { contract: hosts.contract, operations: ["*"] }) : []),
    ...(lists ? systemRules.lister() : []),
  ];
}

/** The first of those that say the same. */
function unique(rules: readonly Rule[]): readonly Rule[] {
  const found = new Map<string, Rule>();
  for (const rule of rules) {
    const key = `${rule.right} ${rule.subject}`;
    if (!found.has(key)) found.set(key, rule);
  }
  return [...found.values()];
}
