import { defineManager } from "@reeve/runtime";
import { capacityPanel } from "./capacity-panel.ts";
import { scheduler } from "./contract.ts";
import { ReservationLedger } from "./ledger.ts";
import { placementPanel } from "./placement-panel.ts";
import { Placer } from "./placer.ts";
import { compileSchedulerOptions, type SchedulerOptions } from "./scheduler-options.ts";
import { schedulerStore } from "./store.ts";

/** Calls that run beside the placements that wait. */
const besideWaiting = 64;

/**
 * Defines a scheduler with filters, weighers and bounds of your own. Schedulers that share a store share its reservations.
 *
 * @throws ReeveError `INVALID_OPTION` naming the option and the value
 *
 * @example
 * ```ts
 * supervisor.spawn(createSchedulerManager());
 * ```
 */
export function createSchedulerManager(options?: SchedulerOptions) {
  const compiled = compileSchedulerOptions(options);
  return defineManager({
    contract: scheduler,
    store: schedulerStore,
    // Who waits for a host must not keep `hosts` or `release` waiting too.
    limits: { maxInFlight: compiled.maxWaiting + besideWaiting },
    setup({ store, reports, log, address }) {
      const { clock } = reports;
      const ledger = new ReservationLedger(store);
      const placer = new Placer(compiled, { clock, ledger, ask: () => reports.request(), log });
      const unsubscribe = reports.subscribe((report) => placer.receive(report));
      return {
        async initHostWithRpc() {
          reports.request();
        },
        async reset() {
          reports.request();
        },
        async close() {
          unsubscribe();
        },
        inspect: () => placer.inspect(),
        panels: [
          placementPanel(() => placer.placements()),
          capacityPanel({ address, hosts: (query) => placer.hosts(query), wallNow: () => clock.wallNow() }),
        ],
        operations: {
          async place(input, ctx) {
            const placed = await placer.place(input, ctx.signal, ctx.deadlineAt);
            if (placed.kind === "placed") return placed.address;
            const { manager, request } = input;
            if (placed.kind === "reused") return ctx.fail("REQUEST_REUSED", { request, address: placed.address });
            if (placed.kind === "no news") {
              const { considered, hosts } = placed;
              log.info({ request, manager, considered, hosts }, "no host can be chosen for want of news");
              return ctx.fail("NO_NEWS", { considered, hosts: [...hosts] });
            }
            const { considered, rejections } = placed.choice;
            log.info({ request, manager, considered, rejections }, "no host fits a request");
            return ctx.fail("NO_HOST", { considered, rejections: [...rejections] });
          },
          confirm: async ({ request, visibleFrom }) => ({ held: await placer.confirm(request, visibleFrom) }),
          release: async ({ request }) => ({ held: await placer.release(request) }),
          hosts: (query) => placer.hosts(query),
          explain: ({ request }, ctx) => placer.explain(request) ?? ctx.fail("UNKNOWN_PLACEMENT", { request }),
        },
        // At the start as well: one that never lives for so long must not keep what has ended.
        periodic: { sweep: { every: "10s", immediately: true, run: () => placer.sweep() } },
      };
    },
  });
}

/** The scheduler with everything at its default. */
export const schedulerManager = createSchedulerManager();
