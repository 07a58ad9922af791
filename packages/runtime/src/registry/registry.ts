import { reeveError } from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import type { Ids } from "../base/ids.ts";
import type { Database, Session } from "../store/index.ts";
import { fence, fenced } from "./fence.ts";
import type {
  ClusterRecord,
  FenceState,
  Incumbent,
  RegisterOptions,
  Registration,
  ServiceRecord,
} from "./registration.ts";
import { type RegistryQueries, registryQueries } from "./registry-queries.ts";
import { type NameKind, registryStore } from "./registry-store.ts";
import { storeIdentity } from "./store-identity.ts";

export interface RegistryOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
}

const bounded = { timeoutMs: 10_000 };
/** One after the other: the rows of many that start together lie side by side, and each would be in conflict with all others. */
const inTurn = { ...bounded, alone: { layout: registryStore.layout, table: "service" } };

/** The service records of all managers on a database, and the epochs of their incarnations. */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #queries: RegistryQueries;
  /** The identity of the database. */
  readonly store: string;

  private constructor(options: RegistryOptions, store: string) {
    this.store = store;
    this.#options = options;
    this.#queries = registryQueries(options.database);
  }

  /** @throws ReeveError `MIGRATION_REFUSED`, `STORE_FAILED` */
  static async open(options: RegistryOptions): Promise<Registry> {
    await options.database.migrate(registryStore);
    return new Registry(options, await storeIdentity(options));
  }

  /**
   * Registers a new incarnation: finds or creates the record of its address, and raises the epoch, so that every earlier
   * incarnation is fenced. One transaction; registrations made together share a commit.
   *
   * @throws ReeveError `INVALID_OPTION` when the address belongs to another cluster than `cluster`, unless `moveCluster`:
   * the record and what the manager listens on would disagree; `FENCED` when another has registered since `after`
   */
  async register(options: RegisterOptions): Promise<Registration> {
    const { database } = this.#options;
    const { manager, address } = options;
    const registered = await database.write(async (session) => {
      const record = await this.#record(session, options);
      return { ...record, epoch: await this.#raise(session, options) };
    }, inTurn);
    return {
      manager,
      address,
      incarnation: this.#options.ids(),
      store: this.store,
      ...registered,
      fence: fence(this.#queries, { manager, address }, registered.epoch),
    };
  }

  /**
   * Takes the names of a host and of its cluster. They are of one kind for ever, as addresses that were given out are.
   *
   * @throws ReeveError `INVALID_OPTION` when the host has the name of a cluster, or the cluster that of a host
   */
  async takeNames(host: string, cluster: string | undefined): Promise<void> {
    const wanted = new Map<string, NameKind>([[host, "host"]]);
    if (cluster !== undefined) wanted.set(cluster, "cluster");
    const { builders } = this.#options.database.reading(registryStore);
    const known = await builders
      .selectFrom("names")
      .selectAll()
      .where("name", "in", [...wanted.keys()])
      .execute();
    // Most starts are not the first: no commit for those.
    if (known.length === wanted.size && known.every(({ name, kind }) => wanted.get(name) === kind)) return;
    await this.#options.database.write(async (session) => {
      for (const [name, kind] of wanted) await this.#takeName(session, name, kind);
    }, bounded);
  }

  /**
   * Fences the incarnation of one epoch at another address, so that its work can be finished. Returns what the fence row says
   * then: where `raisedBy` is null, a newer incarnation lives there, and nothing was changed. Of many that do so at once, one
   * raises the epoch.
   *
   * @param by the address that does it
   */
  async fencePeer(peer: Incumbent, epoch: number, by: string): Promise<FenceState> {
    return this.#options.database.write((session) => this.fencePeerWithin(session, peer, epoch, by), bounded);
  }

  /** The same in an open transaction, for what must not be done by two. */
  async fencePeerWithin(
    session: Session,
    { manager, address }: Incumbent,
    epoch: number,
    by: string,
  ): Promise<FenceState> {
    const [raised] = await this.#queries.fencePeer.run(session, { manager, address, epoch, by });
    if (raised) return { epoch: raised.epoch, raisedBy: by };
    const [found] = await this.#queries.shareEpoch.run(session, { manager, address });
    return found ?? { epoch: 0, raisedBy: null };
  }

  /** Whether an address is still fenced by a peer, at this epoch; until the commit nobody registers there. */
  async staysFenced(session: Session, { manager, address }: Incumbent, epoch: number): Promise<boolean> {
    const [found] = await this.#queries.shareEpoch.run(session, { manager, address });
    return found?.epoch === epoch && found.raisedBy !== null;
  }

  /** Says whether other members of its cluster may finish the work of an address. */
  async share({ manager, address }: Incumbent, shared: boolean): Promise<void> {
    await this.#options.database.write(async (session) => {
      await this.#options.database
        .within(session, registryStore)
        .updateTable("service")
        .set({ shared })
        .where("manager", "=", manager)
        .where("address", "=", address)
        .execute();
    }, inTurn);
  }

  /** What the database knows of one address; undefined where nobody has ever registered there. */
  async find({
    manager,
    address,
  }: Incumbent): Promise<(ClusterRecord & { readonly cluster: string | null }) | undefined> {
    return this.#options.database
      .reading(registryStore)
      .builders.selectFrom("service")
      .innerJoin("fence", (join) =>
        join.onRef("fence.manager", "=", "service.manager").onRef("fence.address", "=", "service.address"),
      )
      .select(["service.address", "cluster", "shared", "epoch", "raisedBy"])
      .where("service.manager", "=", manager)
      .where("service.address", "=", address)
      .executeTakeFirst();
  }

  /** The addresses that belong to a cluster, whether or not anybody lives there. */
  async membersOf(manager: string, cluster: string): Promise<readonly ClusterRecord[]> {
    return this.#options.database
      .reading(registryStore)
      .builders.selectFrom("service")
      .innerJoin("fence", (join) =>
        join.onRef("fence.manager", "=", "service.manager").onRef("fence.address", "=", "service.address"),
      )
      .select(["service.address", "shared", "epoch", "raisedBy"])
      .where("service.manager", "=", manager)
      .where("cluster", "=", cluster)
      .execute();
  }

  /** Whether no newer incarnation has registered, and nobody fenced this one. */
  async isCurrent({ manager, address }: Incumbent, epoch: number): Promise<boolean> {
    const row = await this.#options.database
      .reading(registryStore)
      .builders.selectFrom("fence")
      .select("epoch")
      .where("manager", "=", manager)
      .where("address", "=", address)
      .executeTakeFirst();
    return row?.epoch === epoch;
  }

  /** The records of a manager's addresses, in order of address. */
  async services(manager: string): Promise<readonly ServiceRecord[]> {
    return this.#options.database
      .reading(registryStore)
      .builders.selectFrom("service")
      .innerJoin("fence", (join) =>
        join.onRef("fence.manager", "=", "service.manager").onRef("fence.address", "=", "service.address"),
      )
      .select(["service.id as serviceId", "service.manager", "service.address", "cluster", "version", "epoch"])
      .where("service.manager", "=", manager)
      .orderBy("service.address")
      .execute();
  }

  async #record(session: Session, options: RegisterOptions) {
    const { manager, address, version, moveCluster = false } = options;
    const { ids, clock } = this.#options;
    const cluster = options.cluster ?? null;
    const [known] = await this.#queries.findService.run(session, { manager, address });
    const before = known?.cluster ?? null;
    if (before !== null && before !== cluster && !moveCluster) throw moved(options, before);
    const service = { id: known?.id ?? ids(), manager, address, cluster, version };
    await this.#queries.putService.run(session, { ...service, registeredAt: new Date(clock.wallNow()) });
    return { serviceId: service.id, addedToCluster: before === null && cluster !== null };
  }

  async #takeName(session: Session, name: string, kind: NameKind): Promise<void> {
    const { builders } = this.#options.database.queries(session, registryStore);
    await builders
      .insertInto("names")
      .values({ name, kind })
      .onConflict((taken) => taken.column("name").doNothing())
      .execute();
    const known = await builders.selectFrom("names").select("kind").where("name", "=", name).executeTakeFirst();
    if (known?.kind === kind) return;
    throw reeveError("INVALID_OPTION", `${kind}: "${name}" is the name of a ${known?.kind}; give the ${kind} another`, {
      code: "FAILED_PRECONDITION",
    });
  }

  async #raise(session: Session, { manager, address, after }: RegisterOptions): Promise<number> {
    const incumbent = { manager, address };
    if (after !== undefined) {
      const [followed] = await this.#queries.followEpoch.run(session, { ...incumbent, after });
      if (followed) return followed.epoch;
      const [found] = await this.#queries.shareEpoch.run(session, incumbent);
      // A row that is gone was no incarnation's doing.
      if (found) throw fenced(incumbent, after, found);
    }
    const [raised] = await this.#queries.raiseEpoch.run(session, incumbent);
    return raised!.epoch;
  }
}

function moved({ manager, address, cluster }: RegisterOptions, known: string): Error {
  const now = cluster === undefined ? "it is configured with none" : `it is configured with "${cluster}"`;
  return reeveError(
    "INVALID_OPTION",
    `cluster: ${manager} at ${address} belongs to cluster "${known}", but ${now}; configure "${known}", or allow the move`,
    { code: "FAILED_PRECONDITION", data: { cluster: known } },
  );
}
