import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@reeve/contract";
import { check, complaintsIn, until } from "@reeve/example-telling";
import type { Volume } from "@reeve/managers/volume";
import { type NatsServer, natsServer, type PostgresServer, postgresServer } from "@reeve/testing";
import { Account, type Asked } from "./account.ts";
import { CallerProcess } from "./caller-process.ts";
import { holdOf } from "./held-up.ts";
import { HostProcess } from "./host-process.ts";
import {
  type CallerName,
  callers,
  pageHost,
  rules,
  type SchedulerHost,
  type StorageHost,
  schedulerHosts,
  storageHosts,
} from "./rules.ts";
import type { Settings } from "./settings.ts";

export type Host = StorageHost | SchedulerHost;
export const hosts: readonly Host[] = [...storageHosts, ...schedulerHosts];

/** Every volume has this size: 16 MiB. */
export const sizeGiB = 1 / 64;

/** A broker, a database, five hosts and two callers, each a process of its own; and what the callers were told. */
export class Rack {
  readonly directory: string;
  readonly broker: NatsServer;
  readonly database: PostgresServer;
  /** Of the database that the hosts share. */
  readonly databaseUrl: string;
  readonly account = new Account();
  /** Ids of volumes that were deleted. */
  readonly deleted = new Set<string>();
  /** Of hosts that were ended with SIGTERM. */
  readonly codes = new Map<Host, number | null>();
  readonly #hosts = new Map<Host, HostProcess>();
  readonly #callers = new Map<CallerName, CallerProcess>();
  /** What asks again under each key. */
  readonly #asking = new Map<string, () => Promise<Volume>>();
  /** Serves the page, where there is one. */
  #pageHost: HostProcess | undefined;

  private constructor(directory: string, broker: NatsServer, database: PostgresServer, url: string) {
    this.directory = directory;
    this.broker = broker;
    this.database = database;
    this.databaseUrl = url;
  }

  /**
   * The broker, the database, and the page of all hosts, which are started by the first step.
   *
   * @param inspected whether there is a page
   */
  static async open(inspected: boolean): Promise<Rack> {
    const directory = mkdtempSync(join(tmpdir(), "reeve-rack-"));
    chmodSync(directory, 0o755);
    // The broker finds the passwords of its users in its environment, as whoever runs one would give them to it. One that
    // begins with a digit would be taken for a number there.
    for (const name of [...hosts, ...callers, pageHost])
      process.env[variableOf(name)] = `p${randomBytes(12).toString("hex")}`;
    const [broker, database] = await Promise.all([natsServer({ config: rules.config }), postgresServer()]);
    const rack = new Rack(directory, broker, database, await database.createDatabase());
    if (inspected) rack.#pageHost = HostProcess.launch("page", rack.#settings(pageHost), passwordOf(pageHost));
    return rack;
  }

