import { job, type Recoverers } from "@reeve/runtime";
import type { NetworkFault, PortStatus } from "./network.ts";
import type { NetworkStore } from "./store.ts";

/** Which attachment work is about: a port that has been attached again since is another one's. */
interface OfAttachment {
  readonly networkId: string;
  readonly generation: number;
}

/** How the port was when its detachment began. */
interface Detaching extends OfAttachment {
  readonly was: PortStatus;
  readonly fault: NetworkFault | null;
}

/** The kinds of work that the network managers journal, by port, and what each remembers. */
export const networkJobs = {
  "port.attaching": job<OfAttachment>(),
  "port.detaching": job<Detaching>(),
  /** A device that lost or changed a port is asked for it again. */
  "port.repairing": job<OfAttachment>(),
};

export type NetworkJobs = typeof networkJobs;
export type NetworkRecoverers = Recoverers<NetworkStore, NetworkJobs>;
