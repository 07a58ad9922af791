import { ReeveError } from "@reeve/contract";
import { markOf } from "@reeve/driver-sdk/network";
import type { Point } from "@reeve/managers/network";
import { type NexusFaultKind, type NexusHold, seededRandom } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { readConfig } from "./switch-config.ts";
import { fresh, SwitchHouse, trunks } from "./switch-house.ts";

/*
 * Everything at once: ports come to trunks and access ports and leave them, networks come and go, the switch loses requests and
 * answers, runs some late, reloads with unsaved changes, its operator works on it, on our VLANs as well, and the manager is
 * killed. When all that is over and the manager has compared its device, the switch is what the rows say, and what is foreign is
 * as the operator left it.
 */

const { REEVE_FAULT_SEED, REEVE_SOAK_TURNS } = process.env;
/** Always the same in the short mode: a run that everybody waits for is no search. */
const seed = Number(REEVE_FAULT_SEED ?? (REEVE_SOAK_TURNS ? Math.floor(Math.random() * 2 ** 32) : 1));
/** Attachments that each port begins. */
const turns = Number(REEVE_SOAK_TURNS ?? 6);
/** Of the other parties' acts, in half a turn. */
type Chances = Partial<Record<"edit" | "trespass" | "save" | "rescan" | "late" | "kill" | "reload", number>>;
const lossy: Chances = { edit: 0.25, save: 0.05, rescan: 0.08, kill: 0.02 };
const hostile: Chances = { ...lossy, trespass: 0.12, late: 0.02, reload: 0.012 };
const unlucky: readonly (readonly [NexusFaultKind, number])[] = [
  ["reset-before-execution", 0.02],
  ["bad-gateway", 0.01],
  ["no-session", 0.02],
  ["duplicate", 0.02],
  ["reset-before-answer", 0.02],
  ["bad-gateway-after-execution", 0.02],
  ["reset-within-answer", 0.01],
  ["truncated-answer", 0.01],
  ["banner-before-answer", 0.01],
];
const isOurs = (id: number) => id >= 100 && id < 200;

// The hostile one by hand only: what an operator does to a VLAN between two of our commands nothing can fence, and what comes of
// that has to be looked at by somebody.
const modes: readonly (readonly [name: string, chances: Chances])[] = [
  ["requests are lost and the manager is killed", lossy],
  ["besides, commands run late, the switch reloads, and its operator edits what is ours", hostile],
];

test.each(REEVE_SOAK_TURNS ? modes : modes.slice(0, 1))(
  "%s: then the switch is what the rows say, and what is foreign as its operator left it",
  {
    timeout: 60_000 + turns * 5_000,
  },
  async (_, chances) => {
    console.log(`switch soak: REEVE_FAULT_SEED=${seed} REEVE_SOAK_TURNS=${turns} repeats it`);
    await using house = await SwitchHouse.open(seed);
    const soak = new Soak(house, chances);
    await soak.build();
    await soak.trouble();
    const unaccounted = await soak.settle();
    // A switch says nothing of whose a membership is: one that came back or came late is told, and removed by who names it.
    if (chances === lossy) expect(unaccounted).toEqual([]);
    await soak.expectRows();
    await soak.leave();
  },
);

class Soak {
  readonly #house: SwitchHouse;
  readonly #chances: Chances;
  readonly #random = seededRandom(seed);
  readonly #ports: string[] = [];
  readonly #refused = new Map<string, number>();
  #acts: Promise<void> = Promise.resolve();
  #acting = 0;
  #attached = 0;
  #late: NexusHold | undefined;

  constructor(house: SwitchHouse, chances: Chances) {
    this.#house = house;
    this.#chances = chances;
  }

  async build(): Promise<void> {
    for (let n = 0; n < 5; n++) await this.#network(`n${n}`, 4);
  }

