import type { AnyContract } from "@reeve/contract";
import { everyRole } from "@reeve/contract/internal";
import { anonymous } from "@reeve/runtime/transport";
import { passwordVariable } from "./broker-config.ts";
import { listOf, onlyOptions, readName, refuse } from "./fields.ts";
import type { CalledOptions, ProcessOptions, ServedOptions } from "./options.ts";

/** What subjects say of a contract. */
export interface ContractKind {
  readonly name: string;
  readonly major: number;
}

export interface ServedContract {
  readonly contract: ContractKind;
  readonly backends: readonly string[];
  /** Every operation of it asks for an address. */
  readonly addressed: boolean;
}

export interface CalledContract {
  readonly contract: ContractKind;
  /** `*`: every one. */
  readonly operations: readonly string[];
}

/** One process, with every default filled in. */
export interface Process {
  readonly caller: string;
  /** Undefined: it has no supervisor. */
  readonly serves: readonly ServedContract[] | undefined;
  readonly cluster: string | undefined;
  readonly calls: readonly CalledContract[];
  readonly forwards: boolean;
  readonly schedules: boolean;
  readonly inspects: boolean;
  readonly lists: boolean;
}

const switches = ["forwards", "schedules", "inspects", "lists"] as const;
const known: readonly string[] = ["caller", "serves", "cluster", "calls", ...switches];

/** @throws ReeveError `INVALID_OPTION` naming the field and the value */
export function readProcesses(field: string, processes: unknown): readonly Process[] {
  const named = new Map<string, string>();
  return listOf<ProcessOptions>(field, processes, "processes").flatMap((options, i) => {
    const at = `${field}[${i}]`;
    onlyOptions(at, options, known);
    const callers = typeof options.caller === "string" ? [options.caller] : options.caller;
    if (!Array.isArray(callers) || callers.length === 0) refuse(`${at}.caller`, callers, "a name, or a list of names");
    return (callers as readonly string[]).map((caller) => {
      const name = readCaller(`${at}.caller`, caller);
      const variable = passwordVariable(name);
      const twin = named.get(variable);
      if (twin !== undefined) refuse(`${at}.caller`, caller, `another name: $${variable} is the password of ${twin}`);
      named.set(variable, JSON.stringify(name));
      return readProcess(at, name, options);
    });
  });
}

function readProcess(field: string, caller: string, options: ProcessOptions): Process {
  for (const name of switches) {
    const value = options[name];
    if (value !== undefined && typeof value !== "boolean") refuse(`${field}.${name}`, value, "true or false");
  }
  const { serves, cluster, calls = [], schedules = false, inspects = false, lists = false } = options;
  // Schedulers and inspectors are parts of a supervisor.
  const supervised = serves ?? (schedules || inspects ? [] : undefined);
  const forwards = options.forwards ?? supervised !== undefined;
  return {
    ...{ caller, forwards, schedules, inspects, lists },
    cluster: cluster === undefined ? undefined : readName(`${field}.cluster`, cluster),
    serves:
      supervised &&
      listOf<AnyContract | ServedOptions>(`${field}.serves`, supervised, "contracts").map((served, i) =>
        readServed(`${field}.serves[${i}]`, served),
      ),
    calls: listOf<AnyContract | CalledOptions>(`${field}.calls`, calls, "contracts").map((called, i) =>
      readCalled(`${field}.calls[${i}]`, called, forwards),
    ),
  };
}

function readCaller(field: string, caller: unknown): string {
  if (caller === anonymous) refuse(field, caller, "a name: every process that gives none goes by that one");
  return readName(field, caller);
}

function readServed(field: string, served: AnyContract | ServedOptions): ServedContract {
  if (isContract(served)) return { contract: served, backends: [], addressed: isAddressed(served) };
  onlyOptions(field, served, ["contract", "backends"]);
  const { backends = [] } = served as ServedOptions;
  const contract = readContract(`${field}.contract`, (served as ServedOptions).contract);
  return {
    ...{ contract, addressed: isAddressed(contract) },
    backends: listOf<string>(`${field}.backends`, backends, "names").map((backend) =>
      readName(`${field}.backends`, backend),
    ),
  };
}

function readCalled(field: string, called: AnyContract | CalledOptions, forwards: boolean): CalledContract {
  if (!isContract(called)) onlyOptions(field, called, ["contract", "operations"]);
  const { contract: given, operations } = isContract(called) ? { contract: called } : (called as CalledOptions);
  const contract = readContract(`${field}.contract`, given);
  if (operations !== undefined) {
    const names = listOf<string>(`${field}.operations`, operations, "operations");
    const all = [...contract.operations.keys()].join(", ");
    for (const name of names)
      if (!contract.operations.has(name)) refuse(`${field}.operations`, name, `one of ${contract.name}: ${all}`);
    return { contract, operations: names };
  }
  const open = [...contract.operations.values()].filter(
    ({ roles }) => forwards || roles === undefined || roles.includes(everyRole),
  );
  if (open.length === 0)
    refuse(field, contract.name, "an operation that asks for no role; name operations, or let the process forward");
  const whole = open.length === contract.operations.size;
  return { contract, operations: whole ? ["*"] : open.map(({ name }) => name) };
}

function readContract(field: string, value: unknown): AnyContract {
  if (isContract(value)) return value;
  return refuse(field, value, "what contract() made");
}

function isAddressed({ operations }: AnyContract): boolean {
  return [...operations.values()].every(({ route }) => route === "address");
}

function isContract(value: unknown): value is AnyContract {
  return (
    typeof value === "object" &&
    value !== null &&
    "operations" in value &&
    value.operations instanceof Map &&
    "major" in value
  );
}
