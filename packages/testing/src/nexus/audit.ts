/** Who gave a command: a client of NX-API, the operator's {@link NexusSimulator.cli}, or the switch itself while it starts. */
export type NexusActor = "api" | "operator" | "startup";

/** What a command is there for. */
export type NexusCommandKind = "show" | "configure" | "exec";

/** One executed command. */
export interface NexusAuditEntry {
  /** Milliseconds since 1970, by the switch's clock. */
  readonly at: number;
  readonly who: NexusActor;
  /** Number of the request that brought it, from 1; 0 for what came by none. */
  readonly request: number;
  /** As it was given, without spaces around it. */
  readonly command: string;
  /** Where it was given: `exec`, `config`, `vlan 7`, `interface Ethernet1/7`. */
  readonly mode: string;
  readonly kind: NexusCommandKind;
  /** What the switch said when it refused it. */
  readonly refused?: string | undefined;
  /** Whether the running configuration differs from before. */
  readonly changed: boolean;
}

export interface NexusAuditFilter {
  readonly who?: NexusActor;
  readonly kind?: NexusCommandKind;
  /** Only what was executed, or only what was refused. Default both. */
  readonly refused?: boolean;
}

/** Every command that was executed, in the order of their effects. */
export class NexusAudit {
  readonly #entries: NexusAuditEntry[] = [];
  #requests = 0;
  #requestsCleared = 0;
  #logins = 0;

  /** Requests that reached the switch and were read whole, whatever became of them. */
  get requests(): number {
    return this.#requests - this.#requestsCleared;
  }

  /** How often a password was checked: a client that keeps the cookie logs in once in 600 s. */
  get logins(): number {
    return this.#logins;
  }

  get entries(): readonly NexusAuditEntry[] {
    return this.#entries;
  }

  /**
   * The commands that match, as they were given.
   *
   * @example
   * ```ts
   * expect(nexus.audit.commands({ who: "api", kind: "configure" })).toEqual([]);
   * ```
   */
  commands({ who, kind, refused }: NexusAuditFilter = {}): string[] {
    return this.#entries
      .filter((entry) => who === undefined || entry.who === who)
      .filter((entry) => kind === undefined || entry.kind === kind)
      .filter((entry) => refused === undefined || (entry.refused !== undefined) === refused)
      .map((entry) => entry.command);
  }

  /** Forgets all and counts from 0; the numbers of requests go on. */
  clear(): void {
    this.#entries.length = 0;
    this.#requestsCleared = this.#requests;
    this.#logins = 0;
  }

  /** @internal */
  record(entry: NexusAuditEntry): void {
    this.#entries.push(entry);
  }

  /** @internal Returns the request's number. */
  countRequest(): number {
    this.#requests += 1;
    return this.#requests;
  }

  /** @internal */
  countLogin(): void {
    this.#logins += 1;
  }
}