  async trouble(): Promise<void> {
    const { faults } = this.#house.nexus;
    for (const [kind, probability] of unlucky) faults.add(kind, { probability });
    faults.refuse(/allowed vlan|access vlan|^name /, "ERROR: busy", { probability: 0.01 });
    const work = this.#ports.map((id) => this.#comeAndGo(id, turns));
    const guests = [0, 1].map(async (guest) => {
      for (let turn = 0; turn < turns / 4; turn++) await this.#visit(`guest-${guest}-${turn}`);
    });
    await Promise.all([...work, ...guests]);
    await this.#acts;
    faults.heal();
    console.log(`switch soak: ${this.#attached} attached; refused: ${JSON.stringify([...this.#refused])}`);
    expect(this.#attached).toBeGreaterThan(0);
  }

  /** @returns what was unaccounted, and has been removed */
  async settle(): Promise<readonly string[]> {
    const { clock, ops, address } = this.#house;
    await this.#house.serving();
    // Whatever the switch was asked for it has done, or never will.
    clock.advance(600_000);
    await this.#giveBack();
    await this.#untilQuiet();
    const { unaccounted } = await this.#rescan();
    for (const mark of unaccounted)
      expect(mark).toMatch(/^([0-9a-f]{12}|vlan 1\d\d of dc1 at switchport Ethernet1\/[1-8])$/);
    if (unaccounted.length > 0) await ops.at(address).removeUnaccounted({ marks: unaccounted, reason: "the soak" });
    await this.#untilQuiet();
    const { items } = await ops.listPorts({ limit: 1000 });
    for (const { id, status } of items) if (status === "error") await ops.detach({ portId: id });
    await this.#untilQuiet();
    expect((await this.#rescan()).unaccounted).toEqual([]);
    return unaccounted;
  }

  async expectRows(): Promise<void> {
    const { ops, nexus } = this.#house;
    const { items: ports } = await ops.listPorts({ limit: 1000 });
    const { items: networks } = await ops.listNetworks({ limit: 1000 });
    const vlanOf = new Map(networks.map(({ id, vlanId }) => [id, vlanId!]));
    const active = ports.filter(({ status }) => status !== "down");
    expect(active.filter(({ status }) => status !== "active")).toEqual([]);
    const members = active.map(({ networkId, wire }) => {
      if (wire?.kind !== "switchport") throw new Error(`expected a switchport, got ${JSON.stringify(wire)}`);
      return `${wire.interface} ${wire.tagging} ${vlanOf.get(networkId)}`;
    });
    const vlans = Object.fromEntries(active.map(({ networkId }) => [vlanOf.get(networkId), `rv-${markOf(networkId)}`]));
    const config = this.#config();
    expect(config.vlans).toEqual(vlans);
    expect(config.members).toEqual([...new Set(members)].sort());
    expect(config.foreign).toEqual(this.#twinConfig().foreign);
    // What is as it should be is left alone.
    nexus.audit.clear();
    await this.#rescan();
    expect(nexus.audit.commands({ who: "api", kind: "configure" })).toEqual([]);
  }

  async leave(): Promise<void> {
    const { ops } = this.#house;
    const { items: ports } = await ops.listPorts({ limit: 1000 });
    await Promise.all(ports.map(({ id }) => ops.detach({ portId: id })));
    for (const { id } of ports) await ops.deletePort({ id });
    const { items: networks } = await ops.listNetworks({ limit: 1000 });
    for (const { id } of networks) await ops.deleteNetwork({ id });
    expect(await ops.usage({ physicalNetwork: "dc1" })).toMatchObject({ networks: 0, ports: 0, attached: 0 });
    expect(await this.#rescan()).toMatchObject({ repaired: [], failed: [], dropped: [], unaccounted: [] });
    expect(this.#config()).toEqual({ ...this.#twinConfig(), vlans: {}, members: [] });
  }

  async #network(name: string, ports: number): Promise<string> {
    const { ops, address } = this.#house;
    const { id } = await ops.at(address).createNetwork({ name });
    await ops.createSubnet({ networkId: id, cidr: "10.0.0.0/24" });
    for (let n = 0; n < ports; n++)
      this.#ports.push((await ops.createPort({ networkId: id, name: `${name}-${n}` })).id);
    return id;
  }

  async #comeAndGo(portId: string, times: number): Promise<void> {
    const { ops, address } = this.#house;
    for (let turn = 0; turn < times; turn++) {
      await this.#rested(portId);
      const as = this.#point();
      if (await this.#tolerating(ops.attach({ portId, host: address, as }).result)) this.#attached++;
      this.#othersAct();
      if (this.#random() < 0.8) await this.#tolerating(ops.detach({ portId }));
      this.#othersAct();
    }
  }

  /** Resolves when no work on a port is under way, or after a while: it may be tried again long after the manager was killed. */
  async #rested(portId: string): Promise<void> {
    const isRested = async () => {
      const { status } = await this.#house.ops.getPort({ id: portId });
      if (status === "attaching" || status === "detaching") throw new Error(status);
    };
    await vi.waitFor(isRested, { timeout: 1_000, interval: 20 }).catch(() => {});
  }

  /** A network that is made, used and deleted, if all goes well. */
  async #visit(name: string): Promise<void> {
    const { ops, address } = this.#house;
    await this.#tolerating(
      (async () => {
        const network = await ops.at(address).createNetwork({ name });
        const { id } = await ops.createPort({ networkId: network.id, name });
        await this.#comeAndGo(id, 1);
        await ops.detach({ portId: id });
        await ops.deletePort({ id });
        await ops.deleteNetwork({ id: network.id });
      })(),
    );
  }

  #point(): Point {
    return this.#random() < 0.8
      ? { kind: "switchport", interface: this.#one(trunks), tagging: "tagged" }
      : { kind: "switchport", interface: this.#one(fresh), tagging: "untagged" };
  }

  /** @returns whether it went well */
  async #tolerating(promise: Promise<unknown>): Promise<boolean> {
    try {
      await promise;
      return true;
    } catch (error) {
      if (!(error instanceof ReeveError)) throw error;
      const { status } = (error.data ?? {}) as { readonly status?: string };
      const what = status === undefined ? error.reason : `${error.reason} ${status}`;
      this.#refused.set(what, (this.#refused.get(what) ?? 0) + 1);
      return false;
    }
  }

  /** By chance one of the other parties does something; one at a time, and nobody waits for it. */
  #othersAct(): void {
    let drawn = this.#random();
    for (const [act, chance] of Object.entries(this.#chances)) {
      drawn -= chance;
      if (drawn >= 0) continue;
      if (this.#acting > 3) return;
      this.#acting++;
      this.#acts = this.#acts
        .then(() => this.#act(act as keyof Chances))
        .finally(() => {
          this.#acting--;
        });
      return;
    }
  }

  async #act(act: keyof Chances): Promise<void> {
    const { nexus, ops, supervisor, address } = this.#house;
    switch (act) {
      case "edit":
        return this.#house.edit(this.#edit());
      case "trespass":
        // What the switch refuses is left.
        return void (await nexus.cli(this.#trespass()).catch(() => {}));
      case "save":
        return this.#house.edit("copy running-config startup-config");
      case "rescan":
        return void (await this.#tolerating(ops.at(address).rescan({})));
      case "late":
        this.#late?.release();
        this.#late = nexus.faults.hold("execution", { command: /allowed vlan|access vlan|^vlan 1/ });
        return;
      case "kill":
        return void supervisor.kill("network", address);
      case "reload":
        this.#late?.release();
        return this.#house.reload();
    }
  }

  #edit(): string {
    const vlan = 2000 + this.#below(60);
    return this.#one([
      `vlan ${vlan}`,
      `no vlan ${2002 + this.#below(40)}`,
      `interface ${this.#one(trunks)} ; switchport trunk allowed vlan add ${vlan}`,
      `interface ${this.#one(trunks)} ; switchport trunk allowed vlan remove ${2001 + this.#below(60)}`,
      `interface e1/${11 + this.#below(4)} ; description edit-${this.#below(1000)}`,
    ]);
  }

  /** The operator's edit of what is ours. */
  #trespass(): string {
    const vlan = 100 + this.#below(7);
    return this.#one([
      `no vlan ${vlan}`,
      `vlan ${vlan} ; state suspend`,
      `vlan ${vlan} ; name taken-${vlan}`,
      `interface ${this.#one(trunks)} ; switchport trunk allowed vlan remove ${vlan}`,
      `interface ${this.#one(trunks)} ; switchport trunk allowed vlan add ${vlan}`,
      `interface ${this.#one(fresh)} ; no switchport access vlan`,
    ]);
  }

  async #untilQuiet(): Promise<void> {
    const { ops } = this.#house;
    await vi.waitFor(
      async () => {
        const { items } = await ops.listPorts({ limit: 1000 });
        expect(items.filter(({ status }) => status === "attaching" || status === "detaching")).toEqual([]);
        expect(await this.#rescan()).toMatchObject({ restarted: false, repaired: [], failed: [], dropped: [] });
      },
      { timeout: 30_000, interval: 50 },
    );
  }

  /** The operator gives back the VLANs that were taken, with what is in them. */
  async #giveBack(): Promise<void> {
    const { nexus } = this.#house;
    const { vlans, members } = this.#config();
    for (const [id, name] of Object.entries(vlans)) if (!name.startsWith("rv-")) await nexus.cli(`no vlan ${id}`);
    const left = this.#config().vlans;
    for (const member of members) {
      const [name, how, id] = member.split(" ") as [string, string, string];
      if (id in left) continue;
      const isListed = how === "tagged" || how === "listed";
      const leave = isListed ? `switchport trunk allowed vlan remove ${id}` : "no switchport access vlan";
      await nexus.cli(`interface ${name} ; ${leave}`);
    }
  }

  #rescan() {
    return this.#house.ops.at(this.#house.address).rescan({});
  }

  #config() {
    return readConfig(this.#house.nexus.runningConfig(), isOurs, fresh);
  }

  #twinConfig() {
    return readConfig(this.#house.twin.runningConfig(), isOurs, fresh);
  }

  #one<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)]!;
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }
}
