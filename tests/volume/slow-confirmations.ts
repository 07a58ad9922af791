import { scheduler, schedulerManager } from "@reeve/managers/scheduler";
import { defineManager, type OperationHandlers } from "@reeve/runtime";

/** The scheduler, whose confirmations wait until they are let go. */
export function slowConfirmations() {
  const gate = Promise.withResolvers<void>();
  const definition = defineManager({
    contract: scheduler,
    store: schedulerManager.store!,
    async setup(handles) {
      const behaviour: any = await schedulerManager.setup(handles);
      const operations: OperationHandlers<typeof scheduler> = behaviour.operations;
      return {
        ...behaviour,
        operations: {
          ...operations,
          async confirm(input, ctx) {
            await gate.promise;
            return operations.confirm(input, ctx);
          },
        },
      };
    },
  });
  return { definition, release: gate.resolve };
}
