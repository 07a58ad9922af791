import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, contract } from "@reeve/contract";
import { nats } from "@reeve/nats";
import {
  type Connection,
  column,
  connect,
  createSupervisor,
  defineManager,
  defineStore,
  inProcess,
  type Supervisor,
  table,
} from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Transport } from "@reeve/runtime/transport";
import { natsServer, silentLogger } from "@reeve/testing";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";

const Input = z.object({ name: z.string() });
const banks = contract("bank", "1.0", {
  /** Keys are kept in its store. */
  open: call({ input: Input, output: z.string(), dedupe: "store" }),
  /** Keys are kept in memory. */
  greet: call({ input: Input, output: z.string() }),
  ping: call({ input: z.object({}), output: z.string(), idempotent: true }),
});
const store = defineStore("bank", {
  tables: { accounts: table({ id: column.text().primaryKey(), tenant: column.text() }) },
});
const operations = ["open", "greet"] as const;
const input = { name: "savings" };
const ada = { user: "ada", tenant: "a", roles: [] };

interface Broker extends AsyncDisposable {
  transport(caller: string): Transport;
}

const brokers: Readonly<Record<string, () => Promise<Broker>>> = {
  "in process": async () => {
    const hub = inProcess();
    return { transport: (caller) => hub.client({ caller }), async [Symbol.asyncDispose]() {} };
  },
  nats: async () => {
    const server = await natsServer();
    const close = () => server.close();
    return { transport: (caller) => nats({ servers: server.url, caller }), [Symbol.asyncDispose]: close };
  },
};

/** A host with a file, which can be stopped and started anew, and front ends that call it for their users. */
class Bank implements AsyncDisposable {
  readonly broker: Broker;
  readonly runs: string[] = [];
  readonly #closing = new AsyncDisposableStack();
  readonly #directory: string;
  readonly #callers: Caller[] = [];
  #supervisor: Supervisor | undefined;

  private constructor(broker: Broker, directory: string) {
    this.broker = this.#closing.use(broker);
    this.#directory = directory;
    this.#closing.defer(() => rm(directory, { recursive: true, force: true }));
    this.#closing.defer(() => this.#supervisor?.stop());
  }

  static async open(name: string): Promise<Bank> {
    const bank = new Bank(await brokers[name]!(), await mkdtemp(join(tmpdir(), "reeve-bank-")));
    await bank.restart();
    return bank;
  }

