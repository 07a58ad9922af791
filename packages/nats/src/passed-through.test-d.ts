import { expectTypeOf, test } from "vitest";
import type { NatsOptions } from "./options.ts";
import type { NatsTls } from "./tls.ts";

/** The options that may be left out, and not be given as undefined. */
type Strict<T> = {
  [K in keyof T]-?: {} extends Pick<T, K> ? ({ [P in K]: undefined } extends Pick<T, K> ? never : K) : never;
}[keyof T];

test("an option that was not given to whoever passes it on may be passed on as it is", () => {
  expectTypeOf<Strict<NatsOptions>>().toBeNever();
  expectTypeOf<Strict<NatsTls>>().toBeNever();
});
