import { call, contract, type Schema } from "@reeve/contract";
import { nats } from "@reeve/nats";
import { connect, createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { silentLogger } from "@reeve/testing";
import type { EchoChange } from "./features.ts";
import { Payload } from "./payload.ts";
import { type Stack, subjects } from "./stack.ts";

const operations = Array.from({ length: subjects }, (_, subject) => `echo${subject}`);
const anything = {
  "~standard": { version: 1, vendor: "bench", validate: (value) => ({ value }) },
} satisfies Schema as unknown as typeof Payload;

/** As a user gets it: input and output parsed, deadline, context, memory of answers, scan of every byte. */
export function reeve({ input, output, idempotent }: EchoChange = {}, namespace = "reeve"): Stack {
  const echo = call({
    input: input === "anything" ? anything : Payload,
    output: output === "anything" ? anything : Payload,
    timeout: "60s",
    ...(idempotent ? { idempotent } : {}),
  });
  const echoes = contract("echo", "1.0", Object.fromEntries(operations.map((name) => [name, echo])));
  const handlers = Object.fromEntries(operations.map((name) => [name, async (payload: Payload) => payload]));
  const echoManager = defineManager({ contract: echoes, setup: () => ({ operations: handlers }) });
  return {
    async serve(servers) {
      const transport = nats({ servers, caller: "server" });
      const supervisor = createSupervisor({
        host: "server",
        transport,
        namespace,
        store: sqlite({ path: ":memory:" }),
        log: silentLogger,
      });
      supervisor.spawn(echoManager);
      await supervisor.start();
    },
    async connect(servers) {
      const client = await connect({ transport: nats({ servers, caller: "client" }), namespace, log: silentLogger });
      const ref = client.ref(echoes);
      return (payload, subject) => ref[operations[subject]!]!(payload);
    },
  };
}
