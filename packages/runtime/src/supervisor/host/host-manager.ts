import type { ReeveError } from "@reeve/contract";
import { defineManager, type ManagerDefinition } from "../../manager/definition.ts";
import type { OperationContext } from "../../rpc/callee/context.ts";
import { actorVerbs } from "./actor-verbs.ts";
import type { AdministeredManager } from "./administered-manager.ts";
import { Audit, type AuditedAction } from "./audit.ts";
import { CallsInFlight } from "./calls-in-flight.ts";
import { castVerbs } from "./cast-verbs.ts";
import { cleanUpAfter } from "./cleanup-verb.ts";
import { hosts } from "./contract.ts";
import { Describer, summaryOf } from "./description.ts";
import { failureOf, failuresOf } from "./failures.ts";
import type { HostPort } from "./host-port.ts";
import { logsOf } from "./logs-verb.ts";
import { pageOf } from "./page-of.ts";
import { requireFromElsewhere } from "./remote-operators.ts";
import type { ManagerSummary } from "./schemas.ts";
import { whileAwaited } from "./while-awaited.ts";
import { workVerb } from "./work-verb.ts";

type Ctx = OperationContext<any>;

/** No call of an operator waits for another: long ones, as drains are, are many at once on a large host. */
const limits = { maxInFlight: 1_024, maxQueued: 64, drainTimeout: "5s" } as const;

/**
 * The manager that each supervisor has of itself: the `host` contract at the host's address. It has no tables, and a mailbox of
 * its own: work that fills or hangs the others is not before its calls.
 */
