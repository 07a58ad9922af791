import { reeveError } from "@reeve/contract";
import type { StoreBackend } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { expect, test } from "vitest";
import { forwarded } from "../faults/shared-database/steps.ts";
import { millHouse } from "./mill.ts";

/** A database that answers, and has no room for what leases write while that is said: other writes fit. */
function withoutRoom(inner: StoreBackend, isFull: () => boolean): StoreBackend {
  return {
    async open(options) {
      const connections = await inner.open(options);
      return forwarded(connections, {
        write: (body, given) =>
          connections.write(
            (session) =>
              body(
                forwarded(session, {
                  execute(layout, query) {
                    if (isFull() && /^(insert|update)/.test(query.sql) && query.sql.includes('"reeve_leases"'))
                      throw reeveError("STORE_FAILED", "no space is left", { retryable: true });
                    return session.execute(layout, query);
                  },
                }),
              ),
            given,
          ),
      });
    },
  };
}

test("members whose database answers, and takes no renewals of their leases, take none of each other for dead", async () => {
  let full = false;
  const { host, pass, until, witness } = millHouse({ store: withoutRoom(sqlite({ path: ":memory:" }), () => full) });
  const members = [await host("a"), await host("b"), await host("c")];
  await pass(15_000);
  full = true;
  await pass(30_000);
  expect(members.map(({ epoch }) => epoch())).toEqual([1, 1, 1]);
  full = false;
  await pass(15_000);
  expect(members.map(({ epoch }) => epoch())).toEqual([1, 1, 1]);
  // They judge again: one that is cut off is taken over.
  members[1]!.link.cut();
  await until(() => members[1]!.epoch() === 3, 30_000);
  expect(witness.cleaned).toEqual([]);
});
