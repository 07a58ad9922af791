import type { StandardSchemaV1 } from "@standard-schema/spec";

/** Any schema of a library that speaks Standard Schema: Zod, Valibot, ArkType and others (https://standardschema.dev). */
export type Schema = StandardSchemaV1;

/** What a caller writes; `void` where there is no schema. */
export type Input<T> = T extends Schema ? StandardSchemaV1.InferInput<T> : void;

/** What a callee reads, after defaults and transforms; `void` where there is no schema. */
export type Output<T> = T extends Schema ? StandardSchemaV1.InferOutput<T> : void;

/** One thing wrong with a value. `path` is dotted and empty for the value itself. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** A schema library's issues in the form that errors carry. */
export function issuesOf(issues: readonly StandardSchemaV1.Issue[]): Issue[] {
  return issues.map(({ message, path = [] }) => ({
    message,
    path: path.map((segment) => String(typeof segment === "object" ? segment.key : segment)).join("."),
  }));
}

/** `sizeGiB: must be positive; name: too short`, for messages. */
export function describeIssues(issues: readonly Issue[]): string {
  return issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; ");
}

export function isSchema(value: unknown): value is Schema {
  // Some libraries' schemas are functions.
  return (typeof value === "object" || typeof value === "function") && value !== null && "~standard" in value;
}
