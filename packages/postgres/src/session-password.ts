import type { PostgresOptions } from "./postgres-options.ts";

/** No session was asked for, since the function with its password told none. */
export class PasswordFailure extends Error {}

/**
 * The password of one opening.
 *
 * @throws PasswordFailure when its function throws, tells something else than a text, or takes longer than that
 */
export async function passwordOf(given: PostgresOptions["password"], limitMs: number): Promise<string | undefined> {
  if (typeof given !== "function") return given;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`nothing within ${limitMs} ms`)), limitMs);
  try {
    const password: unknown = await Promise.race([given(), late]);
    if (typeof password === "string") return password;
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : typeof cause;
    throw new PasswordFailure(`password: expected its function to return a text; it failed: ${said}`, { cause });
  } finally {
    clearTimeout(timer);
  }
  throw new PasswordFailure("password: expected its function to return a text, got something else");
}
