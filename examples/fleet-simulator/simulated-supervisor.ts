const gibibyte = 2 ** 30;
/** As volume managers measure. */
const measuresEveryMs = 60_000;

type Status = "ready" | "degraded";

/** One backend of a supervisor, and what it would say of itself. */
interface SimulatedHost {
  readonly address: string;
  readonly totalGiB: number;
  usedGiB: number;
  status: Status;
  /** Measurements so far. */
  count: number;
  measureAt: number;
  isNews: boolean;
}

/** What one supervisor with several volume managers says of them on the wire: everything at first, then what is new, else that it lives. */
export class SimulatedSupervisor {
  readonly name: string;
  readonly hosts: readonly SimulatedHost[];
  alive = true;
  #sequence = 0;
  #life = 1;

  /** @param random where its backends begin: half full, more or less, and measuring at different times */
  constructor(index: number, backends: number, random: () => number, now: number) {
    this.name = `block-${index}`;
    this.hosts = Array.from({ length: backends }, (_, backend) => {
      const totalGiB = 500 + Math.floor(random() * 100) * 40;
      return {
        address: `${this.name}@disk${backend}`,
        totalGiB,
        usedGiB: Math.floor(totalGiB * random() * 0.8),
        status: random() < 0.95 ? "ready" : "degraded",
        count: 1,
        measureAt: now + random() * measuresEveryMs,
        isNews: false,
      };
    });
  }

  get subject(): string {
    return `reeve.sys.capabilities.${this.name}`;
  }

  /** Its next message to everybody. */
  news(now: number): string {
    const whole = this.#sequence === 0;
    for (const host of this.hosts) {
      if (host.measureAt > now) continue;
      host.measureAt += measuresEveryMs;
      host.count += 1;
      host.isNews = true;
    }
    const told = whole ? this.hosts : this.hosts.filter(({ isNews }) => isNews);
    this.#sequence += 1;
    const text = this.#message(whole, told, now);
    for (const host of told) host.isNews = false;
    return text;
  }

  /** Everything, for one that has asked. */
  answer(now: number): string {
    return this.#message(true, this.hosts, now);
  }

  /** It says nothing more, as after kill -9. */
  die(): void {
    this.alive = false;
  }

  /** Another life: a new sender, with a higher epoch. */
  return(): void {
    this.alive = true;
    this.#life += 1;
    this.#sequence = 0;
    for (const host of this.hosts) host.count = 1;
  }

  /** Something takes room, or gives it back. */
  fill(backend: number, part: number): void {
    const host = this.hosts[backend % this.hosts.length]!;
    host.usedGiB = Math.floor(host.totalGiB * part);
    host.count += 1;
    host.isNews = true;
  }

  #message(whole: boolean, hosts: readonly SimulatedHost[], now: number): string {
    const head = { type: "reeve.capabilities.v1", sender: `${this.name}-${this.#life}`, host: this.name };
    const entries = hosts.map((host) => this.#entry(host, now));
    return JSON.stringify({ ...head, sequence: this.#sequence, ...(whole ? { whole } : {}), entries });
  }

  #entry({ address, totalGiB, usedGiB, status, count, measureAt }: SimulatedHost, now: number) {
    const totalBytes = totalGiB * gibibyte;
    const provisionedBytes = usedGiB * gibibyte;
    const ageMs = Math.max(0, Math.min(measuresEveryMs, now + measuresEveryMs - measureAt));
    const set = {
      ...{ totalBytes, freeBytes: totalBytes - provisionedBytes, provisionedBytes, allocatedBytes: provisionedBytes },
      ...{ reservedBytes: 0, overcommitRatio: 1, volumes: Math.floor(usedGiB / 20), placed: [] },
      ...{ availabilityZone: `az-${totalGiB % 3}`, labels: { media: totalGiB % 7 === 0 ? "hdd" : "ssd" } },
    };
    return { manager: "volume", address, epoch: this.#life, status, count, ageMs: Math.floor(ageMs), full: true, set };
  }
}
