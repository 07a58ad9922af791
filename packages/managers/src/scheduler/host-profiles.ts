import type { CandidateHost } from "./host-state.ts";

/** What hosts have in common, and what requests ask of it. */
export interface HostProfile {
  readonly availabilityZone: unknown;
  readonly labels: unknown;
}

interface Shared {
  readonly id: number;
  readonly key: string;
  hosts: number;
}

/** Numbers the different profiles, so that a placement judges each once however many hosts have it. */
export class HostProfiles {
  readonly #byId: (HostProfile | undefined)[] = [];
  readonly #byKey = new Map<string, Shared>();
  readonly #byHost = new Map<CandidateHost, Shared>();
  readonly #unused: number[] = [];
  #version = 0;

  /** Another one when a number stands for another profile, or a new one. */
  get version(): number {
    return this.#version;
  }

  /** The number of the host's profile as it is now. */
  idOf(host: CandidateHost): number {
    const { availabilityZone, labels } = host.capabilities;
    const key = JSON.stringify([availabilityZone, labels]);
    const before = this.#byHost.get(host);
    if (before?.key === key) return before.id;
    this.delete(host);
    const shared = this.#byKey.get(key) ?? this.#add(key, { availabilityZone, labels });
    shared.hosts += 1;
    this.#byHost.set(host, shared);
    return shared.id;
  }

  delete(host: CandidateHost): void {
    const shared = this.#byHost.get(host);
    if (!shared) return;
    this.#byHost.delete(host);
    shared.hosts -= 1;
    if (shared.hosts > 0) return;
    this.#byKey.delete(shared.key);
    this.#byId[shared.id] = undefined;
    this.#unused.push(shared.id);
  }

  /** By number: 1 for each profile that passes. */
  judge(passes: (profile: HostProfile) => boolean): Uint8Array {
    return Uint8Array.from(this.#byId, (profile) => (profile && passes(profile) ? 1 : 0));
  }

  #add(key: string, profile: HostProfile): Shared {
    const id = this.#unused.pop() ?? this.#byId.length;
    this.#byId[id] = profile;
    this.#version += 1;
    const shared = { id, key, hosts: 0 };
    this.#byKey.set(key, shared);
    return shared;
  }
}
