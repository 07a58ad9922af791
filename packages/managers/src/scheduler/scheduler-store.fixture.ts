import { createSupervisor, defineManager, type Store } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { scheduler } from "./contract.ts";
import { type SchedulerStore, schedulerStore } from "./store.ts";

/** The schedulers' tables on a real SQLite database, as a manager gets them. `await using` closes it. */
export async function openSchedulerStore(path = ":memory:") {
  const opened = Promise.withResolvers<Store<SchedulerStore>>();
  const refuse = () => {
    throw new Error("only its store is used");
  };
  const holder = defineManager({
    contract: scheduler,
    store: schedulerStore,
    setup({ store }) {
      opened.resolve(store);
      return { operations: { place: refuse, confirm: refuse, release: refuse, hosts: refuse, explain: refuse } };
    },
  });
  const supervisor = createSupervisor({ host: "store", store: sqlite({ path }), log: { level: "silent" } });
  supervisor.spawn(holder);
  await supervisor.start();
  const store = await opened.promise;
  return { store, [Symbol.asyncDispose]: () => supervisor.stop() };
}
