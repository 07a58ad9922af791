import type { Membership } from "../membership.ts";
import { RemoteClient, type RemoteClientOptions } from "./client/remote-client.ts";
import { AllTargets, type NearTargets } from "./client/remote-targets.ts";
import { RemoteServer, type RemoteServerOptions } from "./server/remote-server.ts";

export interface RemoteCallsOptions extends RemoteClientOptions, RemoteServerOptions {
  readonly membership: Membership;
  /** The managers of this process. */
  readonly near: NearTargets;
}

/** The calls between this process and others, both ways. */
export class RemoteCalls {
  /** Everybody who can be called, here and elsewhere. */
  readonly targets: AllTargets;
  readonly client: RemoteClient;
  readonly server: RemoteServer;

  constructor(options: RemoteCallsOptions) {
    this.client = new RemoteClient(options);
    this.server = new RemoteServer(options);
    this.targets = new AllTargets(options.near, options.membership, this.client);
  }

  /** Takes in nothing more, and ends the calls that have no answer. */
  close(): void {
    this.server.close();
    this.client.close();
    this.targets.close();
  }
}
