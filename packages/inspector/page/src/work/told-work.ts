import type { CastInfo, WorkInfo } from "@reeve/runtime/host";

/** What one host tells. */
export interface HostWork {
  readonly instance: string;
  readonly work: readonly WorkInfo[];
  readonly casts: readonly CastInfo[];
}

/** Something, and the host that told of it. */
export interface Told<T> {
  readonly instance: string;
  readonly item: T;
}

export interface ToldWork {
  readonly deadLetters: readonly Told<CastInfo>[];
  /** What failed, then what is left. */
  readonly stuck: readonly Told<WorkInfo>[];
  readonly running: readonly Told<WorkInfo>[];
  /** Casts that wait, are tried again or are under way. */
  readonly casts: readonly Told<CastInfo>[];
}

const worst: Readonly<Record<WorkInfo["state"], number>> = { failed: 0, left: 1, running: 2 };

/**
 * All that the hosts tell, the worst and the oldest first. A row that several tell of stands once: of a shared database each tells of
 * what is left where nobody lives, and whoever lives there knows better.
 *
 * @param fits whether a person wants to see what has this text in it
 */
export function toldWork(hosts: readonly HostWork[], fits: (text: string) => boolean): ToldWork {
  const work = new Map<string, Told<WorkInfo>>();
  const casts = new Map<string, Told<CastInfo>>();
  for (const { instance, ...told } of hosts) {
    for (const item of told.work) {
      const known = work.get(item.id);
      if (!known || known.item.state === "left") work.set(item.id, { instance, item });
    }
    for (const item of told.casts) casts.set(item.id, { instance, item });
  }
  const sortedWork = [...work.values()].filter(({ item }) => fits(workText(item))).sort(workOrder);
  const sortedCasts = [...casts.values()].filter(({ item }) => fits(castText(item))).sort(byAge);
  return {
    deadLetters: sortedCasts.filter(({ item }) => item.state === "dead"),
    stuck: sortedWork.filter(({ item }) => item.state !== "running"),
    running: sortedWork.filter(({ item }) => item.state === "running"),
    casts: sortedCasts.filter(({ item }) => item.state !== "dead"),
  };
}

function workOrder({ item: one }: Told<WorkInfo>, { item: other }: Told<WorkInfo>): number {
  return worst[one.state] - worst[other.state] || one.begunAt - other.begunAt;
}

function byAge({ item: one }: Told<CastInfo>, { item: other }: Told<CastInfo>): number {
  return one.createdAt - other.createdAt;
}

function workText({ manager, kind, resource, state, begunBy, user, tenant, lastError }: WorkInfo): string {
  return [manager, kind, resource, state, begunBy, user, tenant, lastError].join(" ");
}

function castText({ holder, manager, operation, address, lane, state, ...cast }: CastInfo): string {
  const { user, tenant, requestId, reason, lastError } = cast;
  return [holder, manager, operation, address, lane, state, user, tenant, requestId, reason, lastError].join(" ");
}
