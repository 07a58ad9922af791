import type { ReportSource } from "@reeve/runtime/capability";
import { HostProfiles } from "./host-profiles.ts";
import type { HostState } from "./host-state.ts";
import { RowChanges } from "./row-changes.ts";
import { Scratch } from "./scratch.ts";

const smallest = 64;
/** Changes that are kept for each row: a ranking that is further behind is made anew. */
const changesPerRow = 4;

/**
 * One manager's hosts, a row each. What every placement asks of every host is also kept in columns: walking over ten
 * thousand objects instead costs most of a placement's time in cache misses.
 */
export class HostTable {
  /** By row. */
  readonly hosts: HostState[] = [];
  /** By row. */
  readonly sources: ReportSource[] = [];
  /** By row: 1 when the host is ready. */
  ready = new Uint8Array(smallest);
  /** By row. */
  measuredAt = new Float64Array(smallest);
  /** By row. */
  allocated = new Float64Array(smallest);
  /** By row: the number of its profile. */
  profile = new Uint32Array(smallest);
  readonly profiles = new HostProfiles();
  /** For one placement at a time: nothing awaits while it chooses. */
  readonly scratch = new Scratch();
  readonly changes = new RowChanges(smallest * changesPerRow);
  readonly #free = new Map<string, Float64Array>();
  readonly #rows = new Map<string, number>();

  #columnsVersion = 0;

  get size(): number {
    return this.hosts.length;
  }

  /** Another one when columns are others, or profiles are: what was prepared for the former is not of these any more. */
  get layout(): number {
    return this.#columnsVersion + this.profiles.version;
  }

  /** By row: what can still be placed; undefined for a resource that no host reports. */
  free(resource: string): Float64Array | undefined {
    return this.#free.get(resource);
  }

  /** The row of an address that is placed on; undefined when no host is there. */
  rowOf(address: string): number | undefined {
    return this.#rows.get(address);
  }

  /** Adds the host, or takes in what has changed of it, or that another member of its cluster speaks for it. */
  set(host: HostState): void {
    let row = this.#rows.get(host.home);
    if (row === undefined) {
      row = this.hosts.push(host) - 1;
      this.#rows.set(host.home, row);
      if (row === this.ready.length) this.#grow();
    } else if (this.hosts[row] !== host) {
      this.profiles.delete(this.hosts[row]!);
      this.hosts[row] = host;
    }
    this.sources[row] = host.source;
    this.ready[row] = host.status === "ready" ? 1 : 0;
    this.measuredAt[row] = host.measuredAt;
    this.allocated[row] = host.allocated;
    this.profile[row] = this.profiles.idOf(host);
    for (const resource of host.resources.keys()) this.#column(resource);
    for (const [resource, column] of this.#free) column[row] = host.free(resource);
    this.changes.add(row);
  }

  /** @param home the address that was placed on */
  delete(home: string): void {
    const row = this.#rows.get(home);
    if (row === undefined) return;
    this.#rows.delete(home);
    const host = this.hosts[row]!;
    this.profiles.delete(host);
    // Order means nothing, so the last one takes the row that is left.
    const last = this.hosts.pop()!;
    this.sources.pop();
    this.changes.add(this.size);
    if (last === host) return;
    this.hosts[row] = last;
    this.#rows.set(last.home, row);
    this.set(last);
  }

  #column(resource: string): Float64Array {
    const known = this.#free.get(resource);
    if (known) return known;
    const column = new Float64Array(this.ready.length);
    this.#columnsVersion += 1;
    this.#free.set(resource, column);
    return column;
  }

  #grow(): void {
    const rows = this.ready.length * 2;
    this.#columnsVersion += 1;
    this.changes.keep(rows * changesPerRow);
    this.ready = grown(this.ready, new Uint8Array(rows));
    this.measuredAt = grown(this.measuredAt, new Float64Array(rows));
    this.allocated = grown(this.allocated, new Float64Array(rows));
    this.profile = grown(this.profile, new Uint32Array(rows));
    for (const [resource, column] of this.#free) this.#free.set(resource, grown(column, new Float64Array(rows)));
  }
}

function grown<C extends Uint8Array | Uint32Array | Float64Array>(column: C, larger: C): C {
  larger.set(column);
  return larger;
}
