import type { CalledContract, ContractKind, Process, ServedContract } from "./process.ts";
import { publish, type Rule, subscribe } from "./rule.ts";

/** Members of a queue group share what is for any of them; whoever is in none could hear all of it. */
const queue = "reeve";

export function calledSubject(
  namespace: string,
  { name, major }: ContractKind,
  operation: string,
  reach: string,
  caller: string,
): string {
  return `${namespace}.call.${name}.v${major}.${operation}.${reach}.${caller}`;
}

/** To call: a contract whole, or the operations that were named or ask for no role. */
export function callerRules(namespace: string, caller: string, called: CalledContract): readonly Rule[] {
  const { contract, operations } = called;
  return operations.map(
    (operation) =>
      publish(
        `to call ${contract.name} v${contract.major}`,
        calledSubject(namespace, contract, operation, "*", caller),
      )[0]!,
  );
}

/** To be called: at the exact addresses, and in the queue group where one of several is picked. */
export function serverRules(
  namespace: string,
  { caller, cluster }: Pick<Process, "caller" | "cluster">,
  { contract, backends, addressed }: ServedContract,
): readonly Rule[] {
  const at = (reach: string) => calledSubject(namespace, contract, "*", reach, "*");
  const addressesOf = (host: string) =>
    backends.length > 0 ? backends.map((backend) => `${host}@${backend}`) : [addressToken(host)];
  return subscribe(
    `to be called as ${contract.name} v${contract.major}`,
    ...(addressed ? [] : [`${at("any")} ${queue}`, at("all")]),
    ...addressesOf(caller).map(at),
    ...(cluster === undefined ? [] : addressesOf(`@${cluster}`).map((address) => `${at(address)} ${queue}`)),
  );
}

/** A host may have the name of a reserved word, which is then escaped as docs/wire.md says. */
function addressToken(host: string): string {
  return host === "any" || host === "all" ? `=61${host.slice(1)}` : host;
}