  async restart(): Promise<void> {
    await this.#supervisor?.stop();
    const { runs } = this;
    const manager = defineManager({
      contract: banks,
      store,
      setup: ({ store, newId }) => {
        const run = (operation: string, who: string | undefined) => {
          runs.push(`${operation} for ${who}`);
          return `${operation} ${runs.length} for ${who}`;
        };
        return {
          operations: {
            open: async (_input, { principal }) => {
              const tenant = principal.tenant ?? principal.user;
              await store.transaction((tx) => tx.insert("accounts", { id: newId(), tenant }));
              return run("open", tenant);
            },
            greet: (_input, { principal }) => run("greet", principal.tenant ?? principal.user),
            ping: () => "here",
          },
        };
      },
    });
    this.#supervisor = createSupervisor({
      host: "bank-01",
      transport: this.broker.transport("bank-01"),
      trustedForwarders: ["web-1", "web-2"],
      store: sqlite({ path: join(this.#directory, "reeve.sqlite") }),
      log: { level: "silent" },
    });
    this.#supervisor.spawn(manager);
    await this.#supervisor.start();
    for (const caller of this.#callers) await found(caller);
  }

  async frontEnd(name: string): Promise<Caller> {
    const connection = await connect({ transport: this.broker.transport(name), log: silentLogger });
    this.#closing.use(connection);
    this.#callers.push(connection);
    await found(connection);
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#closing.disposeAsync();
  }
}

type Caller = Pick<Connection, "ref" | "as">;

/** Resolves when the caller has heard of the bank. */
async function found(caller: Caller): Promise<void> {
  await vi.waitFor(() => caller.ref(banks).ping({}), { timeout: 10_000, interval: 10 });
}

describe.each(Object.keys(brokers))("whose an idempotency key is, %s", (name) => {
  const key = { idempotencyKey: "k1" };

  test.each(operations)("%s: a user's repetition gets the first answer through either front end", async (operation) => {
    await using bank = await Bank.open(name);
    const [one, two] = [await bank.frontEnd("web-1"), await bank.frontEnd("web-2")];
    const first = await one.as(ada).ref(banks)[operation](input, key);
    expect(await two.as(ada).ref(banks)[operation](input, key)).toBe(first);
    expect(bank.runs).toEqual([`${operation} for a`]);
  });

  test("after a restart, too: it gets the first answer through the other front end, and nothing runs", async () => {
    await using bank = await Bank.open(name);
    const [one, two] = [await bank.frontEnd("web-1"), await bank.frontEnd("web-2")];
    const first = await one.as(ada).ref(banks).open(input, key);
    await bank.restart();
    expect(await two.as(ada).ref(banks).open(input, key)).toBe(first);
    expect(await one.as(ada).ref(banks).open(input, key)).toBe(first);
    expect(bank.runs).toEqual(["open for a"]);
  });

  test.each(operations)(
    "%s: another tenant's call with the same key and input runs for that tenant",
    async (operation) => {
      await using bank = await Bank.open(name);
      const web = await bank.frontEnd("web-1");
      const mine = await web.as(ada).ref(banks)[operation](input, key);
      const theirs = web.as({ ...ada, tenant: "b" }).ref(banks);
      const answer = await theirs[operation](input, key);
      expect(answer).toContain("for b");
      expect(await theirs[operation](input, key)).toBe(answer);
      expect(await web.as(ada).ref(banks)[operation](input, key)).toBe(mine);
      const colleague = web.as({ ...ada, user: "bob" }).ref(banks);
      expect(await colleague[operation](input, key)).not.toBe(mine);
      expect(bank.runs).toEqual([`${operation} for a`, `${operation} for b`, `${operation} for a`]);
    },
  );

  test("the same key of another operation is another key, in memory and after a restart", async () => {
    await using bank = await Bank.open(name);
    const user = (await bank.frontEnd("web-1")).as(ada).ref(banks);
    const opened = await user.open(input, key);
    expect(await user.greet(input, key)).toContain("greet");
    await bank.restart();
    expect(await user.open(input, key)).toBe(opened);
  });

  test.each(operations)(
    "%s: a key has 1 to 200 characters, and its caller is told the field and the bound",
    async (operation) => {
      await using bank = await Bank.open(name);
      const user = (await bank.frontEnd("web-1")).as(ada).ref(banks);
      const long = { idempotencyKey: "k".repeat(200) };
      expect(await user[operation](input, long)).toBe(await user[operation](input, long));
      for (const idempotencyKey of ["k".repeat(201), "k".repeat(230), ""]) {
        const refused = await failure(user[operation](input, { idempotencyKey }));
        expect(refused).toMatchObject({ reason: "INVALID_OPTION", outcome: "not-executed" });
        expect(refused.message).toContain("idempotencyKey");
        expect(refused.message).toContain("1 to 200 characters");
      }
      expect(bank.runs).toHaveLength(1);
    },
  );

  test.each(operations)("%s: a JSON call's key has the same bound and the same owner", async (operation) => {
    await using bank = await Bank.open(name);
    const web = await bank.frontEnd("web-1");
    const first = await web.as(ada).ref(banks)[operation](input, key);
    const transport = bank.broker.transport("web-2");
    await transport.connect();
    const ask = async (idempotencyKey: string) => {
      const { promise, resolve } = Promise.withResolvers<string>();
      const reply = "_INBOX.web-2.answer";
      const subscription = transport.subscribe(reply, ({ data }) => resolve(new TextDecoder().decode(data)));
      const headers = { "Reeve-Idempotency-Key": idempotencyKey, "Reeve-Principal": JSON.stringify(ada) };
      const subject = `reeve.call.bank.v1.${operation}.any.web-2`;
      transport.publish(subject, new TextEncoder().encode(JSON.stringify(input)), { reply, headers });
      const answer = await promise;
      subscription.unsubscribe();
      return JSON.parse(answer);
    };
    try {
      expect(await ask("k1")).toBe(first);
      expect(await ask("k".repeat(200))).toContain(operation);
      for (const long of ["k".repeat(201), "k".repeat(230)]) {
        expect(await ask(long)).toMatchObject({
          reason: "MALFORMED_FRAME",
          message: expect.stringMatching(/Reeve-Idempotency-Key.*1 to 200 characters/),
        });
      }
      expect(bank.runs).toHaveLength(2);
    } finally {
      await transport.close();
    }
  });
});
