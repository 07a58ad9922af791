import type { Page } from "@reeve/contract";
import type { FailedWork, ListedWork, WorkHolder, WorkQuery } from "../../recovery/index.ts";
import { isAtRest } from "../child-state.ts";
import type { AdministeredManager } from "./administered-manager.ts";
import { type Listed, pageOf } from "./page-of.ts";
import type { WorkInfo } from "./schemas.ts";
import { shortText } from "./short-text.ts";
import type { WorkPort } from "./work-port.ts";

/** The worst first. */
const states = ["failed", "left", "running"] as const;
/** Waits for a driver call: as many as hang in one. */
const mostHeldUp = 1_000;

interface WorkPage {
  readonly filter?:
    | { readonly manager?: string | undefined; readonly state?: WorkInfo["state"] | undefined }
    | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

interface Journal {
  port(): WorkPort;
  managers(): readonly AdministeredManager[];
}

/** What the `host` contract offers for journalled work. */
export function workVerb({ port, managers }: Journal) {
  return {
    /** Work that has failed, then what nobody is at, then what runs; each the oldest first. */
    async work({ filter, limit, cursor }: WorkPage): Promise<Page<WorkInfo>> {
      const storing = managers().filter(({ spec }) => spec.definition.store !== undefined);
      if (storing.length === 0) return { items: [] };
      const failed = new Map<string, FailedWork>();
      for (const { life } of storing) for (const [id, why] of life?.failedWork() ?? []) failed.set(id, why);
      const heldUp = [...failed].flatMap(([id, why]) => ("waitingFor" in why ? [id] : [])).slice(0, mostHeldUp);
      const here = storing.map(holderOf);
      const found: Listed<WorkInfo>[] = [];
      for (const state of states) {
        if (filter?.state !== undefined && filter.state !== state) continue;
        const after = cursorIn(state, cursor);
        if (after === undefined || found.length > limit) continue;
        const all = state === "left" ? [...here, ...(await desertedBeside(here, port()))] : here;
        const holders = all.filter((one) => filter?.manager === undefined || nameOf(one) === filter.manager);
        const query: WorkQuery = { state, holders, heldUp, after, limit: limit + 1 - found.length };
        const rows = await port().page(query);
        found.push(...rows.map((row) => ({ key: keyOf(state, row.id), item: shown(row, state, failed.get(row.id)) })));
      }
      return pageOf(found, limit, cursor);
    },
  };
}

function holderOf({ spec, address, life, state }: AdministeredManager): WorkHolder {
  const epoch = isAtRest(state) ? undefined : life?.epoch || undefined;
  return { manager: spec.definition.contract.name, address, epoch };
}

/** Those elsewhere that nobody else tells of. All of their work is left; to find them reads the registry, and may ask the fleet. */
function desertedBeside(here: readonly WorkHolder[], journal: WorkPort): Promise<readonly WorkHolder[]> {
  return journal.deserted([...new Set(here.map(({ manager }) => manager))], here);
}

function nameOf({ manager, address }: WorkHolder): string {
  return `${manager}/${address}`;
}

function keyOf(state: WorkInfo["state"], id: string): string {
  return `${states.indexOf(state)}${id}`;
}

/** After which id a page goes on in a state; undefined where it is past that. */
function cursorIn(state: WorkInfo["state"], cursor: string | undefined): string | undefined {
  const rank = keyOf(state, "");
  if (cursor === undefined || cursor < rank) return "";
  return cursor.startsWith(rank) ? cursor.slice(rank.length) : undefined;
}

function shown(row: ListedWork, state: WorkInfo["state"], why: FailedWork | undefined): WorkInfo {
  const { id, manager, holderAddress, kind, resource, address, begunAt, failedRecoveries, lastError, principal } = row;
  return {
    ...{ id, manager: `${manager}/${holderAddress}`, kind, resource, state, begunBy: address },
    ...{ begunAt: begunAt.getTime(), failures: failedRecoveries },
    lastError: lastError === null ? null : shortText(lastError),
    nextAt: why && "nextAt" in why ? why.nextAt : null,
    waitingFor: why && "waitingFor" in why ? why.waitingFor : null,
    ...{ user: principal?.user ?? null, tenant: principal?.tenant ?? null },
  };
}
