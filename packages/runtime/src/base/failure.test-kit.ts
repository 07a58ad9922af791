import { expect } from "vitest";

/** What a promise rejects with. The test fails when it resolves. */
export const failure = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    (value) => expect.fail(`expected a failure, got ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
