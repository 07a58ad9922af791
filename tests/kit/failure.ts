import type { ReeveError } from "@reeve/contract";
import { expect } from "vitest";

/** What a promise rejects with. The test fails when it resolves. */
export const failure = <E = ReeveError>(promise: Promise<unknown>): Promise<E> =>
  promise.then(
    (value) => expect.fail(`expected a failure, got ${JSON.stringify(value)}`),
    (error: E) => error,
  );
