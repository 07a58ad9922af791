import { call, cast, contract, paged, type Ref, stream } from "@reeve/contract";
import { defineManager, hasRole, notPermitted, type Principal } from "@reeve/runtime";
import { z } from "zod";

const Id = z.object({ id: z.string() });
const Who = z.object({ user: z.string(), tenant: z.string().optional(), roles: z.array(z.string()), peer: z.string() });
export type Who = z.infer<typeof Who>;

const roles = ["keeper", "operator"];

export const vaults = contract(
  "vault",
  "1.0",
  {
    whoami: call({ input: z.object({}), output: Who, roles: ["*"] }),
    burn: call({ input: Id, output: z.string(), roles, lane: ({ id }) => id }),
    note: cast({ input: Id, roles }),
    list: paged({ filter: Id, item: Id, roles }),
    watch: stream({ input: Id, progress: z.number(), output: z.string(), roles }),
    /** Only for whom it names, and for operators: the manager says so. */
    open: call({ input: z.object({ for: z.string() }), output: z.string(), roles: ["*"] }),
  },
  { access: "listed" },
);

/** Asks the vault on behalf of its own caller. */
export const desks = contract("desk", "1.0", {
  ask: call({ input: z.object({}), output: Who }),
  burn: call({ input: Id, output: z.string() }),
});

/** @param ran what the vault's handlers ran, in order */
export function vaultManager(ran: string[]) {
  const run = (what: string) => {
    ran.push(what);
    return what;
  };
  return defineManager({
    contract: vaults,
    setup: () => ({
      async authorize({ principal }, operation, input) {
        if (operation !== "open" || hasRole(principal, "operator")) return true;
        if (input.for === "nobody") throw notPermitted("nobody may open that");
        return input.for === principal.user;
      },
      operations: {
        whoami: (_, { principal: { user, tenant, roles }, peer }) => ({
          ...{ user, roles: [...roles], peer },
          ...(tenant === undefined ? {} : { tenant }),
        }),
        burn: ({ id }) => run(`burn ${id}`),
        note: ({ id }) => void run(`note ${id}`),
        list: () => ({ items: [{ id: run("list") }] }),
        async *watch({ id }) {
          yield 1;
          return run(`watch ${id}`);
        },
        open: (input) => run(`open for ${input.for}`),
      },
    }),
  });
}

/** @param hooked what happens once it can call, as a hook of it */
export function deskManager(hooked: (vault: Ref<typeof vaults>) => Promise<void> = async () => {}) {
  return defineManager({
    contract: desks,
    setup: () => ({
      initHostWithRpc: (ctx) => hooked(ctx.ref(vaults)),
      operations: {
        ask: (_, ctx) => ctx.ref(vaults).whoami({}),
        burn: ({ id }, ctx) => ctx.ref(vaults).burn({ id }),
      },
    }),
  });
}

/** One attempt of each kind of operation, by name. */
export function attempts(vault: Ref<typeof vaults>): Readonly<Record<string, () => Promise<unknown>>> {
  return {
    burn: () => vault.burn({ id: "x" }),
    note: () => vault.note({ id: "x" }),
    list: () => vault.list({}),
    watch: () => vault.watch({ id: "x" }).result,
  };
}

export const ada: Principal = { user: "ada", tenant: "acme", roles: ["keeper"] };
