import assert from "node:assert/strict";
import type { AttachmentSpec, SegmentSpec } from "../../network/index.ts";
import type { NetworkCase } from "./network-case.ts";
import type { CommandFault, NetworkCall } from "./network-device.ts";
import type { NetworkRig } from "./network-rig.ts";

/** More commands than any call needs: a bound for a loop that ends by itself. */
const mostCommands = 200;

type Signal = { readonly signal?: AbortSignal };

/** One network and one port, and how the device looks at each stage of their life. */
class Life {
  readonly rig: NetworkRig;
  readonly network: SegmentSpec;
  readonly port: AttachmentSpec;
  /** By stage: nothing is there, the segment, the port too. */
  #looks: readonly (readonly string[])[] = [];

  constructor(rig: NetworkRig) {
    this.rig = rig;
    this.network = rig.network(0);
    this.port = rig.port(0, this.network);
  }

  /** What a driver makes once for a device, and keeps, is there from here on. */
  async begin(): Promise<void> {
    await this.to(2);
    await this.to(0);
    const looks: (readonly string[])[] = [];
    for (const stage of [0, 1, 2]) {
      await this.to(stage);
      looks.push(await this.rig.facts());
    }
    this.#looks = looks;
    await this.to(0);
  }

  /** Makes it be at a stage, from whatever it is at. */
  async to(stage: number): Promise<void> {
    if (stage < 2) await this.rig.detach(this.port);
    if (stage < 1) await this.rig.remove(this.network);
    if (stage > 0) await this.rig.ensure(this.network);
    if (stage > 1) await this.rig.attach(this.port);
  }

  async isAt(stage: number, because: string): Promise<void> {
    await this.rig.carries(stage > 0 ? [this.network] : [], stage > 1 ? [this.port] : []);
    await this.rig.unchanged(this.#looks[stage]!, because);
  }

  /** Asserts that what is on the device is one of the stages, or is listed as different or left over. */
  async isAccountedFor(because: string): Promise<void> {
    const { segments, attachments, leftovers } = await this.rig.listed();
    if (leftovers.length > 0 || [...segments, ...attachments].some(({ differs }) => differs.length > 0)) return;
    const facts = JSON.stringify(await this.rig.facts());
    const stage = this.#looks.findIndex((look) => JSON.stringify(look) === facts);
    assert.ok(stage >= 0, `${because}: something half made is neither listed as different nor left over: ${facts}`);
    await this.isAt(stage, because);
  }
}

interface Step {
  readonly what: string;
  readonly from: number;
  readonly to: number;
  run(life: Life, options: Signal): Promise<unknown>;
}

const steps: readonly Step[] = [
  { what: "ensureSegment", from: 0, to: 1, run: ({ rig, network }, options) => rig.ensure(network, options) },
  { what: "attach", from: 1, to: 2, run: ({ rig, port }, options) => rig.attach(port, options) },
  { what: "detach", from: 2, to: 1, run: ({ rig, port }, options) => rig.detach(port, options) },
  { what: "removeSegment", from: 1, to: 0, run: ({ rig, network }, options) => rig.remove(network, options) },
];

const faults: Readonly<Record<CommandFault, string>> = {
  abort: "is aborted at any command",
  refused: "fails at any command",
  lost: "loses the answer to any command",
  silent: "never hears the answer to any command",
};

async function strike(life: Life, { what, from, to, run }: Step, at: number, fault: CommandFault): Promise<boolean> {
  const because = `${what} that ${faults[fault]}: command ${at}`;
  await life.to(from);
  const before = JSON.stringify(await life.rig.facts());
  const { struck, outcome } = await life.rig.faulted(at, fault, (options) => run(life, options));
  if (outcome.status === "fulfilled") await life.isAt(to, `${because} succeeded`);
  else await life.isAccountedFor(because);
  if (outcome.status === "rejected" && fault === "refused" && JSON.stringify(await life.rig.facts()) !== before) {
    const { data } = outcome.reason as { data?: { applied?: unknown } };
    assert.ok(
      Array.isArray(data?.applied) && data.applied.length > 0,
      `${because}: the device has changed, and data.applied does not say what took effect`,
    );
  }
  return struck;
}

const interrupted: readonly NetworkCase[] = Object.keys(faults).flatMap((name) => {
  const fault = name as CommandFault;
  return steps.map(
    (step): NetworkCase => ({
      promise: `${step.what} that ${faults[fault]} has done all, nothing, or what is listed; again it is finished, and it can be undone`,
      async hold(rig) {
        const life = new Life(rig);
        await life.begin();
        for (let at = 1; await strike(life, step, at, fault); at++) {
          assert.ok(at <= mostCommands, `${step.what} sends more than ${mostCommands} commands`);
          await step.run(life, {});
          await life.isAt(step.to, `${step.what} again after command ${at}`);
          await strike(life, step, at, fault);
          await life.to(step.from);
          await life.isAt(step.from, `${step.what} undone after command ${at}`);
        }
      },
    }),
  );
});

const killed: readonly NetworkCase[] = [
  { what: "making a network and attaching a port", from: 0, to: 2 },
  { what: "detaching a port and removing its network", from: 2, to: 0 },
].map(({ what, from, to }) => ({
  promise: `${what}: a process that is killed at any command leaves all, nothing, or what is listed, and the next one finishes it`,
  async hold(rig) {
    const life = new Life(rig);
    await life.begin();
    const { network, port } = life;
    const { networkId, segment, physicalNetwork } = network;
    const calls: readonly NetworkCall[] =
      to === 2
        ? [
            { method: "ensureSegment", input: network },
            { method: "attach", input: port },
          ]
        : [
            { method: "detach", input: { ...port, last: true } },
            { method: "removeSegment", input: { networkId, segment, physicalNetwork } },
          ];
    for (let at = 1; ; at++) {
      assert.ok(at <= mostCommands, `${what} takes more than ${mostCommands} commands`);
      await life.to(from);
      const end = await rig.device.killed(at, calls);
      await rig.restart();
      if (end === "killed") await life.isAccountedFor(`${what}, killed at command ${at}`);
      else await life.isAt(to, `${what} in another process`);
      await life.to(to);
      await life.isAt(to, `${what} again, after one that was killed at command ${at}`);
      if (end === "finished") return assert.ok(at > 1, "no command was sent");
    }
  },
}));

export const interruption: readonly NetworkCase[] = [...interrupted, ...killed];
