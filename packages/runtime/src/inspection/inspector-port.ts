import type { AnyContract, Ref } from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import type { FleetTransport } from "./fleet-channel.ts";
import type { HostFeed } from "./host-feed.ts";

/** What an inspector is given to look at. */
export interface InspectableRuntime {
  /** Of its own host. */
  readonly feed: HostFeed;
  readonly clock: Clock;
  /** Where the other hosts of the fleet are heard. Default: this host alone is shown. */
  readonly transport?: FleetTransport;
  /** First token of the fleet's subjects. Default `reeve`. */
  readonly namespace?: string;
  readonly log?: InspectorLog;
  /** Whether a process of that host shows that it lives, though it tells no news. Default: none does. */
  readonly alive?: (host: string) => boolean;
  /** Makes refs on behalf of who looks: the inspector acts, and asks, through the `host` contract. Default: it shows only. */
  readonly as?: (principal: { readonly user: string; readonly roles: readonly string[] }) => {
    ref<C extends AnyContract>(contract: C): Ref<C>;
  };
}

export interface InspectorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Shows a running control plane to people; given to `createSupervisor`. */
export interface Inspector {
  /** Resolves when it can be looked at. What happens to it afterwards never harms the runtime. */
  attach(runtime: InspectableRuntime): Promise<InspectorPage>;
}

export interface InspectorPage {
  /** What a person opens; holds the token. */
  readonly url: string;
  /** Resolves when the last viewer is gone. Idempotent, never rejects. */
  close(): Promise<void>;
}
