export {
  ManualClock,
  type RecordedLine,
  type RecordingLogger,
  recordingLogger,
  seededRandom,
  silentLogger,
} from "@reeve/runtime/internal";
export {
  type FaultScope,
  type FaultTransport,
  type FaultTransportOptions,
  faultTransport,
  type InjectedFault,
  type ProxyDirection,
  type TcpProxy,
  type TcpProxyOptions,
  tcpProxy,
} from "./faults/index.ts";
export { type LabKernel, type LabRun, type LabRunOptions, labKernel } from "./lab-kernel/index.ts";
export type { ClusterMember } from "./managers/cluster-member.ts";
export { fakeClock } from "./managers/fake-clock.ts";
export { type ClusterOptions, type LocalCluster, localCluster } from "./managers/local-cluster.ts";
export { type NatsCluster, type NatsClusterOptions, natsCluster } from "./managers/nats-cluster.ts";
export { sharedStore } from "./managers/shared-store.ts";
export { type TestedManager, type TestManagerOptions, testManager } from "./managers/test-manager.ts";
export {
  type NatsPermission,
  type NatsServer,
  type NatsServerOptions,
  type NatsServerTls,
  type NatsUser,
  natsServer,
  natsServerBinary,
} from "./nats-server/index.ts";
export {
  type NexusActor,
  type NexusAudit,
  type NexusAuditEntry,
  type NexusAuditFilter,
  type NexusCommandKind,
  type NexusDelays,
  type NexusFault,
  type NexusFaultKind,
  type NexusFaultScope,
  type NexusFaults,
  type NexusHold,
  type NexusPersonality,
  type NexusPersonalityName,
  type NexusPersonalityOption,
  type NexusPhase,
  NexusRefusal,
  type NexusSimulator,
  type NexusSimulatorOptions,
  nexusPersonalities,
  nexusSimulator,
  scaledClock,
} from "./nexus/index.ts";
export {
  type CommandSelector,
  type GroupMember,
  type Line,
  ownGroup,
  type PanelCall,
  type PanelCallListener,
  type PanelCommand,
  type PanelConfiguration,
  type PanelState,
  type PatchPanel,
  type PatchPanelOptions,
  type Plug,
  patchPanel,
  type Socket,
  type Trap,
} from "./patch-panel/index.ts";
export {
  type PostgresServer,
  type PostgresServerOptions,
  type PostgresServerTls,
  postgresServer,
} from "./postgres-server/index.ts";