export function hostManager(port: HostPort): ManagerDefinition<typeof hosts> {
  return defineManager({
    contract: hosts,
    limits,
    setup({ clock, newId }) {
      const { verbs } = port;
      const audit = new Audit(clock, port.log);
      const calls = new CallsInFlight(clock, newId);
      const describer = new Describer(clock, calls);

      const summary = (manager: AdministeredManager): ManagerSummary =>
        summaryOf(manager, port.cordons.of(manager.key));
      const keyedByName = (manager: AdministeredManager) => ({ key: manager.key, item: summary(manager) });
      const find = (name: string, ctx: Ctx, epoch?: number): AdministeredManager => {
        const all = port.managers();
        const found = all.find(({ key }) => key === name);
        if (!found) ctx.fail("NO_SUCH_MANAGER", { manager: name, managers: all.slice(0, 100).map(({ key }) => key) });
        const present = found!.life?.epoch ?? 0;
        if (epoch !== undefined && epoch !== present) ctx.fail("REPLACED", { manager: name, epoch: present });
        return found!;
      };
      const some = (filter: { readonly manager?: string | undefined } | undefined) =>
        port.managers().filter(({ key }) => filter?.manager === undefined || key === filter.manager);
      const act = <R>(
        ctx: Ctx,
        operation: string,
        manager: string | undefined,
        run: () => Promise<R> | R,
        detail?: string,
      ) => {
        const { principal, peer, remote, requestId } = ctx;
        const action: AuditedAction = { operation, manager, detail, principal, peer, remote, requestId };
        return whileAwaited(ctx.signal, audit.during(action, run));
      };
      const afterwards = (name: string, ctx: Ctx) => summary(find(name, ctx));

      return {
        authorize({ remote, principal, peer, requestId }, operation, input) {
          if (!remote) return true;
          try {
            requireFromElsewhere(port.host, port.remoteOperators, operation, principal);
          } catch (error) {
            const { manager } = input as { readonly manager?: string };
            audit.refused({ operation, manager, principal, peer, remote, requestId }, error as ReeveError);
            throw error;
          }
          return true;
        },
        refused({ input, error, ...call }) {
          const { manager } = (input ?? {}) as { readonly manager?: unknown };
          audit.refused({ ...call, manager: typeof manager === "string" ? manager : undefined }, error);
        },
        operations: {
          ...castVerbs(() => port.casts, act),
          ...workVerb({ port: () => port.work, managers: () => port.managers() }),
          list: ({ filter, limit, cursor }) => pageOf(some(filter).map(keyedByName), limit, cursor),
          async describe({ manager }, ctx) {
            const found = find(manager, ctx);
            return describer.describe(found, summary(found));
          },
          counts: () => ({
            counts: port.counts().map(({ labels, ...count }) => ({ ...count, labels: { ...labels } })),
            workers: port.workers(),
          }),
          calls: ({ filter, limit, cursor }, ctx) => {
            if (filter?.manager !== undefined) find(filter.manager, ctx);
            return pageOf(calls.listed(some(filter), filter?.find), limit, cursor);
          },
          ...actorVerbs({ some, find }),
          audit: ({ filter, limit, cursor }) => {
            const wanted = filter?.manager;
            const records = audit.listed().filter(({ item }) => wanted === undefined || item.manager === wanted);
            return pageOf(records, limit, cursor);
          },
          payload: ({ instance, seq }) => {
            const found = port.payload(instance, seq);
            return found ? { gone: false, payload: found.payload } : { gone: true, payload: null };
          },
          start: ({ manager }, ctx) =>
            act(ctx, "start", manager, async () => {
              const place = placeOf(find(manager, ctx));
              await verbs
                .start(...place)
                .catch((error: unknown) => ctx.fail("START_FAILED", failureOf(manager, error)));
              return afterwards(manager, ctx);
            }),
          drain: ({ manager, epoch }, ctx) =>
            act(ctx, "drain", manager, async () => {
              await verbs.drain(...placeOf(find(manager, ctx, epoch)));
              return afterwards(manager, ctx);
            }),
          restart: ({ manager, epoch }, ctx) =>
            act(ctx, "restart", manager, async () => {
              const place = placeOf(find(manager, ctx, epoch));
              await verbs
                .restart(...place)
                .catch((error: unknown) => ctx.fail("START_FAILED", failureOf(manager, error)));
              return afterwards(manager, ctx);
            }),
          reset: ({ manager, epoch }, ctx) =>
            act(ctx, "reset", manager, async () => {
              const meant = manager === undefined ? port.managers() : [find(manager, ctx, epoch)];
              const byName = new Map(meant.map((one) => [one.key, one]));
              const failures = await failuresOf([...byName.keys()], (name) => byName.get(name)!.reset());
              if (failures.length > 0) ctx.fail("RESET_FAILED", { failures });
            }),
          kill: ({ manager, epoch }, ctx) =>
            act(ctx, "kill", manager, () => verbs.kill(...placeOf(find(manager, ctx, epoch)))),
          logLevel: () => port.logLevel.info,
          setLogLevel: ({ level, forMs }, ctx) => {
            const set = () => {
              if (!port.logLevel.settable) ctx.fail("LOG_LEVEL_FIXED", { host: port.host });
              port.logLevel.set(level, forMs);
              return port.logLevel.info;
            };
            return act(ctx, "setLogLevel", undefined, set, forMs === undefined ? level : `${level} for ${forMs} ms`);
          },
          logs: (query) => logsOf(port.recentLines, query),
          cordon: ({ manager, reason }, ctx) => {
            const cordon = async () => {
              const found = find(manager, ctx);
              const made = { reason, by: ctx.principal.user, at: clock.wallNow() };
              await port.cordons.set(...placeOf(found), made);
              found.life?.heedCordon();
              return made;
            };
            return act(ctx, "cordon", manager, cordon, reason);
          },
          uncordon: ({ manager }, ctx) =>
            act(ctx, "uncordon", manager, async () => {
              const found = find(manager, ctx);
              await port.cordons.remove(...placeOf(found));
              found.life?.heedCordon();
            }),
          cleanup: (dead, ctx) =>
            act(
              ctx,
              "cleanup",
              `${dead.manager}/${dead.address}`,
              async () => {
                const { epoch, rows, casts } = await cleanUpAfter(port, dead, ctx);
                return { epoch, rows: [...rows], casts };
              },
              dead.reason,
            ),
          cancel: ({ id, reason }, ctx) => {
            const why = `by ${ctx.principal.user}${reason === undefined ? "" : `: ${reason}`}`;
            const cancel = () => {
              const cancelled = calls.cancel(port.managers(), id, why);
              if (!cancelled) ctx.fail("NO_SUCH_CALL", { id });
              const outcome = cancelled!.stage === "running" ? ("maybe-executed" as const) : ("not-executed" as const);
              return { ...cancelled!, outcome };
            };
            return act(ctx, "cancel", undefined, cancel, `call ${id}${reason === undefined ? "" : `: ${reason}`}`);
          },
        },
      };
    },
  });
}

/** Manager and address. */
function placeOf({ spec, address }: AdministeredManager): readonly [string, string] {
  return [spec.definition.contract.name, address];
}
