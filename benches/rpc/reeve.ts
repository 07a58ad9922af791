import { call, contract } from "@reeve/contract";
import { connect, createSupervisor, defineManager, silentLogger } from "@reeve/runtime";
import { nats } from "@reeve/runtime/nats";
import { sqlite } from "@reeve/runtime/sqlite";
import { Payload } from "./payload.ts";
import { type Stack, subjects } from "./stack.ts";

const echo = call({ input: Payload, output: Payload, timeout: "60s" });
const operations = Array.from({ length: subjects }, (_, subject) => `echo${subject}`);
const echoes = contract("echo", "1.0", Object.fromEntries(operations.map((name) => [name, echo])));
const echoManager = defineManager({
  contract: echoes,
  setup: () => ({ operations: Object.fromEntries(operations.map((name) => [name, async (input: Payload) => input])) }),
});

/** As a user gets it: input and output parsed, deadline, context, memory of answers, scan of every byte. */
export const reeve: Stack = {
  async serve(servers) {
    const transport = nats({ servers, caller: "server" });
    const supervisor = createSupervisor({
      host: "server",
      transport,
      store: sqlite({ path: ":memory:" }),
      log: silentLogger,
    });
    supervisor.spawn(echoManager);
    await supervisor.start();
  },
  async connect(servers) {
    const client = await connect({ transport: nats({ servers, caller: "client" }), log: silentLogger });
    const ref = client.ref(echoes);
    return (payload, subject) => ref[operations[subject]!]!(payload);
  },
};
