// A process that hosts nothing: it makes the calls that it reads as lines, as many at once as there are.
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ReeveError } from "@reeve/contract";
import { scheduler } from "@reeve/managers/scheduler";
import { volumes } from "@reeve/managers/volume";
import { nats } from "@reeve/nats";
import { connect, createLogging } from "@reeve/runtime";
import { boards } from "./board.ts";
import type { Answered, Order } from "./order.ts";
import { settings } from "./settings.ts";

const { host, servers, directory } = settings();
const logging = createLogging({ destination: { path: join(directory, `${host}.log`) } });
await using connection = await connect({
  log: logging.log,
  transport: nats({ servers, user: host, password: process.env.REEVE_PASSWORD }),
});
const contracts = { volume: volumes, scheduler, board: boards };
console.log(JSON.stringify({ ready: host }));
const pending = new Set<Promise<void>>();
for await (const line of createInterface(process.stdin)) {
  const answering = answer(JSON.parse(line) as Order);
  pending.add(answering);
  void answering.finally(() => pending.delete(answering));
}
await Promise.all(pending);

async function answer({ id, contract, operation, at, input, options }: Order): Promise<void> {
  const ref = connection.ref<typeof volumes>(contracts[contract] as typeof volumes);
  const methods = (at === undefined ? ref : ref.at(at)) as unknown as Record<
    string,
    (input: unknown, options: unknown) => Promise<unknown>
  >;
  const answered: Answered = await methods[operation]!(input, options).then(
    (value) => ({ id, value }),
    (error: unknown) => ({ id, error: error instanceof ReeveError ? error.toJSON() : { message: String(error) } }),
  );
  console.log(JSON.stringify(answered));
}
