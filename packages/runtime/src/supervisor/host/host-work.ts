import type { Clock } from "../../base/clock.ts";
import { readAddress } from "../../config/index.ts";
import type { OtherProcesses } from "../../manager/other-processes.ts";
import { JournalListing, type ListedWork, type WorkHolder, type WorkQuery } from "../../recovery/index.ts";
import type { Registry, ServiceRecord } from "../../registry/index.ts";
import type { Database } from "../../store/index.ts";
import type { WorkPort } from "./work-port.ts";

/** Of many hosts on one database each reads all addresses: new ones are not that frequent. */
const rememberedMs = 30_000;
/** Of those that are looked through for what they have left. */
const mostDeserted = 1_000;

interface HostWorkOptions {
  readonly database: Database;
  readonly registry: Pick<Registry, "services">;
  readonly clock: Clock;
  /** Undefined where nobody else can be heard of. */
  readonly otherProcesses:
    | {
        readonly peers: Pick<OtherProcesses["peers"], "all" | "askHost">;
        readonly link: Pick<OtherProcesses["link"], "connected">;
      }
    | undefined;
}

interface Named {
  readonly manager: string;
  readonly address: string;
}

/** What the journal of a host's database holds, and who of its holders is no more. */
export class HostWork implements WorkPort {
  readonly #options: HostWorkOptions;
  readonly #listing: JournalListing;
  readonly #known = new Map<string, { readonly at: number; readonly services: Promise<readonly ServiceRecord[]> }>();

  constructor(options: HostWorkOptions) {
    this.#options = options;
    this.#listing = new JournalListing(options.database);
  }

  page(query: WorkQuery): Promise<readonly ListedWork[]> {
    return this.#listing.page(query);
  }

  async deserted(kinds: readonly string[], here: readonly WorkHolder[]): Promise<readonly WorkHolder[]> {
    const { otherProcesses } = this.#options;
    if (otherProcesses?.link.connected === false) return [];
    const known = (await Promise.all(kinds.map((kind) => this.#servicesOf(kind)))).flat();
    const own = new Set(here.map(nameOf));
    const unheard = this.#unheard(known.filter((service) => !own.has(nameOf(service))));
    const gone = unheard.map(({ manager, address }) => ({ manager, address, epoch: undefined }));
    const holding = await this.#listing.holding(gone.slice(0, mostDeserted));
    if (!otherProcesses || holding.length === 0) return holding;
    // A host that has just begun has not heard of everybody yet.
    const hosts = [...new Set(holding.map(({ address }) => readAddress("address", address).host))];
    const answers = await Promise.all(hosts.map((host) => otherProcesses.peers.askHost(host)));
    return answers.includes(false) ? [] : this.#unheard(holding);
  }

  #unheard<T extends Named>(some: readonly T[]): readonly T[] {
    const heard = new Set<string>();
    for (const member of this.#options.otherProcesses?.peers.all() ?? []) heard.add(nameOf(member));
    return some.filter((one) => !heard.has(nameOf(one)));
  }

  #servicesOf(kind: string): Promise<readonly ServiceRecord[]> {
    const { registry, clock } = this.#options;
    const known = this.#known.get(kind);
    if (known && clock.now() - known.at < rememberedMs) return known.services;
    const services = registry.services(kind);
    this.#known.set(kind, { at: clock.now(), services });
    services.catch(() => this.#known.delete(kind));
    return services;
  }
}

function nameOf({ manager, address }: Named): string {
  return `${manager}/${address}`;
}
