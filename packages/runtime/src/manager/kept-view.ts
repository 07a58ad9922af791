import type { ActorRow, ActorStatus, HeldPage, KeptActors } from "../actors/index.ts";
import type { Secrets } from "../inspection/index.ts";
import { shieldedValue } from "../inspection/shielded-value.ts";

/** A kept actor as an operator sees it. */
export interface KeptActorInfo {
  readonly machine: string;
  readonly id: string;
  readonly status: ActorStatus;
  /** Where its machine is: a state, or its states as JSON; null for what has none. */
  readonly state: string | null;
  /** When its next delay fires, or it is purged, in milliseconds since 1970. */
  readonly dueAt: number | null;
  readonly lastError: string | null;
  readonly createdAt: number;
  readonly changedAt: number;
}

export interface KeptActorDescription extends KeptActorInfo {
  /** Without what a schema of its manager marks as secret. */
  readonly context: unknown;
  readonly delays: readonly { readonly event: string; readonly dueAt: number }[];
}

/** The kept actors that one incarnation holds, as an operator sees them. */
export class KeptView {
  readonly #kept: KeptActors;
  readonly #secrets: Secrets;

  constructor(kept: KeptActors, secrets: Secrets) {
    this.#kept = kept;
    this.#secrets = secrets;
  }

  /** By machine and id. */
  async list(page: HeldPage): Promise<readonly KeptActorInfo[]> {
    return (await this.#kept.listHeld(page)).map(infoOf);
  }

  /** One of them, which is shown to whoever watches from then on. @throws ReeveError `MACHINE_REFUSED` */
  async describe(machine: string, id: string): Promise<KeptActorDescription | undefined> {
    const found = await this.#kept.look(machine, id);
    if (!found) return undefined;
    const { snapshot, timers } = found.machine;
    const delays = timers.map(({ event, dueAt }) => ({ event: event.type, dueAt: dueAt! }));
    return { ...infoOf(found.row), context: shieldedValue(snapshot.context, this.#secrets) ?? null, delays };
  }
}

function infoOf(row: ActorRow): KeptActorInfo {
  const { machine, actor: id, status, value, dueAt, lastError, createdAt, changedAt } = row;
  const parsed: unknown = value === null ? null : JSON.parse(value);
  const state = typeof parsed === "string" || parsed === null ? parsed : value;
  return { machine, id, status, state, dueAt, lastError, createdAt: +createdAt, changedAt: +changedAt };
}
