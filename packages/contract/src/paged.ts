import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import type { Duration } from "./duration.ts";
import { type CallOperation, call, type ErrorSpecs, type Route } from "./operation.ts";
import { reeveError } from "./reeve-error.ts";
import { type Input, isSchema, type Output, type Schema } from "./schema.ts";
import type { Version } from "./version.ts";

const defaultLimit = 100;
const pageFields = ["filter", "limit", "cursor"];
const largestLimit = 1_000;

/** What a caller of a paged operation writes. */
export interface PageRequest<F> {
  readonly filter?: F | undefined;
  /** Items per page, 1 to 1000. Default 100. */
  readonly limit?: number | undefined;
  /** `next` of the page before; absent or undefined for the first. */
  readonly cursor?: string | undefined;
}

/** What its handler reads. */
export interface PageQuery<F> {
  readonly filter: F | undefined;
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** One page; `next` is absent on the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string | undefined;
}

// Interfaces, so that the declarations of a contract name them and not a package that its own may lack.
/** The input schema of a paged operation. */
export interface PageRequestSchema<F extends Schema>
  extends StandardSchemaV1<PageRequest<Input<F>>, PageQuery<Output<F>>> {}
/** The output schema of a paged operation. */
export interface PageSchema<T extends Schema> extends StandardSchemaV1<Page<Input<T>>, Page<Output<T>>> {}

/** What {@link paged} takes. What it shares with `call()` means the same. */
export interface PagedOptions<F extends Schema, T extends Schema, E extends ErrorSpecs, R extends Route> {
  /** What a caller may narrow the list down by. */
  readonly filter: F;
  readonly item: T;
  /** Errors that callers may branch on, by reason. */
  readonly errors?: E | undefined;
  /** Default `any`. */
  readonly route?: R | undefined;
  /** The minor version that brought the operation. Default: the major's first, `.0`. */
  readonly since?: Version | undefined;
  /** Deadline when the caller gives none. Default 60 s. */
  readonly timeout?: Duration | undefined;
  /** Who may call it: any one of these roles suffices. Default: everybody. */
  readonly roles?: readonly string[] | undefined;
}

/** What {@link paged} makes: a call whose method has `each` beside it. */
export interface PagedOperation<F extends Schema, T extends Schema, E extends ErrorSpecs, R extends Route>
  extends CallOperation<PageRequestSchema<F>, PageSchema<T>, E, R> {
  readonly paged: true;
}

const optionNames = ["filter", "item", "errors", "route", "since", "timeout", "roles"];

/**
 * A call that lists items page by page. Reading is harmless to repeat, so it is idempotent. `ref.list.each()` reads all pages.
 *
 * @throws ReeveError `INVALID_OPTION` when filter or item is not a schema, or naming an option that it does not have
 * @example
 * ```ts
 * list: paged({ filter: z.object({ status: Status.optional() }), item: Volume, roles: ["auditor"], timeout: "5s" }),
 * ```
 */
export function paged<F extends Schema, T extends Schema, E extends ErrorSpecs = {}, R extends Route = "any">(
  options: PagedOptions<F, T, E, R>,
): PagedOperation<F, T, E, R> {
  const { filter, item, ...rest } = options;
  for (const [name, schema] of Object.entries({ filter, item })) {
    if (!isSchema(schema)) throw reeveError("INVALID_OPTION", `paged: ${name}: expected a Standard Schema`);
  }
  const unknown = Object.keys(options).find((option) => !optionNames.includes(option));
  if (unknown !== undefined) {
    const known = optionNames.join(", ");
    throw reeveError(
      "INVALID_OPTION",
      `paged: unknown option ${JSON.stringify(unknown)}; a paged operation has ${known}`,
    );
  }
  const operation = call({ ...rest, input: requestSchema(filter), output: pageSchema(item), idempotent: true });
  return { ...operation, paged: true };
}

