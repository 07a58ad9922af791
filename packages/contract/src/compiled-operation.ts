import { catalogue } from "./catalogue.ts";
import { type Code, codes } from "./code.ts";
import { durationMs } from "./duration.ts";
import type {
  AnyOperation,
  CallOperation,
  CastOperation,
  ErrorSpec,
  ErrorSpecs,
  Route,
  StreamOperation,
} from "./operation.ts";
import { reeveError } from "./reeve-error.ts";
import { readRoles } from "./roles.ts";
import { isSchema, type Schema } from "./schema.ts";
import { type ParsedVersion, parseVersion } from "./version.ts";

export const defaultTimeoutMs = 60_000;

export interface DeclaredError {
  readonly code: Code;
  readonly data: Schema;
  readonly retryable: boolean;
}

/** An operation as the runtime uses it: every default filled in, durations in milliseconds. */
export interface CompiledOperation {
  readonly name: string;
  readonly kind: "call" | "cast" | "stream";
  readonly route: Route;
  readonly input: Schema;
  readonly output: Schema | undefined;
  readonly progress: Schema | undefined;
  readonly errors: ReadonlyMap<string, DeclaredError>;
  /** The minor version that brought it. */
  readonly sinceMinor: number;
  readonly timeoutMs: number;
  readonly lane: ((input: unknown) => string) | undefined;
  readonly idempotent: boolean;
  /** Made by `paged()`. */
  readonly paged: boolean;
  readonly dedupe: "store" | undefined;
  /** A cast that is kept until it has been carried out. Its keys are kept as with `dedupe`. */
  readonly durable: boolean;
  readonly onDeadLetter: "stop" | "skip";
  /** Any one of them suffices; undefined when the definition says nothing, `["*"]` when it says everybody. */
  readonly roles: readonly string[] | undefined;
}

/** Every kind's fields at once: the definition is not trusted until it has been checked. */
type Definition = Omit<CallOperation<Schema, Schema | undefined, ErrorSpecs, Route>, "kind"> &
  Omit<CastOperation<Schema, Route>, "kind" | "errors"> &
  Omit<StreamOperation<Schema, Schema, Schema | undefined, ErrorSpecs, Route>, "kind"> &
  AnyOperation;

const shared = ["input", "route", "since", "lane", "timeout", "roles"];
/** What each kind of operation may say. */
const optionsOf: Readonly<Record<AnyOperation["kind"], readonly string[]>> = {
  call: [...shared, "output", "errors", "idempotent", "dedupe"],
  cast: [...shared, "durable", "onDeadLetter"],
  stream: [...shared, "output", "errors", "progress", "dedupe"],
};
const routes = ["any", "owner", "address"];
const reasonPattern = /^[A-Z][A-Z0-9_]{0,62}$/;

/** Fills in defaults and refuses what is malformed. `field` begins every message. */
export function compileOperation(
  field: string,
  name: string,
  operation: AnyOperation,
  version: ParsedVersion,
): CompiledOperation {
  const refuse = (message: string): never => {
    throw reeveError("INVALID_OPTION", `${field}: ${message}`);
  };
  if (!Object.hasOwn(optionsOf, operation?.kind)) refuse("make it with call(), cast(), stream() or paged()");
  const definition = operation as Definition;
  const { kind, route, input, output, progress, lane, since, timeout, dedupe } = definition;
  if (!isSchema(input)) refuse("input: expected a Standard Schema");
  if (output !== undefined && !isSchema(output)) refuse("output: expected a Standard Schema");
  if (kind === "stream" && !isSchema(progress)) refuse("progress: expected a Standard Schema");
  if (!routes.includes(route)) refuse(`route: expected one of ${routes.join(", ")}, got ${JSON.stringify(route)}`);
  if (lane !== undefined && typeof lane !== "function") refuse("lane: expected a function of the input");
  if (dedupe !== undefined && dedupe !== "store") refuse(`dedupe: expected "store", got ${JSON.stringify(dedupe)}`);
  if (definition.idempotent !== undefined && typeof definition.idempotent !== "boolean")
    refuse(`idempotent: expected true or false, got ${JSON.stringify(definition.idempotent)}`);
  const { durable = false, onDeadLetter = "stop" } = definition;
  if (typeof durable !== "boolean") refuse(`durable: expected true or false, got ${JSON.stringify(durable)}`);
  if (onDeadLetter !== "stop" && onDeadLetter !== "skip")
    refuse(`onDeadLetter: expected "stop" or "skip", got ${JSON.stringify(onDeadLetter)}`);
  if (definition.onDeadLetter !== undefined && !durable) refuse("onDeadLetter: only a durable cast has dead letters");
  const unknown = Object.keys(operation).find(
    (option) => option !== "kind" && option !== "paged" && !optionsOf[kind].includes(option),
  );
  if (unknown) refuse(`unknown option ${JSON.stringify(unknown)}; a ${kind} has ${optionsOf[kind].join(", ")}`);
  const timeoutMs = timeout === undefined ? defaultTimeoutMs : durationMs(`${field}: timeout`, timeout);
  if (timeoutMs === 0) refuse("timeout: expected more than 0");
  return {
    name,
    kind,
    route,
    input,
    output,
    progress,
    errors: declaredErrors(field, definition.errors ?? {}),
    sinceMinor: sinceMinor(field, since, version),
    timeoutMs,
    lane: lane as ((input: unknown) => string) | undefined,
    idempotent: definition.idempotent ?? false,
    paged: "paged" in operation && operation.paged === true,
    dedupe: durable ? "store" : dedupe,
    durable,
    onDeadLetter,
    roles: readRoles(`${field}: roles`, definition.roles),
  };
}

function sinceMinor(field: string, since: string | undefined, version: ParsedVersion): number {
  if (since === undefined) return 0;
  const { major, minor } = parseVersion(`${field}: since`, since);
  if (major !== version.major || minor > version.minor) {
    throw reeveError(
      "INVALID_OPTION",
      `${field}: since: expected a version up to the contract's ${version.major}.${version.minor}, of the same major, got ${since}`,
    );
  }
  return minor;
}

function declaredErrors(field: string, errors: ErrorSpecs): ReadonlyMap<string, DeclaredError> {
  return new Map(
    Object.entries(errors).map(([reason, spec]) => [
      reason,
      declaredError(`${field}: error ${JSON.stringify(reason)}`, reason, spec),
    ]),
  );
}

function declaredError(field: string, reason: string, spec: ErrorSpec): DeclaredError {
  if (!reasonPattern.test(reason))
    throw reeveError("INVALID_OPTION", `${field}: expected a reason that matches ${reasonPattern}`);
  if (reason in catalogue)
    throw reeveError("INVALID_OPTION", `${field}: the runtime uses this reason itself; choose another`);
  if (isSchema(spec)) return { code: "FAILED_PRECONDITION", data: spec, retryable: false };
  if (!isSchema(spec?.data))
    throw reeveError("INVALID_OPTION", `${field}: give the schema of its data, or { code, data }`);
  if (!codes.includes(spec.code))
    throw reeveError(
      "INVALID_OPTION",
      `${field}: code: expected a gRPC status name such as "NOT_FOUND", got ${JSON.stringify(spec.code)}`,
    );
  const { code, data, retryable = false } = spec;
  if (typeof retryable !== "boolean")
    throw reeveError("INVALID_OPTION", `${field}: retryable: expected true or false, got ${JSON.stringify(retryable)}`);
  return { code, data, retryable };
}
