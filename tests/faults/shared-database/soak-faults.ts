import type { CommitProxy } from "../../postgres/commit-proxy.test-kit.ts";
import type { DatabaseFault } from "./database-faults.ts";
import type { Estate } from "./estate.ts";
import type { HostSettings } from "./host-settings.ts";

export type SoakHost = Omit<HostSettings, "servers" | "database" | "directory">;

export interface SoakFault {
  readonly name: string;
  strike(scene: SoakScene): Promise<void>;
}

export interface SoakScene {
  readonly estate: Estate;
  readonly proxy: CommitProxy;
  readonly settings: readonly SoakHost[];
  readonly random: () => number;
}

const lasts = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function anyOf({ settings, random }: SoakScene): SoakHost {
  return settings[Math.floor(random() * settings.length)]!;
}

/** What befalls the processes of a soak: hosts, broker and database, alone and together. */
export function soakFaults(ofDatabase: readonly DatabaseFault[]): readonly SoakFault[] {
  return [
    ...ofProcesses,
    ...ofDatabase.map(({ name, strike }) => ({
      name,
      strike: ({ estate, proxy, random }: SoakScene) => strike(estate, proxy, random() * 12_000),
    })),
  ];
}

const ofProcesses: readonly SoakFault[] = [
  {
    name: "a host killed",
    async strike(scene) {
      const { estate, random } = scene;
      const chosen = anyOf(scene);
      await estate.host(chosen.host).kill();
      await lasts(random() * 15_000);
      await estate.start(chosen);
    },
  },
  {
    name: "a host killed at a step",
    async strike(scene) {
      const { estate, random } = scene;
      const chosen = anyOf(scene);
      const host = estate.host(chosen.host);
      await host.arm(1 + Math.floor(random() * 500));
      await Promise.race([host.stopped(), lasts(10_000)]);
      await host.kill();
      await estate.start(chosen);
    },
  },
  {
    name: "a host paused",
    async strike(scene) {
      const host = scene.estate.host(anyOf(scene).host);
      host.signal("SIGSTOP");
      await lasts(1_000 + scene.random() * 19_000);
      host.signal("SIGCONT");
    },
  },
  {
    name: "a host stopped and started",
    async strike(scene) {
      const chosen = anyOf(scene);
      await scene.estate.host(chosen.host).stop();
      await scene.estate.start(chosen);
    },
  },
  { name: "the broker restarted", strike: ({ estate }) => estate.broker.restart() },
  {
    name: "the broker paused",
    async strike({ estate, random }) {
      await estate.broker.pause();
      await lasts(random() * 8_000);
      estate.broker.resume();
    },
  },
];