  /** Starts a host, or starts it again; resolves when its managers serve. */
  async start(host: Host): Promise<void> {
    const script = storageHosts.some((storage) => storage === host) ? "storage" : "scheduler";
    const started = HostProcess.launch(script, this.#settings(host), passwordOf(host));
    this.#hosts.set(host, started);
    await started.ready;
  }

  /** Starts callers that know nothing but the broker. */
  async connect(): Promise<void> {
    await Promise.all(
      callers.map(async (name) =>
        this.#callers.set(name, await CallerProcess.start(this.#settings(name), passwordOf(name))),
      ),
    );
  }

  /** Kill -9. */
  async kill(host: Host): Promise<number> {
    const killed = this.#hosts.get(host)!;
    await killed.end("SIGKILL");
    return killed.pid;
  }

  /** SIGTERM to all that run; resolves with their exit codes. */
  async stop(): Promise<void> {
    await Promise.all(
      [...this.#hosts].map(async ([host, running]) => this.codes.set(host, await running.end("SIGTERM"))),
    );
  }

  get page(): Promise<string> | undefined {
    return this.#pageHost?.ready;
  }

  caller(name: CallerName): CallerProcess {
    return this.#callers.get(name)!;
  }

  /** Has a caller create a volume under a key, on a backend with these labels, and notes what it is told. */
  create(caller: CallerName, key: string, labels: Readonly<Record<string, string>> = { media: "ssd" }): Promise<Asked> {
    const order = {
      contract: "volume",
      operation: "create",
      input: { name: key, sizeGiB, labels },
      options: { idempotencyKey: key, timeout: "2m" },
    } as const;
    const asking = () => this.caller(caller).call<Volume>(order);
    this.#asking.set(key, asking);
    return this.account.note(key, asking());
  }

  /** Every volume, asked for at that address or at any. */
  async list(at?: string, caller: CallerName = "cli-01"): Promise<readonly Volume[]> {
    const found: Volume[] = [];
    let cursor: string | undefined;
    do {
      const page: Page<Volume> = await this.caller(caller).call({
        contract: "volume",
        operation: "list",
        at,
        input: { limit: 100, ...(cursor === undefined ? {} : { cursor }) },
        options: { timeout: "20s" },
      });
      found.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined);
    return found;
  }

  /** The backends that a scheduler knows, as soon as there are so many. */
  backends(count: number): Promise<readonly string[]> {
    return until(`${count} backends to be known`, async () => {
      const order = { contract: "scheduler", operation: "hosts", input: {}, options: { timeout: "5s" } } as const;
      const { items } = await this.caller("cli-01").call<Page<{ readonly address: string }>>(order);
      return items.length >= count ? items.map(({ address }) => address) : undefined;
    });
  }

  /** Resolves when no volume is on its way any more. */
  async settled(): Promise<void> {
    await until(
      "every volume to be settled",
      async () => (await this.list()).every(({ status }) => status === "available" || status === "error") || undefined,
    );
  }

  /** Asks again under the key: what was told before must be true, and what was left open is told now. @throws Error saying what is not */
  async consistent(key: string): Promise<void> {
    const before = this.account.of(key);
    const again = await until(`an answer under ${key}`, () => this.account.answer(key, this.#asking.get(key)!()));
    const named = (await this.list()).filter(({ name, status }) => name === key && status === "available");
    check(named.length <= 1, `${key} was made ${named.length} times`);
    if (before?.volume) check(named[0]?.id === before.volume.id, `${key} was acknowledged, and is another volume now`);
    if (again.volume) check(named[0]?.id === again.volume.id, `${key} is acknowledged, and not there`);
    else check(named.length === 0, `${key} is there, and its caller is told ${again.failure}`);
  }

  /** Which manager works on the volume of that name, by the journal. */
  async workerOn(name: string): Promise<string | undefined> {
    const text = `select w."holderAddress" as address from reeve_work w join volume_volumes v on v.id = w.resource where v.name = $1`;
    const [row] = await this.database.query(text, [name], this.databaseUrl);
    return row === undefined ? undefined : String(row.address);
  }

  /** How many durable casts wait to be carried out. */
  async keptCasts(): Promise<number> {
    const text = "select count(*)::int as count from reeve_outbox where state in ('waiting', 'sent')";
    const [row] = await this.database.query(text, [], this.databaseUrl);
    return Number(row?.count);
  }

  /** What a backend makes from now on waits. Returns what lets it go on. */
  hold(address: string): () => void {
    const file = holdOf(this.directory, address);
    writeFileSync(file, "");
    return () => rmSync(file, { force: true });
  }

  /** What the hosts have warned of last. */
  complaints(): string {
    const told = [...this.#hosts.keys()].map(
      (host) => [host, complaintsIn(join(this.directory, `${host}.log`))] as const,
    );
    return told.map(([host, lines]) => `${host}:\n${lines}`).join("\n");
  }

  /** What the broker refused, but for what each host tries at its start to see whether it is refused. */
  get denied(): readonly string[] {
    const lines = this.broker.log.split("\n");
    return lines.filter((line) => / Violation /.test(line) && !line.includes("somebody-else"));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#callers.values(), ...this.#pages].map((running) => running.done()));
    await this.database.close();
    await this.broker.close();
    this.remove();
  }

  /** Ends what runs at once, and leaves nothing behind. */
  remove(): void {
    for (const running of [...this.#hosts.values(), ...this.#callers.values(), ...this.#pages]) running.abandon();
    rmSync(this.directory, { recursive: true, force: true });
  }

  get #pages(): readonly HostProcess[] {
    return this.#pageHost ? [this.#pageHost] : [];
  }

  #settings(host: string): Settings {
    return { host, servers: this.broker.url, database: this.databaseUrl, directory: this.directory };
  }
}

function variableOf(name: string): string {
  return `REEVE_${name.toUpperCase().replaceAll("-", "_")}`;
}

function passwordOf(name: string): string {
  return process.env[variableOf(name)]!;
}