function requestSchema<F extends Schema>(filter: F): PageRequestSchema<F> {
  return composed<PageRequest<Input<F>>, PageQuery<Output<F>>>({
    validate(value) {
      if (!isObject(value)) return failure("must be an object with filter, limit and cursor, all optional");
      const unknown = Object.keys(value).find((field) => !pageFields.includes(field));
      if (unknown) return failure(`is unknown; known are ${pageFields.join(", ")}`, unknown);
      const { limit = defaultLimit, cursor } = value;
      if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1 || limit > largestLimit) {
        return failure(`must be a whole number from 1 to ${largestLimit}`, "limit");
      }
      if (cursor !== undefined && typeof cursor !== "string") return failure("must be text", "cursor");
      if (value.filter === undefined) return { value: { filter: undefined, limit, cursor } };
      return whenSettled(filter["~standard"].validate(value.filter), (result) =>
        result.issues
          ? { issues: result.issues.map((issue) => within("filter", issue)) }
          : { value: { filter: result.value as Output<F> | undefined, limit, cursor } },
      );
    },
    jsonSchema: (convert) => ({
      type: "object",
      properties: {
        filter: convert(filter),
        limit: { type: "integer", minimum: 1, maximum: largestLimit, default: defaultLimit },
        cursor: { type: "string" },
      },
      additionalProperties: false,
    }),
  });
}

function pageSchema<T extends Schema>(item: T): PageSchema<T> {
  return composed({
    validate(value) {
      if (!isObject(value) || !Array.isArray(value.items)) return failure("must be an object with an array `items`");
      const { items, next } = value;
      if (next !== undefined && typeof next !== "string") return failure("must be text", "next");
      const results = items.map((one: unknown) => item["~standard"].validate(one));
      const assemble = (settled: readonly StandardSchemaV1.Result<unknown>[]) => {
        const issues = settled.flatMap((result, index) =>
          (result.issues ?? []).map((issue) => within("items", within(index, issue))),
        );
        if (issues.length > 0) return { issues };
        const parsed = settled.map((result) => (result as StandardSchemaV1.SuccessResult<unknown>).value);
        return { value: { items: parsed as Output<T>[], ...(next === undefined ? {} : { next }) } };
      };
      return results.some((result) => result instanceof Promise)
        ? Promise.all(results).then(assemble)
        : assemble(results as StandardSchemaV1.Result<unknown>[]);
    },
    jsonSchema: (convert) => ({
      type: "object",
      properties: { items: { type: "array", items: convert(item) }, next: { type: "string" } },
      required: ["items"],
    }),
  });
}

type Convert = (schema: Schema) => Record<string, unknown>;

/** A schema made of others, which tells its JSON Schema where they all do. */
function composed<I, O>(parts: {
  validate(value: unknown): StandardSchemaV1.Result<O> | Promise<StandardSchemaV1.Result<O>>;
  jsonSchema(convert: Convert): Record<string, unknown>;
}): StandardSchemaV1<I, O> {
  const describe =
    (direction: "input" | "output") =>
    (options: StandardJSONSchemaV1.Options): Record<string, unknown> =>
      parts.jsonSchema((schema) => {
        const standard: Partial<StandardJSONSchemaV1.Props> = schema["~standard"];
        return standard.jsonSchema?.[direction](options) ?? {};
      });
  const standard = {
    version: 1 as const,
    vendor: "reeve",
    validate: parts.validate,
    jsonSchema: { input: describe("input"), output: describe("output") },
  };
  return { "~standard": standard };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function failure(message: string, ...path: PropertyKey[]): StandardSchemaV1.FailureResult {
  return { issues: [{ message, path }] };
}

function within(key: PropertyKey, issue: StandardSchemaV1.Issue): StandardSchemaV1.Issue {
  return { ...issue, path: [key, ...(issue.path ?? [])] };
}

function whenSettled<T, R>(value: T | Promise<T>, then: (settled: T) => R): R | Promise<R> {
  return value instanceof Promise ? value.then(then) : then(value);
}
